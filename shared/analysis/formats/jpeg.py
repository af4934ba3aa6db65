"""JPEG: Pillow reads the header; this module counts the scans, which no library reports before it decodes.

Source:
    ITU-T T.81 (1992), annex B: markers and segments.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from PIL.JpegImagePlugin import JpegImageFile

from shared.analysis import quantization
from shared.analysis.formats.header import corrupt, unsupported_format
from shared.analysis.formats.picture import Picture, open_with, profile
from shared.analysis.interface import Limits

_EOI, _SOS = 0xD9, 0xDA
_SEQUENTIAL = frozenset({0xC0, 0xC1})
#: Kinds of frame that libjpeg does not decode.
_UNREAD = {0xC3: "lossless", 0xCB: "lossless", **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "hierarchical")}
_FRAMES = _SEQUENTIAL | _UNREAD.keys() | {0xC2, 0xC9, 0xCA}

# It does not repeat over FF: a long run of fill bytes would make the search quadratic.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # neither a stuffed byte nor a restart

#: Before the first scan, and again after it. A real file has fewer than 200, mostly extended XMP. Two million empty
#: segments keep Pillow busy for 4 s, and so do a million empty tables libjpeg.
MAX_SEGMENTS = 10_000

#: Between two segments before the first scan: Pillow reads them one by one, 20 million in 20 s.
MAX_FILL_BYTES = 1 << 16

#: The end of each scan, where marks of metadata are looked for as well: a program may have put a packet behind the
#: pixels, but before the next marker.
SCAN_TAIL_BYTES = 1 << 16


class _Segment(NamedTuple):
    code: int
    start: int
    body: int
    end: int


def read(data: bytes, limits: Limits) -> Picture:
    """Open a JPEG.

    Args:
        data: The file, starting with FF D8 FF.
        limits: Counting stops at one scan more.

    Raises:
        ImageRejected: ``corrupt_image``; ``unsupported_format``: lossless, hierarchical, or not of 8 bits.
    """
    frame, first = _frame_and_scan(data)
    if frame.code in _UNREAD:
        raise unsupported_format("jpeg", f"it is {_UNREAD[frame.code]}")
    image = open_with(JpegImageFile, data, "jpeg")
    # With several scans libjpeg keeps all coefficients, 2 bytes each, even when it decodes at reduced size.
    streamed = frame.code in _SEQUENTIAL and data[first.body] == image.layers
    scans = [_scan(data, first.end)] if streamed else _scans(data, first.end, limits.max_progressive_scans)
    return Picture(
        format="jpeg",
        image=image,
        width_px=image.width,
        height_px=image.height,
        mode=image.mode,
        icc=profile(image),
        progressive=bool(image.info.get("progressive")),
        jpeg_quality=_quality(image),
        bytes_per_px=1 if streamed else max(6, 2 * image.layers),
        scans=len(scans),
        pixels=tuple((start, end - SCAN_TAIL_BYTES) for start, end in scans if end - SCAN_TAIL_BYTES > start),
    )


def _frame_and_scan(data: bytes) -> tuple[_Segment, _Segment]:
    """Return the last frame header before the first scan, which Pillow uses too, and the header of that scan."""
    frame, end = None, 2
    for segment in _segments(data, 2):
        if segment.start - end > MAX_FILL_BYTES:
            raise corrupt(f"The JPEG has {segment.start - end:,} stray bytes between two segments.")
        end = segment.end
        if segment.code in _FRAMES:
            frame = segment
        elif segment.code == _SOS and frame:
            return frame, segment
        elif segment.code in (_SOS, _EOI):
            break
    raise corrupt("The JPEG ends before its first scan.")


def _segments(data: bytes, position: int) -> Iterator[_Segment]:
    """Yield segments in order; pixels between them are skipped.

    Raises:
        ImageRejected: ``corrupt_image``: the file ends, or there are more than ``MAX_SEGMENTS``.
    """
    for _ in range(MAX_SEGMENTS + 1):
        found = _MARKER.search(data, position)
        if not found:
            raise corrupt(f"The JPEG is cut off: there is no marker after byte {position:,} of {len(data):,}.")
        body = found.end()
        code, position = found[1][0], body
        if code not in (0x01, 0xD8, _EOI):  # these have no length
            position += int.from_bytes(data[body : body + 2])
            if not body + 2 <= position <= len(data):
                raise corrupt(f"The JPEG is cut off: a segment ends at byte {position:,}, the file at {len(data):,}.")
        yield _Segment(code, found.start(), body + 2, position)
    raise corrupt(f"The JPEG has more than {MAX_SEGMENTS:,} segments in a row.")


def _scan(data: bytes, position: int) -> tuple[int, int]:
    """Return where the coded pixels of a scan begin and end; they are of no length where no marker ends them."""
    found = _MARKER.search(data, position)
    return position, found.start() if found else position


def _scans(data: bytes, position: int, limit: int) -> list[tuple[int, int]]:
    """Return where the coded pixels of each scan of the image begin and end, up to one scan more than the limit."""
    scans, start = list[tuple[int, int]](), position
    for segment in _segments(data, position):
        if start:
            scans.append((start, segment.start))
        start = segment.end if segment.code == _SOS else 0
        if segment.code == _EOI or len(scans) > limit:
            break
    return scans


def _quality(image: JpegImageFile) -> int | None:
    """Return the quality, by the table of the first component."""
    table = image.quantization.get(image.layer[0][3]) if image.layer else None
    return quantization.quality(tuple(table)) if table else None
