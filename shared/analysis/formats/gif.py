"""GIF: Pillow decodes the first frame; this module walks the blocks, to count frames and to detect a cut-off file.

Pillow accepts a file that ends within a later frame, takes a microsecond for each block of one byte, and ignores colour
profiles.

Source:
    CompuServe, "Graphics Interchange Format, Version 89a", 1990, sections 12-26; ICC.1:2022, B.5: the colour profile.
"""

from dataclasses import dataclass, field

from PIL.GifImagePlugin import GifImageFile

from shared.analysis.formats.header import corrupt
from shared.analysis.formats.picture import Picture, open_with
from shared.analysis.interface import Limits

SIGNATURES = (b"GIF87a", b"GIF89a")

_IMAGE, _EXTENSION, _TRAILER, _PADDING = 0x2C, 0x21, 0x3B, 0x00
_CONTROL, _APPLICATION = 0xF9, 0xFF
_HAS_TABLE, _INTERLACED, _HAS_TRANSPARENCY, _DISPOSAL = 0x80, 0x40, 0x01, 0x1C
_PROFILE = b"ICCRGBG1012"

#: Small blocks; the file's length limits the number of the others. Real animations have six a frame.
MAX_BLOCKS = 100_000
_FILLED_BYTES = 128

#: Measured at 12 MP: 5.0, and 8.3 with transparency: indices, the same pixels as RGBA, and what shrinks them.
_BYTES_PER_PX = 8


@dataclass
class _Walk:
    """The state of a walk through the blocks; ``first`` and ``control`` are byte ranges."""

    data: bytes
    position: int
    blocks: int = 0
    frames: int = 0
    control: tuple[int, int] = (0, 0)
    first: tuple[int, int] = (0, 0)
    icc: bytes = b""
    warnings: list[str] = field(default_factory=list)


def read(data: bytes, _limits: Limits) -> Picture:
    """Open the first frame of a GIF.

    Args:
        data: The file, starting with one of ``SIGNATURES``.

    Returns:
        A picture of the screen's size, enlarged if the first frame exceeds it, as browsers and Pillow do.

    Raises:
        ImageRejected: ``corrupt_image``: it has no frame, or more than ``MAX_BLOCKS`` small blocks.
        IndexError: The file is cut off within a frame.
    """
    start = 13 + _table_bytes(data[10])
    walk = _Walk(data, start)
    _walk(walk)
    if not walk.frames:
        raise corrupt("The GIF has no frame.")
    at = walk.first[0] + 5
    if not (any(data[at : at + 2]) and any(data[at + 2 : at + 4])):  # Pillow before 13 invents pixels
        raise corrupt("The first frame of the GIF has no pixels.")
    view = memoryview(data)
    parts = (view[:start], _without_disposal(data, walk.control), view[slice(*walk.first)], b";")
    image = open_with(GifImageFile, b"".join(parts), "gif")
    return Picture(
        format="gif",
        image=image,
        width_px=image.width,
        height_px=image.height,
        mode=image.mode,
        has_alpha=bool(walk.control[1] and data[walk.control[0] + 3] & _HAS_TRANSPARENCY),
        frames=walk.frames,
        icc=walk.icc,
        progressive=bool(data[walk.first[0] + 9] & _INTERLACED),
        bytes_per_px=_BYTES_PER_PX,
        warnings=tuple(walk.warnings),
    )


def _without_disposal(data: bytes, control: tuple[int, int]) -> bytes:
    """Return a frame's control block without its disposal, which only later frames need.

    With it, Pillow allocates a canvas when it opens the file, before any gate: 4 GB for 65,535 px a side.
    """
    block = bytearray(data[slice(*control)])
    block[3:4] = bytes(flags & ~_DISPOSAL for flags in block[3:4])
    return bytes(block)


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & _HAS_TABLE else 0


def _walk(walk: _Walk) -> None:
    """Walk the blocks to the trailer. After a complete frame it may be missing, or be junk."""
    data = walk.data
    control = (0, 0)
    while walk.position < len(data) and (kind := data[walk.position]) != _TRAILER:
        start = walk.position
        if kind == _IMAGE:
            walk.position += 11 + _table_bytes(data[start + 9])
            _skip_blocks(walk)
            walk.frames += 1
            if walk.frames == 1:
                walk.first, walk.control = (start, walk.position), control
        elif kind == _EXTENSION:
            if not _skip_extension(walk):
                break
            if data[start + 1] == _CONTROL and data[start + 2]:
                control = (start, walk.position)
        elif kind != _PADDING and walk.frames:
            break
        else:  # Pillow skips junk before a frame
            walk.position += 1
            _count(walk)
    if data[walk.position : walk.position + 1] != b";":
        walk.warnings.append("trailer_missing")


def _skip_extension(walk: _Walk) -> bool:
    """Skip an extension and keep a colour profile; return False if it is cut off after a complete frame."""
    data, start = walk.data, walk.position
    try:
        walk.position += 2
        body = _skip_blocks(walk, keep=data[start + 1] == _APPLICATION and data[start + 3 : start + 14] == _PROFILE)
    except IndexError:
        if not walk.frames:
            raise
        walk.position = start
        return False
    walk.icc = walk.icc or body[11:]
    return True


def _count(walk: _Walk) -> None:
    walk.blocks += 1
    if walk.blocks > MAX_BLOCKS:
        raise corrupt(f"The GIF has more than {MAX_BLOCKS:,} small blocks.")


def _skip_blocks(walk: _Walk, *, keep: bool = False) -> bytes:
    """Skip a chain of blocks, with the empty block that ends it; return its content if ``keep``."""
    data, position, bodies = walk.data, walk.position, list[bytes]()
    while length := data[position]:
        if keep:
            bodies.append(data[position + 1 : position + 1 + length])
        position += 1 + length
        if length < _FILLED_BYTES:
            _count(walk)
    _count(walk)
    walk.position = position + 1
    return b"".join(bodies)
