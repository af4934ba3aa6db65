"""Read the name of a colour profile, without a colour engine.

Source:
    ICC.1:2022, 7.3 (tag table) and 10.15 (multiLocalizedUnicodeType); ICC.1:2001-04, 6.5.17 (textDescriptionType).
"""

import struct

from shared.analysis import text

_TAGS_AT = 128
#: Tags that are read; real profiles have some dozens at most.
_MAX_TAGS = 100
_MAX_BYTES = 1024


def description(profile: bytes) -> str | None:
    """Return the name that a profile gives itself.

    Args:
        profile: Any bytes; may be empty.

    Returns:
        At most ``text.MAX_CHARACTERS``; None if the profile has no name or is broken.
    """
    try:
        body = _tag(profile, b"desc")
        if body[:4] == b"desc":
            length = min(struct.unpack_from(">I", body, 8)[0], _MAX_BYTES)
            return text.decode(body[12 : 12 + length].partition(b"\0")[0], cut_at=_MAX_BYTES)
        if body[:4] == b"mluc":
            length, start = struct.unpack_from(">II", body, 20)  # of the first language
            return text.clean(body[start : start + min(length, _MAX_BYTES)].decode("utf-16-be", "replace"))
    except struct.error:
        pass  # cut off
    return None


def _tag(profile: bytes, wanted: bytes) -> bytes:
    """Return the body of a tag; empty if there is no such tag.

    Raises:
        struct.error: The table is cut off.
    """
    if not profile:
        return b""
    (count,) = struct.unpack_from(">I", profile, _TAGS_AT)
    for index in range(min(count, _MAX_TAGS)):
        name, start, length = struct.unpack_from(">4sII", profile, _TAGS_AT + 4 + 12 * index)
        if name == wanted:
            return profile[start : start + length]
    return b""
