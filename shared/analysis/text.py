"""Make text from a file fit for a report: of limited length, without characters that act instead of being shown."""

import re

#: Of any text in a report.
MAX_CHARACTERS = 128

# Written out because Unicode's classes differ between Python versions: controls, soft hyphen, marks of direction,
# joiners, separators of lines, annotations, tags, and code points that are not characters.
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff"
    "\ufff0-\uffff\U000e0000-\U000e0fff]"
)


def decode(raw: bytes, *, cut_at: int) -> str | None:
    """Decode UTF-8, or Latin-1 as old cameras write it.

    Args:
        raw: Any bytes.
        cut_at: The length at which longer bytes were cut off, perhaps within a character.
    """
    try:
        return clean(raw.decode())
    except UnicodeDecodeError as error:
        if len(raw) == cut_at and error.start > cut_at - 4:
            return clean(raw[: error.start].decode())
        return clean(raw.decode("latin-1"))


def clean(text: str) -> str | None:
    """Return the characters that can be shown, at most ``MAX_CHARACTERS``; None if no character can be shown."""
    return _UNFIT.sub("", text).strip(" ")[:MAX_CHARACTERS].strip(" ") or None
