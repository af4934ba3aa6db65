"""Search the bytes of a file for marks of metadata that no reader has reached.

The privacy flag depends on it: a packet that is broken, cut off, in the wrong place or after the image can still be
found by others. Nothing here backtracks; each pass is linear.
"""

import re
from collections.abc import Iterator

#: Of each mark that are read. A file with more is hostile, and the first hits are enough.
_MAX_HITS = 256
#: That are read of an EXIF block.
MAX_BLOCK_BYTES = 1 << 20

_EXIF = b"Exif\x00\x00"
_HEADERS = (b"II*\x00", b"MM\x00*")
#: A block that Photoshop keeps as resource 1058 or 1059: an empty name, a length, a TIFF structure.
_RESOURCES = (b"8BIM\x04\x22\x00\x00", b"8BIM\x04\x23\x00\x00")

_PACKETS = ((b"<x:xmpmeta", b"</x:xmpmeta>"), (b"<x:xapmeta", b"</x:xapmeta>"), (b"<rdf:RDF", b"</rdf:RDF>"))

#: The end of every spelling of a coordinate's name, in small letters and in capitals, and what precedes it.
_ENDS = (b"itude", b"ITUDE")
_STEM = re.compile(rb"[lL](?:at|ong|ongt|AT|ONG)\Z")
_STEM_BYTES = 5
_GIVEN = re.compile(rb"\s{0,8}(?:=\s{0,8}[\"']|>)\s{0,8}([^\"'<>]{1,64})")
#: The place of a film after a still image, as phones add it: length, language, ISO 6709.
_FILM = re.compile(rb"\xa9xyz..\x15\xc7[+-]\d", re.DOTALL)

#: The entry of a directory that points to a GPS directory: tag, any type, one value; in either byte order.
_POINTER = re.compile(rb"\x25\x88[\x01-\x0d]\0\x01\0\0\0|\x88\x25\0[\x01-\x0d]\0\0\0\x01")

_NOTHING = re.compile(r"[\s+\-0.,:;/°'\"NSEWnsew]*|nan|null|none|n/?a|unknown|undefined|invalid", re.IGNORECASE)


def has_value(value: str) -> bool:
    """Return whether a coordinate has a value: not blank, not all zeros, no word for nothing."""
    return not _NOTHING.fullmatch(value.strip())


def has_position(data: bytes) -> bool:
    """Return whether the bytes have a coordinate with a value, in any spelling."""
    plain = data if data.find(b"t\0i\0t\0u\0d\0e") < 0 else data + data.replace(b"\0", b"")
    for end in _ENDS:
        for at in _hits(plain, end):
            stem = _STEM.search(plain[max(0, at - _STEM_BYTES) : at])
            given = _GIVEN.match(plain, at + len(end)) if stem else None
            if given and has_value(given[1].decode("latin-1")):
                return True
    return any(_FILM.match(data, at) for at in _hits(data, b"\xa9xyz"))


def has_gps_pointer(data: bytes) -> bool:
    """Return whether the bytes have a pointer to a GPS directory anywhere, for blocks that are not read."""
    return _POINTER.search(data) is not None


def exif(data: bytes) -> Iterator[bytes]:
    """Yield what may be EXIF blocks: a TIFF structure after a known prefix."""
    for prefix, skip in ((_EXIF, len(_EXIF)), *((each, len(each) + 4) for each in _RESOURCES)):
        for at in _hits(data, prefix):
            start = at + skip
            if data[start : start + 4] in _HEADERS:
                yield data[start : start + MAX_BLOCK_BYTES]


def packets(data: bytes, most: int) -> Iterator[bytes]:
    """Yield uncompressed XMP packets, each at most so long, of the first kind of envelope that is present."""
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
