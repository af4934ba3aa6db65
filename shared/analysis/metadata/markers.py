"""Marks of metadata that no reader has reached, looked for in the bytes of a whole file.

The privacy flag stands on it: a packet that is broken, cut off, in the wrong place or behind the image still tells
whoever looks for it. Nothing here backtracks; each pass is linear.
"""

import re
from collections.abc import Iterator

#: How often each mark is looked at. Behind that the file is hostile, and the first hits have told enough.
_MAX_HITS = 256
#: Of an EXIF block that is found by its mark.
MAX_BLOCK_BYTES = 1 << 20

_EXIF = b"Exif\x00\x00"
_HEADERS = (b"II*\x00", b"MM\x00*")
#: A block that Photoshop keeps as resource 1058 or 1059: an empty name, a length, a TIFF structure.
_RESOURCES = (b"8BIM\x04\x22\x00\x00", b"8BIM\x04\x23\x00\x00")

_PACKETS = ((b"<x:xmpmeta", b"</x:xmpmeta>"), (b"<x:xapmeta", b"</x:xapmeta>"), (b"<rdf:RDF", b"</rdf:RDF>"))

#: What every spelling of a coordinate's name ends with, in small letters and in large ones, and what stands before it.
_ENDS = (b"itude", b"ITUDE")
_STEM = re.compile(rb"[lL](?:at|ong|ongt|AT|ONG)\Z")
_STEM_BYTES = 5
_GIVEN = re.compile(rb"\s{0,8}(?:=\s{0,8}[\"']|>)\s{0,8}([^\"'<>]{1,64})")
#: The place of a film behind a still, as phones add it: length, language, ISO 6709.
_FILM = re.compile(rb"\xa9xyz..\x15\xc7[+-]\d", re.DOTALL)

#: The entry of a directory that leads to a GPS directory: tag, any type, one value; in either order of bytes.
_POINTER = re.compile(rb"\x25\x88[\x01-\x0d]\0\x01\0\0\0|\x88\x25\0[\x01-\x0d]\0\0\0\x01")

_NOTHING = re.compile(r"[\s+\-0.,:;/°'\"NSEWnsew]*|nan|null|none|n/?a|unknown|undefined|invalid", re.IGNORECASE)


def has_value(value: str) -> bool:
    """Tell whether a coordinate says anything: not blank, not all zeros, no word for nothing."""
    return not _NOTHING.fullmatch(value.strip())


def has_position(data: bytes) -> bool:
    """Tell whether the bytes have a coordinate with a value, in whatever spelling."""
    plain = data if data.find(b"t\0i\0t\0u\0d\0e") < 0 else data + data.replace(b"\0", b"")
    for end in _ENDS:
        for at in _hits(plain, end):
            stem = _STEM.search(plain[max(0, at - _STEM_BYTES) : at])
            given = _GIVEN.match(plain, at + len(end)) if stem else None
            if given and has_value(given[1].decode("latin-1")):
                return True
    return any(_FILM.match(data, at) for at in _hits(data, b"\xa9xyz"))


def has_gps_pointer(data: bytes) -> bool:
    """Tell whether the bytes have what leads to a GPS directory, wherever: for blocks that nobody reads."""
    return _POINTER.search(data) is not None


def exif(data: bytes) -> Iterator[bytes]:
    """Yield what may be EXIF blocks: a TIFF structure behind a known prefix."""
    for prefix, skip in ((_EXIF, len(_EXIF)), *((each, len(each) + 4) for each in _RESOURCES)):
        for at in _hits(data, prefix):
            start = at + skip
            if data[start : start + 4] in _HEADERS:
                yield data[start : start + MAX_BLOCK_BYTES]


def packets(data: bytes, most: int) -> Iterator[bytes]:
    """Yield XMP packets that stand uncompressed, each at most so long; of the first kind of envelope that is there."""
    for begin, end in _PACKETS:
        at = None
        for at in _hits(data, begin):
            stop = data.find(end, at, at + most)
            yield data[at : stop + len(end) if stop >= 0 else at + most]
        if at is not None:
            return


def _hits(data: bytes, mark: bytes) -> Iterator[int]:
    at = data.find(mark)
    for _ in range(_MAX_HITS):
        if at < 0:
            return
        yield at
        at = data.find(mark, at + 1)
