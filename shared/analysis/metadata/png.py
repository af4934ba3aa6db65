"""Read the metadata of a PNG: notes of programs, XMP, and blocks that programs wrote as text.

Pillow reads texts too, but reads those after the pixels only when it decodes them, and fails an image for one text that
is too long.

Source:
    W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, 5.3 and 11.3; XMP Specification Part 3
    (2020), 1.1.5: the keyword of XMP. "Raw profile type …": as ImageMagick and exiv2 write it.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

#: That are kept of a block.
MAX_BLOCK_BYTES = 1 << 20
#: That are kept of a note.
_MAX_NOTE_BYTES = 1 << 16
#: Of all texts together, inflated.
_MAX_TEXT_BYTES = 1 << 24
#: That are read; the gate for whole images is far lower.
_MAX_CHUNKS = 100_000

_SIGNATURE_BYTES = 8
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_XMP = b"XML:com.adobe.xmp"
_RAW = re.compile(rb"raw profile type (\w{1,16})", re.IGNORECASE)
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]+")


@dataclass
class Notes:
    """The notes of a PNG, in their order.

    Args:
        exif: EXIF blocks.
        xmp: XMP packets.
        other: Other blocks that were written as text, such as IPTC.
        texts: Keyword and text of all others.
        manifest: The C2PA manifest; empty if the file has no manifest.
        incomplete: There is more than is read.
    """

    exif: list[bytes] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    other: list[bytes] = field(default_factory=list)
    texts: list[tuple[bytes, bytes]] = field(default_factory=list)
    manifest: bytes = b""
    incomplete: bool = False


def notes(data: bytes) -> Notes:
    """Read the notes of a PNG.

    Args:
        data: The file; any bytes.
    """
    found, left = Notes(), _MAX_TEXT_BYTES
    for kind, body in _chunks(data):
        if kind == b"eXIf":
            found.exif.append(body[:MAX_BLOCK_BYTES])
        elif kind == b"caBX" and not found.manifest:
            found.manifest = body[:MAX_BLOCK_BYTES]
        elif kind in _TEXTS:
            keyword, _, rest = body.partition(b"\0")
            # As much of a packet as possible: the rest is not searched for a position.
            text = _text(kind, rest, left if keyword == _XMP else min(left, 2 * MAX_BLOCK_BYTES + 64))
            left -= len(text)
            found.incomplete |= left <= 0
            _keep(found, keyword, text)
    return found


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of each chunk but those of pixels; checksums don't matter here."""
    at = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IEND":
            return
        if kind not in (b"IDAT", b"fdAT"):
            yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _keep(found: Notes, keyword: bytes, text: bytes) -> None:
    raw = _RAW.fullmatch(keyword)
    if keyword == _XMP:
        found.xmp.append(text)
    elif raw is None:
        found.texts.append((keyword, text[:_MAX_NOTE_BYTES]))
    elif raw[1].lower() == b"xmp":
        found.xmp.append(_unpack(text))
    elif raw[1].lower() in (b"exif", b"app1"):
        block = _unpack(text)
        (found.xmp if b"<" in block[:64] or block.startswith(b"http:") else found.exif).append(block)
    else:
        found.other.append(_unpack(text))


def _unpack(text: bytes) -> bytes:
    """Return the bytes of a raw profile: a name, a length, and hexadecimal digits in lines, perhaps cut off."""
    parts = text.split(None, 2)
    if len(parts) < 3:  # noqa: PLR2004 - name, length, digits
        return b""
    digits = _NOT_HEX.sub(b"", parts[2])
    return bytes.fromhex(digits[: len(digits) & ~1].decode())


def _text(kind: bytes, rest: bytes, most: int) -> bytes:
    """Return at most so many bytes of the text after the keyword and its NUL, inflated if it is compressed."""
    if kind == b"tEXt":
        return rest[:most]
    if kind == b"zTXt":
        return _inflate(rest[1:], most)
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # behind flag, method, language and translated keyword
    return _inflate(text, most) if rest[:1] == b"\1" else text[:most]


def _inflate(packed: bytes, most: int) -> bytes:
    """Inflate to at most so many bytes; of a broken stream, what precedes the break."""
    if most <= 0:
        return b""
    stream, found = zlib.decompressobj(), b""
    try:
        found = stream.decompress(packed, most)
    except zlib.error:
        found = _inflate_to_break(packed, most)
    return found


def _inflate_to_break(packed: bytes, most: int) -> bytes:
    """Inflate what precedes the break of a broken stream."""
    stream, found = zlib.decompressobj(), bytearray()
    for at in range(0, len(packed), 256):
        try:
            found += stream.decompress(packed[at : at + 256], most - len(found))
        except zlib.error:
            break
        if len(found) >= most:
            break
    return bytes(found)
