"""TIFF files: all pages are counted and must be whole; the first is described, and decoded without its metadata.

Source:
    Adobe, "TIFF Revision 6.0", 1992, sections 2-8, 15-18; Adobe Photoshop TIFF Technical Notes, 2002: deflate;
    XMP Specification Part 3, 2020: tag 700; ICC.1:2022, B.4: tag 34675.
"""

import struct
from operator import add
from typing import NamedTuple

from shared.analysis.facts import Limits
from shared.analysis.header import Header, corrupt
from shared.analysis.tiffdir import MAX_VALUES, ORDERS, Page, described, directory, table
from shared.errors import ImageRejected

BIG = (b"II+\x00", b"MM\x00+")

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_FILL, _EXTRA, _FORMAT, _SUBDIRECTORIES, _XMP, _ICC, _C2PA, _DNG = 266, 338, 339, 330, 700, 34675, 52545, 50706

#: What a decoder gets: layout, palette, JPEG tables, subsampling. No metadata, no further pages.
_PIXELS = frozenset({*range(256, 260), 262, 266, 273, *range(277, 280), 284, 292, 293, 317, 320, *range(322, 326)})
_PIXELS |= {332, 338, 339, 347, 529, 530, 532}

#: Of a whole file; real ones have some hundred pages, with some dozens of fields each.
MAX_PAGES, MAX_FIELDS = 10_000, 200_000
#: Strips or tiles: a strip a row and channel of the tallest image are as many.
MAX_BLOCKS = MAX_VALUES
#: A tile may be larger than its image, up to this; decoders hold one.
MAX_TILE_PX = 1024

_RAW, _JPEG = 1, 7
#: None, three of CCITT, LZW, JPEG, two numbers of deflate, PackBits. Neither the JPEG of TIFF 6.0 (6), which names
#: data outside strips, nor LZMA, whose dictionary may be larger than the image.
_COMPRESSIONS = frozenset({_RAW, 2, 3, 4, 5, _JPEG, 8, 32773, 32946})

_WHITE_IS_0, _BLACK_IS_0, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
#: Pillow's mode by photometric interpretation, samples, bits a sample, and the first extra sample: 0 means nothing,
#: 1 is alpha that colours are multiplied with, 2 is alpha. Not here: 16 bits where 0 is white, which Pillow doesn't
#: invert; L*a*b*, which it doesn't convert; grey with other extra samples, which it doesn't read before version 13.
_MODES: dict[tuple[int, int, int, int | None], str] = {
    **{(grey, 1, 1, None): "1" for grey in (_WHITE_IS_0, _BLACK_IS_0)},
    **{(grey, 1, bits, None): "L" for grey in (_WHITE_IS_0, _BLACK_IS_0) for bits in (2, 4, 8)},
    (_BLACK_IS_0, 1, 16, None): "I;16",
    (_BLACK_IS_0, 2, 8, 2): "LA",
    **{(_RGB, 3, bits, None): "RGB" for bits in (8, 16)},
    **{(_RGB, 4, bits, extra): "RGBA" for bits in (8, 16) for extra in (None, 1, 2)},
    **{(_RGB, 4, bits, 0): "RGB" for bits in (8, 16)},
    **{(_PALETTE, 1, bits, None): "P" for bits in (1, 2, 4, 8)},
    **{(_CMYK, 4, bits, None): "CMYK" for bits in (8, 16)},
    (_CMYK, 5, 8, 0): "CMYK",
    (_YCBCR, 3, 8, None): "RGB",
}

#: Measured at 12 MP, beside the file: 7.0-8.3, where all pixels stand in one strip; that is held beside the image.
_BYTES_PER_PX = 8


class _Layout(NamedTuple):
    mode: str
    bits: int
    samples: int
    planes: int
    has_alpha: bool


def read(data: bytes, _limits: Limits) -> Header:
    """Read the header of a TIFF and walk its pages.

    Args:
        data: The file, beginning with one of ``ORDERS`` or ``BIG``.

    Raises:
        ImageRejected: ``corrupt_image``: cut off, in a circle, or over one of the bounds above. ``unsupported_format``:
            BigTIFF, a raw photograph, or pixels without a defined white (signed, floating point, 32 bits) or colour.
        struct.error: The file is cut off.
    """
    if data[:4] in BIG:
        raise _unsupported("BigTIFF")
    order = ORDERS[data[:4]]
    pages = _pages(data, order)
    first = pages[0]
    if _DNG in first.fields or data[8:10] == b"CR":
        raise _unsupported("a raw photograph")
    if first.value(_SUBFILE) & 1 and _SUBDIRECTORIES in first.fields:
        raise _unsupported("its first page is the preview of a raw photograph")
    width, height, layout = first.value(_WIDTH), first.value(_HEIGHT), _layout(first)
    if width and height:
        _check_blocks(first, layout)
    raw_bytes = -(-layout.samples * layout.bits // 8)
    return Header(
        format="tiff",
        width_px=width,
        height_px=height,
        mode=layout.mode,
        bits=layout.bits,
        has_alpha=layout.has_alpha,
        frames=len(pages),
        exif=described(first),
        xmp=first.bytes(_XMP),
        icc=first.bytes(_ICC),
        c2pa=_C2PA in first.fields,
        bytes_per_px=max(_BYTES_PER_PX, 4 + raw_bytes),  # one strip may be the whole image
        spans=((0, len(data)),),
    )


def plain(data: bytes) -> bytes:
    """Return a copy whose only directory holds what the pixels of the first page need.

    Args:
        data: A TIFF that ``read`` has accepted.
    """
    order = ORDERS[data[:4]]
    fields, _ = directory(data, order, struct.unpack_from(order + "I", data, 4)[0])
    kept = [field.raw for tag, field in sorted(fields.items()) if tag in _PIXELS]
    return data[:4] + struct.pack(order + "I", len(data)) + data[8:] + table(order, kept)


def _unsupported(what: str) -> ImageRejected:
    return ImageRejected("unsupported_format", f"The TIFF can't be read: {what}.")


def _pages(data: bytes, order: str) -> list[Page]:
    """Read all directories; each page's pixels must lie within the file."""
    pages: list[Page] = []
    seen: set[int] = set()
    fields = blocks = 0
    (offset,) = struct.unpack_from(order + "I", data, 4)
    while offset:
        if offset in seen:
            raise corrupt(f"The pages of the TIFF run in a circle at byte {offset:,}.")
        seen.add(offset)
        fields += int.from_bytes(data[offset : offset + 2], "little" if order == "<" else "big")
        if len(pages) >= MAX_PAGES or fields > MAX_FIELDS:
            raise corrupt(f"The TIFF has more than {MAX_PAGES:,} pages or {MAX_FIELDS:,} fields.")
        found, offset = directory(data, order, offset)
        if any(field.at + field.size > len(data) for field in found.values()):
            raise corrupt(f"The TIFF is cut off: a field stands beyond byte {len(data):,}.")
        pages.append(Page(data, order, found))
        blocks += _blocks_within(pages[-1])
        if blocks > MAX_BLOCKS:
            raise corrupt(f"The TIFF has more than {MAX_BLOCKS:,} strips or tiles.")
    if not pages:
        raise corrupt("The TIFF has no page.")
    return pages


def _blocks(page: Page) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where strips or tiles begin and how long they are."""
    tiled = _TILES in page.fields
    return page.values(_TILES if tiled else _STRIPS, ()), page.values(_TILE_BYTES if tiled else _STRIP_BYTES, ())


def _blocks_within(page: Page) -> int:
    """Count strips or tiles; all must lie within the file."""
    starts, sizes = _blocks(page)
    end = max(map(add, starts, sizes), default=0)
    if end > len(page.data):
        raise corrupt(f"The TIFF is cut off: its pixels end at byte {end:,} of {len(page.data):,}.")
    return len(starts)


def _layout(page: Page) -> _Layout:
    """Tell how pixels are coded, by the combinations that Pillow reads right."""
    compression, photometric = page.value(_COMPRESSION, _RAW), page.value(_PHOTOMETRIC)
    bits, samples = page.values(_BITS, (1,)), page.value(_SAMPLES, 1)
    extra = page.values(_EXTRA, ())
    planes = samples if page.value(_PLANAR, 1) == 2 else 1  # noqa: PLR2004 - channel by channel
    if compression not in _COMPRESSIONS:
        raise _unsupported(f"compression {compression}")
    if set(page.values(_FORMAT, (1,))) != {1}:
        raise _unsupported("its samples are signed or floating point, which have no white")
    if len(set(bits)) != 1 or len(bits) not in (1, samples):
        raise _unsupported(f"bits {', '.join(map(str, bits[:8]))} in {samples} samples")
    mode = _mode(page, bits[0], samples, extra)
    reverse = page.value(_FILL, 1) != 1 and (samples > 1 or bits[0] > 8)  # noqa: PLR2004 - whole bytes are no matter
    if mode is None or reverse or (planes > 1 and (mode != "RGB" or samples != 3 or bits[0] > 8)):  # noqa: PLR2004
        raise _unsupported(
            f"photometric {photometric}, {samples} samples of {bits[0]} bits, extra {extra[:4]}, {planes} planes"
        )
    return _Layout(mode, bits[0], samples, planes, mode in ("LA", "RGBA"))


def _mode(page: Page, bits: int, samples: int, extra: tuple[int, ...]) -> str | None:
    """Return Pillow's mode, or None for what it reads wrongly or not at all."""
    skipped = max(0, len(extra) - 1)  # Pillow knows up to two unknown samples behind the first extra one, of 8 bits
    if any(extra[1:]) or skipped > 2 or (skipped and bits != 8):  # noqa: PLR2004
        return None
    photometric = page.value(_PHOTOMETRIC)
    mode = _MODES.get((photometric, samples - skipped, bits, extra[0] if extra else None))
    if photometric == _YCBCR and page.value(_COMPRESSION, _RAW) == _RAW:
        return None  # Pillow takes it for unsampled
    return "I;16B" if mode == "I;16" and page.order == ">" else mode


def _check_blocks(page: Page, layout: _Layout) -> None:
    """Check that strips or tiles cover the image, and hold its pixels where these are not compressed.

    Raises:
        ImageRejected: ``corrupt_image``; Pillow would leave black what is missing.
    """
    width, height = page.value(_WIDTH), page.value(_HEIGHT)
    across, rows = width, min(page.value(_ROWS, height), height)
    if _TILES in page.fields:
        across, rows = page.value(_TILE_WIDTH), page.value(_TILE_HEIGHT)
        if across > max(MAX_TILE_PX, width + 15) or rows > max(MAX_TILE_PX, height + 15):
            raise corrupt(f"The TIFF has tiles of {across:,} x {rows:,} px for {width:,} x {height:,} px.")
    if not (across and rows):
        raise corrupt("The TIFF has strips or tiles without pixels.")
    count = -(-width // across) * -(-height // rows)
    starts, sizes = _blocks(page)
    if min(len(starts), len(sizes)) < count * layout.planes:
        raise corrupt(f"The TIFF has {len(starts):,} of {count * layout.planes:,} strips or tiles.")
    if page.value(_COMPRESSION, _RAW) != _RAW:
        return
    row_bytes = -(-across * layout.bits * layout.samples // layout.planes // 8)
    needed = [row_bytes * rows] * count
    if _TILES not in page.fields:
        needed[-1] = row_bytes * (height - rows * (count - 1))
    if any(size < least for size, least in zip(sizes, needed * layout.planes, strict=False)):
        raise corrupt("The TIFF has strips or tiles that are shorter than their pixels.")
