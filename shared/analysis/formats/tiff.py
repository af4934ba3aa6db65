"""TIFF: Pillow and libtiff read the first page, and get nothing of the file but its pixels.

Otherwise both would read all metadata, which takes minutes if 65,535 fields name the same megabytes, and Pillow would
turn the pixels. This module rejects what Pillow decodes to wrong colours or leaves black.

Source:
    Adobe, "TIFF Revision 6.0", 1992, sections 2-8, 15-18; Adobe Photoshop TIFF Technical Notes, 2002: deflate.
"""

import struct
from itertools import pairwise
from typing import Any

from PIL.TiffImagePlugin import TiffImageFile

from shared.analysis.formats.header import corrupt, unsupported_format
from shared.analysis.formats.picture import Picture, decoder, open_with
from shared.analysis.interface import Limits

_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
SIGNATURES = (*_ORDERS, b"II+\x00", b"MM\x00+")

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL = 254, 256, 257, 258, 259, 262, 266
_STRIPS, _SAMPLES, _ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT, _TILES = 273, 277, 278, 284, 322, 323, 324
_SUBDIRECTORIES, _EXTRA, _FORMAT, _ICC, _DNG = 330, 338, 339, 34675, 50706

_LONG = 4

#: The fields that a decoder gets: layout, palette, JPEG tables, subsampling.
_PIXELS = frozenset({*range(256, 260), 262, 266, 273, *range(277, 280), 284, 292, 293, 317, 320, *range(322, 326)})
_PIXELS |= {332, 338, 339, 347, 529, 530, 532}

#: libtiff estimates the lengths of strips and tiles if they are missing.
_STRIP_LENGTHS, _TILE_LENGTHS = 279, 325
_LENGTHS = frozenset({_STRIP_LENGTHS, _TILE_LENGTHS})
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

#: That are counted; real files have some hundred.
MAX_PAGES = 10_000
#: A tile may be larger than its image up to this side. A decoder holds one tile, and one of 65,520 px takes 4 GB.
MAX_TILE_PX = 1024

_RAW, _JPEG, _OLD_JPEG = 1, 7, 6
#: None, three of CCITT, LZW, JPEG, two numbers of deflate, PackBits. Not the JPEG of TIFF 6.0 (6), which names data
#: outside of strips, and not LZMA, whose dictionary may be larger than the image.
_COMPRESSIONS = frozenset({_RAW, 2, 3, 4, 5, _JPEG, 8, 32773, 32946})
#: Pillow's modes in which white and colours are defined.
_MODES = frozenset({"1", "L", "LA", "I;16", "I;16B", "P", "RGB", "RGBA", "RGBX", "RGBa", "CMYK"})
_WHITE_IS_0, _YCBCR = 0, 6

#: Measured at 12 MP, beside the file: 7.0-8.3 with all pixels in one strip, which is held beside the image.
_BYTES_PER_PX = 8


def read(data: bytes, _limits: Limits) -> Picture:
    """Open the first page of a TIFF.

    Args:
        data: The file, starting with one of ``SIGNATURES``.

    Raises:
        ImageRejected: ``corrupt_image``: cut off, or without pixels. ``unsupported_format``: BigTIFF, a raw photograph,
            or pixels in which white (signed, floating point, 32 bits) or colours are not defined.
        struct.error: The first directory is cut off.
    """
    order = _ORDERS.get(data[:4])
    if order is None:
        raise unsupported_format("tiff", "it is a BigTIFF")
    (start,) = struct.unpack_from(order + "I", data, 4)
    entries = _directory(data, order, start)
    _refuse_others(data, order, entries)
    frames, warnings = _pages(data, order, start)
    image = open_with(TiffImageFile, _pixels_only(data, order, start, entries), "tiff")
    with decoder("tiff"):
        _refuse_wrong(image)
        _refuse_gaps(image)
        bits = _numbers(image, _BITS, 1)
        pixels = _pixel_ranges(image, len(data))
    icc = _out_of_line(data, order, entries.get(_ICC))
    raw_bytes = -(-len(bits) * bits[0] // 8)
    return Picture(
        format="tiff",
        image=image,
        width_px=image.width,
        height_px=image.height,
        mode=image.mode,
        bits=bits[0],
        has_alpha=image.mode in ("LA", "RGBA", "RGBa"),
        frames=frames,
        icc=icc,
        bytes_per_px=max(_BYTES_PER_PX, 4 + raw_bytes),  # one strip may be the whole image
        pixels=pixels,
        warnings=(*warnings, *(("icc_ignored",) if _ICC in entries and not icc else ())),
    )


def _directory(data: bytes, order: str, at: int) -> dict[int, bytes]:
    """Return the entries of a directory by tag; of several for one tag, the first.

    Raises:
        struct.error: It is outside of the file.
    """
    (count,) = struct.unpack_from(order + "H", data, at)
    if at + 2 + 12 * count > len(data):
        raise corrupt(f"The TIFF is cut off: its directory at byte {at:,} should have {count:,} fields.")
    found: dict[int, bytes] = {}
    for start in range(at + 2, at + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(order + "H", data, start)
        found.setdefault(tag, data[start : start + 12])
    return found


def _pixels_only(data: bytes, order: str, start: int, entries: dict[int, bytes]) -> bytes:
    """Return a copy of the file whose only directory has what the pixels of the first page need.

    It replaces the first directory in its place, so pixels that are cut off stay cut off.

    Raises:
        ImageRejected: ``corrupt_image``: a field that the pixels need is cut off.
    """
    kept = [entry for tag, entry in sorted(entries.items()) if tag in _PIXELS]
    for tag, kind, count, at in (struct.unpack(order + "HHII", entry) for entry in kept):
        if tag not in _LENGTHS and count * _SIZES.get(kind, 1) > 4 and at + count * _SIZES.get(kind, 1) > len(data):  # noqa: PLR2004
            raise corrupt(f"The TIFF is cut off: its field {tag} is beyond the last byte, {len(data):,}.")
    directory = b"".join((struct.pack(order + "H", len(kept)), *kept, bytes(4)))
    view = memoryview(data)
    return b"".join((view[:start], directory, view[start + len(directory) :]))


def _out_of_line(data: bytes, order: str, entry: bytes | None) -> bytes:
    """Return the bytes of a long field; empty if it is missing or cut off."""
    count, at = struct.unpack_from(order + "II", entry, 4) if entry else (0, 0)
    return data[at : at + count] if at + count <= len(data) else b""


def _refuse_others(data: bytes, order: str, entries: dict[int, bytes]) -> None:
    """Reject raw photographs, which only look like a TIFF, and compressions that libtiff does not read."""
    if _DNG in entries or data[8:10] == b"CR":
        raise unsupported_format("tiff", "it is a raw photograph")
    compression = _first(order, entries.get(_COMPRESSION), _RAW)
    if compression not in _COMPRESSIONS:
        raise unsupported_format("tiff", f"its compression has the number {compression}")
    if not {_STRIPS, _TILES} & entries.keys():
        raise corrupt("The TIFF has neither strips nor tiles.")
    if _first(order, entries.get(_SUBFILE), 0) & 1 and _SUBDIRECTORIES in entries:
        raise unsupported_format("tiff", "its first page is the preview of a raw photograph")


def _first(order: str, entry: bytes | None, default: int) -> int:
    """Return the only value of an entry, which is in the entry itself."""
    if entry is None:
        return default
    wide = struct.unpack_from(order + "H", entry, 2)[0] == _LONG
    return int(struct.unpack_from(order + ("I" if wide else "H"), entry, 8)[0])


def _pages(data: bytes, order: str, start: int) -> tuple[int, tuple[str, ...]]:
    """Count the pages up to the first that is missing; the warnings say if one is."""
    seen: set[int] = set()
    at = start
    while at:
        (count,) = struct.unpack_from(order + "H", data, at) if at + 2 <= len(data) else (0,)
        behind = at + 2 + 12 * count
        if at in seen or not count or behind > len(data) or len(seen) >= MAX_PAGES:
            return max(1, len(seen)), ("frames_ignored",)
        seen.add(at)
        (at,) = struct.unpack_from(order + "I", data, behind) if behind + 4 <= len(data) else (0,)
    return len(seen), ()


def _numbers(image: TiffImageFile, tag: int, default: int) -> tuple[Any, ...]:
    """Return the values of a field, as Pillow reads them."""
    value = image.tag_v2.get(tag, default)
    return value if isinstance(value, tuple) else (value,)


def _number(image: TiffImageFile, tag: int, default: int = 0) -> int:
    return int(_numbers(image, tag, default)[0])


def _pixel_ranges(image: TiffImageFile, size: int) -> tuple[tuple[int, int], ...]:
    """Return the byte ranges of strips or tiles; none if they overlap or leave the file, as wrong lengths do."""
    places, lengths = (_TILES, _TILE_LENGTHS) if _TILES in image.tag_v2 else (_STRIPS, _STRIP_LENGTHS)
    starts, sizes = _numbers(image, places, 0), _numbers(image, lengths, 0)
    ranges = sorted((start, start + length) for start, length in zip(starts, sizes, strict=False))
    apart = all(end <= start for (_, end), (start, _) in pairwise([*ranges, (size, size)]))
    return tuple(ranges) if apart else ()


def _refuse_wrong(image: TiffImageFile) -> None:
    """Reject what Pillow does not decode correctly."""
    compression, photometric = _number(image, _COMPRESSION, _RAW), _number(image, _PHOTOMETRIC)
    bits, samples = _numbers(image, _BITS, 1), _number(image, _SAMPLES, 1)
    extra, planes = _numbers(image, _EXTRA, 0), _number(image, _PLANAR, 1)
    if set(_numbers(image, _FORMAT, 1)) != {1} or image.mode not in _MODES:
        raise unsupported_format("tiff", "its samples are signed, floating point or 32-bit, so white is not defined")
    scaled = bits[0] not in (1, 2, 4, 8, 16)  # Pillow does not scale 12 bits: the image is far too dark
    inverted = photometric == _WHITE_IS_0 and bits[0] > 8  # noqa: PLR2004 - Pillow doesn't invert 16 bits
    subsampled = photometric == _YCBCR and compression == _RAW  # Pillow takes it for unsampled
    reverse = _number(image, _FILL, 1) != 1 and (samples > 1 or bits[0] > 8)  # noqa: PLR2004 - whole bytes are no matter
    parted = planes > 1 and samples > 1 and (image.mode != "RGB" or samples != 3 or bits[0] > 8)  # noqa: PLR2004
    if scaled or inverted or subsampled or reverse or parted or any(extra[1:]):
        raise unsupported_format(
            "tiff",
            f"photometric {photometric}, {samples} samples of {bits[0]} bits, extra {extra[:4]}, planes {planes}",
        )


def _refuse_gaps(image: TiffImageFile) -> None:
    """Reject a page whose strips or tiles don't cover it: Pillow would leave the rest black.

    Raises:
        ImageRejected: ``corrupt_image``.
    """
    width, height, samples = image.width, image.height, _number(image, _SAMPLES, 1)
    across, rows = width, min(_number(image, _ROWS, height), height)
    tiled = _TILES in image.tag_v2
    if tiled:
        across, rows = _number(image, _TILE_WIDTH), _number(image, _TILE_HEIGHT)
        if across > max(MAX_TILE_PX, width + 15) or rows > max(MAX_TILE_PX, height + 15):
            raise corrupt(f"The TIFF has tiles of {across:,} x {rows:,} pixels for an image of {width:,} x {height:,}.")
    if not (across and rows):
        raise corrupt("The strips or tiles of the TIFF have no pixels.")
    planes = samples if _number(image, _PLANAR, 1) == 2 else 1  # noqa: PLR2004 - channel by channel
    count, there = (
        -(-width // across) * -(-height // rows) * planes,
        len(_numbers(image, _TILES if tiled else _STRIPS, 0)),
    )
    if there < count:
        raise corrupt(f"The TIFF has only {there:,} of its {count:,} strips or tiles.")
