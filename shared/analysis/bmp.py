"""BMP files, up to their pixels.

Source:
    Microsoft, "Windows GDI: Bitmap Storage", 2021: BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER;
    IBM, "OS/2 2.0 Presentation Manager Programming Reference", 1992: the header of 64 bytes.
"""

import struct
from typing import NamedTuple

from shared.analysis.facts import Limits
from shared.analysis.header import MAX_METADATA_BYTES, Header, corrupt
from shared.errors import ImageRejected

_CORE_BYTES, _V5_BYTES = 12, 124
_HEADER_BYTES = frozenset({_CORE_BYTES, 40, 52, 56, 64, 108, _V5_BYTES})
_RAW, _RLE8, _RLE4, _BITFIELDS = 0, 1, 2, 3
_EMBEDDED = 0x4D424544

#: The layouts that Pillow knows, by bits a pixel: masks of red, green and blue, and of alpha for 32 bits.
_MASKS = {
    16: frozenset({(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)}),
    24: frozenset({(0xFF0000, 0xFF00, 0xFF)}),
    32: frozenset(
        {
            (0xFF0000, 0xFF00, 0xFF, 0),
            (0xFF000000, 0xFF0000, 0xFF00, 0),
            (0xFF000000, 0xFF00, 0xFF, 0),
            (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
            (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
            (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
            (0xFF000000, 0xFF00, 0xFF, 0xFF0000),
            (0, 0, 0, 0),
        }
    ),
}
_INDEXED_BITS = frozenset({1, 4, 8})
_DEPTHS = {_RAW: frozenset({1, 4, 8, 16, 24, 32}), _RLE8: frozenset({8}), _RLE4: frozenset({4})}

#: Pillow unpacks runs in Python, about a microsecond each.
MAX_RLE_BYTES = 4 << 20

#: Measured at 12 MP: 4.3 for 24 and 32 bits, 5.0 for indices and for runs (a byte, and the same pixels as RGB).
_BYTES_PER_PX = 6
#: Measured 8.3 in all: alpha takes a second copy, to be told from none or to be mixed.
_ALPHA_BYTES_PER_PX = 4


class _Info(NamedTuple):
    header: int
    width: int
    height: int
    bits: int
    compression: int
    colours: int


def matches(head: bytes) -> bool:
    """Tell a BMP by its first 18 bytes: its two letters alone begin many a text."""
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _HEADER_BYTES


def read(data: bytes, _limits: Limits) -> Header:
    """Read the header of a BMP.

    Args:
        data: The file; ``matches`` has said so.

    Raises:
        ImageRejected: ``corrupt_image``: cut off, or a palette of too many colours. ``unsupported_format``: JPEG or PNG
            inside, 2 or 64 bits a pixel, unusual masks, more than ``MAX_RLE_BYTES`` of runs.
        struct.error: The header is cut off.
    """
    info = _info(data)
    mode = _mode(data, info)
    start = _pixels_start(data, info)
    end = start + (info.width * info.bits + 31) // 32 * 4 * info.height
    if info.compression in (_RLE8, _RLE4):
        end = start + int.from_bytes(data[34:38], "little")  # biSizeImage
        if len(data) - start > MAX_RLE_BYTES:
            raise _unsupported(f"{len(data) - start:,} bytes of runs; {MAX_RLE_BYTES:,} are read")
    if end > len(data):
        raise corrupt(f"The BMP is cut off: its pixels end at byte {end:,} of {len(data):,}.")
    return Header(
        format="bmp",
        width_px=info.width,
        height_px=info.height,
        mode=mode,
        bits=info.bits if info.bits in _INDEXED_BITS else 8,
        has_alpha=mode == "RGBA",
        icc=_icc(data, info),
        bytes_per_px=_BYTES_PER_PX + _ALPHA_BYTES_PER_PX * (mode == "RGBA"),
        spans=((0, len(data)),),
    )


def _info(data: bytes) -> _Info:
    """Read size, depth and compression; a negative height means that rows run downwards."""
    (header,) = struct.unpack_from("<I", data, 14)
    if header == _CORE_BYTES:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        return _Info(header, width, height, bits, _RAW, 0)
    width, height, _, bits, compression = struct.unpack_from("<IiHHI", data, 18)
    (colours,) = struct.unpack_from("<I", data, 46)
    struct.unpack_from("<B", data, 14 + header - 1)
    return _Info(header, width, abs(height), bits, compression, colours)


def _unsupported(what: str) -> ImageRejected:
    return ImageRejected("unsupported_format", f"The BMP can't be read: {what}.")


def _entry_bytes(info: _Info) -> int:
    return 3 if info.header == _CORE_BYTES else 4


def _table_colours(info: _Info) -> int:
    return info.colours or 1 << info.bits


def _pixels_start(data: bytes, info: _Info) -> int:
    """Return where pixels begin, found as Pillow finds it: some writers leave the palette out of the offset."""
    (offset,) = struct.unpack_from("<I", data, 10)
    behind = 14 + info.header
    if info.bits in _INDEXED_BITS and offset in (0, behind):
        return behind + _entry_bytes(info) * _table_colours(info)
    if not offset and info.compression == _BITFIELDS and info.header == 40:  # noqa: PLR2004 - masks behind the header
        return behind + 12
    return int(offset) or behind


def _mode(data: bytes, info: _Info) -> str:
    """Return Pillow's mode; a palette of greys is none."""
    if info.compression == _BITFIELDS:
        return _masked(data, info)
    if info.bits not in _DEPTHS.get(info.compression, ()):
        raise _unsupported(f"{info.bits} bits a pixel with compression {info.compression}")
    if info.bits not in _INDEXED_BITS:
        return "RGB"
    colours = _table_colours(info)
    if colours > 1 << 16:
        raise corrupt(f"The BMP has a palette of {colours:,} colours.")
    start = 14 + info.header
    if not _is_grey(data[start : start + 1024], colours, _entry_bytes(info)):
        return "P"
    return "1" if colours <= 2 else "L"  # noqa: PLR2004 - black and white


def _is_grey(table: bytes, colours: int, step: int) -> bool:
    """Tell whether each index is its own grey, or two indices black and white."""
    if colours > 256:  # noqa: PLR2004 - a byte has no more
        return False
    greys = (0, 255) if colours == 2 else range(colours)  # noqa: PLR2004 - black and white
    return all(table[step * index : step * index + 3] == bytes([level] * 3) for index, level in enumerate(greys))


def _masked(data: bytes, info: _Info) -> str:
    """Return the mode of pixels whose channels are given by masks; those of a short header stand behind it."""
    count = 4 if info.header >= 56 else 3  # noqa: PLR2004 - from BITMAPV3HEADER on there is one of alpha
    masks = struct.unpack_from(f"<{count}I", data, 54)
    found = masks if info.bits != 32 else (*masks, 0)[:4]  # noqa: PLR2004 - with alpha
    if (found if info.bits == 32 else found[:3]) not in _MASKS.get(info.bits, ()):  # noqa: PLR2004 - with alpha
        raise _unsupported(f"{info.bits} bits a pixel with masks {', '.join(f'{mask:#x}' for mask in masks)}")
    return "RGBA" if info.bits == 32 and (found[3] or not any(found)) else "RGB"  # noqa: PLR2004 - with alpha


def _icc(data: bytes, info: _Info) -> bytes:
    """Return the embedded profile of a BITMAPV5HEADER."""
    if info.header != _V5_BYTES or struct.unpack_from("<I", data, 14 + 56)[0] != _EMBEDDED:
        return b""
    offset, length = struct.unpack_from("<II", data, 14 + 112)
    return data[14 + offset : 14 + offset + length] if length <= MAX_METADATA_BYTES else b""
