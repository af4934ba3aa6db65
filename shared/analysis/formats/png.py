"""PNG: Pillow reads header and pixels, and gets only the chunks that they need.

Pillow fails an image for a bad checksum in a colour profile, for text that unpacks to more than it allows, or for a
broken animation. It accepts a file that lost its end, and reads a million empty chunks one by one.

Source:
    W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, section 5 and 11.
"""

import struct
import zlib
from dataclasses import dataclass, field

from PIL.PngImagePlugin import PngImageFile

from shared.analysis.formats.header import corrupt, unsupported_format
from shared.analysis.formats.picture import Picture, open_with, profile
from shared.analysis.interface import Limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"

#: The chunks that a decoder gets.
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"IEND"})
#: libpng cuts image data into 8 KiB. The file's length limits full chunks, so only smaller ones count.
_FULL_CHUNK_BYTES = 1024
#: Pillow unpacks no more of a profile, and would fail an image with a larger one.
_MAX_PROFILE_BYTES = 1 << 20
#: Of an animation's frame at least: its control chunk and one chunk of pixels.
_FRAME_BYTES = 38 + 16

_BYTES_PER_PX = 8
_IGNORED = {b"iCCP": "icc_ignored", b"tRNS": "transparency_ignored"}
_TRANSPARENCY_BYTES = {0: 2, 2: 6}


@dataclass
class _Walk:
    """The state of a walk through the chunks.

    Args:
        parts: What the decoder gets.
        chunks: How many count.
        kinds: Of the chunks that the decoder gets.
        announced_frames: As the animation's head says.
        control_chunks: One for each frame that is there.
        ended: The end chunk was reached.
        warnings: Codes of what was ignored.
    """

    parts: list[bytes | memoryview] = field(default_factory=lambda: [SIGNATURE])
    chunks: int = 0
    kinds: set[bytes] = field(default_factory=set)
    announced_frames: int = 0
    control_chunks: int = 0
    ended: bool = False
    warnings: list[str] = field(default_factory=list)


def read(data: bytes, limits: Limits) -> Picture:
    """Open a PNG.

    Args:
        data: The file, starting with ``SIGNATURE``.
        limits: The walk stops at one chunk more, and leaves out the rest.

    Raises:
        ImageRejected: ``corrupt_image``: cut off, or a bad checksum in what the pixels need. ``unsupported_format``:
            the variant of Apple's devices.
    """
    if data[12:16] == b"CgBI":
        raise unsupported_format("png", "it is a variant that only Apple's devices read")
    if data[12:16] != b"IHDR" or len(data) < 33:  # noqa: PLR2004 - signature and header
        raise corrupt("The PNG doesn't start with its header.")
    walk = _walk(data, limits.max_png_chunks)
    if b"IDAT" not in walk.kinds and not walk.ended:  # the limit came before any pixels
        walk.parts.append(struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT")))
    image = open_with(PngImageFile, b"".join(walk.parts), "png")
    return Picture(
        format="png",
        image=image,
        width_px=image.width,
        height_px=image.height,
        mode=image.mode,
        bits=data[24],
        has_alpha=image.mode in ("LA", "RGBA") or b"tRNS" in walk.kinds,
        frames=_frames(data, walk),
        icc=profile(image),
        progressive=bool(image.info.get("interlace")),
        bytes_per_px=_BYTES_PER_PX,
        chunks=walk.chunks,
        warnings=tuple(dict.fromkeys(walk.warnings)),
    )


def _walk(data: bytes, limit: int) -> _Walk:
    """Walk the chunks to IEND, or to one more than the limit."""
    walk, position, view = _Walk(), len(SIGNATURE), memoryview(data)
    while walk.chunks <= limit:
        if position + 12 > len(data):
            raise corrupt(f"The PNG is cut off after {len(data):,} bytes: it has no end chunk.")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise corrupt(f"The PNG is cut off: a chunk ends at byte {end:,}, the file at {len(data):,}.")
        if kind == b"acTL":
            walk.announced_frames = walk.announced_frames or int.from_bytes(
                view[position + 8 : min(position + 12, end - 4)]
            )
        walk.control_chunks += kind == b"fcTL"
        if kind in _PIXELS and _is_usable(view[position:end], kind, data[25], walk):
            walk.parts.append(view[position:end])
            walk.kinds.add(kind)
        walk.chunks += not (kind in (b"IDAT", b"fdAT") and length >= _FULL_CHUNK_BYTES)
        position = end
        if kind == b"IEND":
            walk.ended = True
            break
    return walk


def _is_usable(chunk: memoryview, kind: bytes, colour: int, walk: _Walk) -> bool:
    """Return whether the decoder gets a chunk; it does without one that is broken and not critical.

    Raises:
        ImageRejected: ``corrupt_image``: a critical chunk has a bad checksum.
    """
    if kind == b"IHDR" and kind in walk.kinds:
        raise corrupt("The PNG has two headers.")
    critical = kind[0] < ord("a")
    if kind == b"IEND":
        return True  # it has no content
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
        if critical:
            raise corrupt(f"The checksum of the PNG's {kind.decode()} chunk is wrong.")
        walk.warnings.append(_IGNORED[kind])
        return False
    if kind == b"iCCP" and kind in walk.kinds:  # only the first counts: each may cost a megabyte
        return False
    if kind == b"iCCP" and not _unpacks(bytes(chunk[8:-4])):
        walk.kinds.add(kind)
        walk.warnings.append("icc_ignored")
        return False
    if kind == b"tRNS" and len(chunk) - 12 < _TRANSPARENCY_BYTES.get(colour, 0):
        walk.warnings.append("transparency_ignored")
        return False
    return True


def _unpacks(body: bytes) -> bool:
    """Return whether a profile unpacks to a size that Pillow accepts."""
    method, packed = body.partition(b"\0")[2][:1], body.partition(b"\0")[2][1:]
    try:
        found = zlib.decompressobj().decompress(packed, _MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return False
    return method == b"\0" and 0 < len(found) <= _MAX_PROFILE_BYTES


def _frames(data: bytes, walk: _Walk) -> int:
    """Count the frames: as many as the animation announces, but no more than there are."""
    there = walk.control_chunks if walk.ended else len(data) // _FRAME_BYTES
    if walk.announced_frames > there:
        walk.warnings.append("frames_ignored")
    return max(1, min(walk.announced_frames, there))
