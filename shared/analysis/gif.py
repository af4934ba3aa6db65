"""GIF files, block by block to their end; only the first frame goes to the decoder.

Source:
    CompuServe, "Graphics Interchange Format, Version 89a", 1990, sections 12-26; Adobe, "XMP Specification Part 3",
    2020, 1.1.2: XMP; ICC.1:2022, B.5 (GIF): the colour profile.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.analysis.facts import Limits
from shared.analysis.header import MAX_METADATA_BYTES, Header, corrupt, joined

SIGNATURES = (b"GIF87a", b"GIF89a")

_IMAGE, _EXTENSION, _TRAILER, _PADDING = 0x2C, 0x21, 0x3B, 0x00
_CONTROL, _APPLICATION = 0xF9, 0xFF
_HAS_TABLE, _INTERLACED, _HAS_TRANSPARENCY = 0x80, 0x40, 0x01

#: An XMP packet ends with bytes that let its own text be skipped as if it were blocks.
_XMP_TRAILER_BYTES = 258

#: Blocks, apart from well filled ones: those are bounded by the file's length. Real animations have six a frame.
MAX_BLOCKS = 100_000
_FILLED_BYTES = 128

#: Measured at 12 MP: 5.0, and 8.3 with transparency: indices, the same pixels as RGBA, and what shrinks them.
_BYTES_PER_PX = 8


@dataclass
class _Walk:
    """What a walk through the blocks has found so far."""

    data: bytes
    position: int
    blocks: int = 0
    frames: int = 0
    control: tuple[int, int] | None = None
    first: tuple[int, int] | None = None
    applications: dict[bytes, tuple[int, int]] = field(default_factory=dict)


def read(data: bytes, _limits: Limits) -> Header:
    """Read the header of a GIF and walk its blocks to the end.

    Args:
        data: The file, beginning with one of ``SIGNATURES``.

    Returns:
        The size is that of the screen, enlarged where the first frame goes beyond it, as browsers and Pillow do.

    Raises:
        ImageRejected: ``corrupt_image``; no end, no frame, or more than ``MAX_BLOCKS`` small blocks.
        struct.error, IndexError: The file is cut off.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    start = 13 + _table_bytes(flags)
    walk = _Walk(data, start)
    trailer = _walked(walk)
    if walk.first is None:
        raise corrupt("The GIF has no frame.")
    left, top, frame_width, frame_height, local = struct.unpack_from("<HHHHB", data, walk.first[0] + 1)
    if not (frame_width and frame_height):
        raise corrupt(f"The GIF has no pixels: {frame_width} x {frame_height}.")
    at = walk.first[0] + 10
    table = data[at : at + _table_bytes(local)] if local & _HAS_TABLE else data[13:start]
    control = walk.control
    spans = [(0, start), *([control] if control else []), walk.first, (trailer, trailer + 1)]
    return Header(
        format="gif",
        width_px=max(width, left + frame_width),
        height_px=max(height, top + frame_height),
        mode="L" if _is_grey(table) else "P",
        has_alpha=control is not None and bool(data[control[0] + 3] & _HAS_TRANSPARENCY),
        frames=walk.frames,
        xmp=_xmp(walk),
        icc=_icc(walk),
        c2pa=b"C2PA_GIF\x01\x00\x00" in walk.applications,
        progressive=bool(local & _INTERLACED),
        bytes_per_px=_BYTES_PER_PX,
        spans=joined(spans),
    )


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & _HAS_TABLE else 0


def _is_grey(table: bytes) -> bool:
    """Tell whether each index is its own grey: Pillow then calls the pixels grey, and so it does without a table."""
    return table == bytes(value for value in range(len(table) // 3) for _ in range(3))


def _walked(walk: _Walk) -> int:
    """Walk the blocks to the trailer.

    Returns:
        Where it stands.
    """
    data = walk.data
    control: tuple[int, int] | None = None
    while (kind := data[walk.position]) != _TRAILER:
        start = walk.position
        if kind == _PADDING:
            _count(walk)
            walk.position += 1
        elif kind == _IMAGE:
            walk.position += 11 + _table_bytes(data[start + 9])
            _skip_blocks(walk)
            walk.frames += 1
            if walk.first is None:
                walk.first, walk.control = (start, walk.position), control
        elif kind == _EXTENSION:
            walk.position += 2
            _skip_blocks(walk)
            if data[start + 1] == _CONTROL and data[start + 2]:
                control = (start, walk.position)
            elif data[start + 1] == _APPLICATION:
                walk.applications.setdefault(data[start + 3 : start + 14], (start + 14, walk.position))
        else:
            raise corrupt(f"The GIF has a block of no known kind at byte {start:,}: {kind}.")
    return walk.position


def _count(walk: _Walk) -> None:
    walk.blocks += 1
    if walk.blocks > MAX_BLOCKS:
        raise corrupt(f"The GIF has more than {MAX_BLOCKS:,} small blocks.")


def _skip_blocks(walk: _Walk) -> None:
    """Move behind a chain of blocks and the empty one that ends it."""
    data, position = walk.data, walk.position
    while length := data[position]:
        position += 1 + length
        if length < _FILLED_BYTES:
            _count(walk)
    _count(walk)
    walk.position = position + 1


def _chain(data: bytes, position: int) -> Iterator[bytes]:
    """Yield the bodies of a chain of blocks that has been walked before."""
    while length := data[position]:
        yield data[position + 1 : position + 1 + length]
        position += 1 + length


def _xmp(walk: _Walk) -> bytes:
    start, end = walk.applications.get(b"XMP DataXMP", (0, 0))
    packet = walk.data[start : max(start, end - _XMP_TRAILER_BYTES)]
    return packet if len(packet) <= MAX_METADATA_BYTES else b""


def _icc(walk: _Walk) -> bytes:
    start, end = walk.applications.get(b"ICCRGBG1012", (0, 0))
    return b"".join(_chain(walk.data, start)) if 0 < end - start <= MAX_METADATA_BYTES else b""
