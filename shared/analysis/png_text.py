"""What a PNG keeps as text or compressed: notes of programs, the XMP packet, the colour profile; bounded.

Source:
    W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, 11.3.2.3 and 11.3.3; XMP Specification
    Part 3 (2020), 1.1.5: the keyword of XMP.
"""

import zlib

from shared.analysis.header import MAX_METADATA_BYTES

#: Chunks of text.
KINDS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
#: Chunks of text that are looked at; programs write one or two.
MAX_TEXTS = 32
#: Of each text that is kept, apart from XMP.
MAX_TEXT_BYTES = 1 << 16

_XMP = b"XML:com.adobe.xmp"


def read(chunks: list[tuple[bytes, bytes]]) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """Read chunks of text.

    Args:
        chunks: Kind, one of ``KINDS``, and body; any bytes.

    Returns:
        The first XMP packet, empty when there is none or a broken one; and keyword and text of all others.
    """
    xmp, notes = None, list[tuple[bytes, bytes]]()
    for kind, body in chunks[:MAX_TEXTS]:
        keyword, _, rest = body.partition(b"\0")
        if keyword != _XMP:
            notes.append((keyword, _text(kind, rest, MAX_TEXT_BYTES)))
        elif xmp is None and kind == b"iTXt":
            xmp = _text(kind, rest, MAX_METADATA_BYTES)
    return xmp or b"", tuple(notes)


def profile(body: bytes) -> bytes:
    """Return the colour profile of an iCCP chunk; empty when it is broken or too large."""
    found = _inflated(body.partition(b"\0")[2][1:], MAX_METADATA_BYTES + 1)
    return found if len(found) <= MAX_METADATA_BYTES else b""


def _text(kind: bytes, rest: bytes, most: int) -> bytes:
    """Return at most so much of what follows the keyword and its NUL, inflated where it is compressed."""
    if kind == b"tEXt":
        return rest[:most]
    if kind == b"zTXt":
        return _inflated(rest[1:], most)
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # behind flag, method, language and translated keyword
    return _inflated(text, most) if rest[:1] == b"\1" else text[:most]


def _inflated(packed: bytes, most: int) -> bytes:
    """Inflate to at most so many bytes; empty when the stream is broken before."""
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""
