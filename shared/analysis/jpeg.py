"""JPEG files, up to their pixels.

Source:
    ITU-T T.81 (1992), annex B: markers and segments.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from shared.analysis.facts import Limits
from shared.analysis.header import Header, corrupt, joined

_SOF = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length

# Neither pattern repeats over FF: a long run of fill bytes would make the search quadratic.
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # neither a stuffed byte nor a restart

_MODES = {1: "L", 3: "RGB", 4: "CMYK"}

#: Segments before the first scan. A real file has under 200, most of them extended XMP; without a bound a file of
#: empty segments keeps Python busy for seconds.
MAX_SEGMENTS = 10_000


class _Segment(NamedTuple):
    code: int
    start: int
    body: int
    end: int


def read(data: bytes, limits: Limits) -> Header:
    """Read the header of a JPEG.

    Args:
        data: The file, beginning with FF D8 FF.
        limits: Where counting scans may stop.

    Raises:
        ImageRejected: ``corrupt_image``; the header is cut off or contradicts itself.
        struct.error, IndexError: The header is cut off.
    """
    kept, exif, frame, scan = [(0, 2)], b"", None, None
    for segment in _segments(data):
        if segment.code in _SOF:
            frame = segment  # the last one, as in Pillow; libjpeg refuses a second
        elif segment.code == _APP1 and not exif and data.startswith(b"Exif\x00\x00", segment.body):
            exif = data[segment.body : segment.end]
        if _concerns_pixels(data, segment):
            kept.append((segment.start, segment.end))
        scan = segment
    if not frame or not scan or scan.code != _SOS:
        raise corrupt("The JPEG ends before its first scan.")
    kept.append((scan.end, len(data)))
    components = data[frame.body + 5]
    if components not in _MODES:
        raise corrupt(f"The JPEG has {components} components a pixel.")
    # Of several scans libjpeg keeps all coefficients, 2 bytes each, and no reduced decoding helps.
    streamed = frame.code in _SEQUENTIAL and data[scan.body] == components
    return Header(
        format="jpeg",
        width_px=int.from_bytes(data[frame.body + 3 : frame.body + 5]),
        height_px=int.from_bytes(data[frame.body + 1 : frame.body + 3]),
        mode=_MODES[components],
        bits=data[frame.body],
        exif=exif,
        bytes_per_px=1 if streamed else max(6, 2 * components),
        scans=1 if streamed else _scans(data, scan.end, limits.max_progressive_scans),
        spans=joined(kept),
    )


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments from the start to the first scan header, in order."""
    position = 2
    for _ in range(MAX_SEGMENTS):
        segment = _segment_at(data, position)
        if segment.code == _EOI:
            return
        if segment.code not in _ALONE:
            yield segment
        if segment.code == _SOS:
            return
        position = segment.end
    raise corrupt(f"The JPEG has more than {MAX_SEGMENTS:,} segments before its first scan.")


def _segment_at(data: bytes, position: int, pattern: re.Pattern[bytes] = _MARKER) -> _Segment:
    found = pattern.search(data, position)
    if not found:
        raise corrupt(f"The JPEG is cut off: no marker after byte {position:,} of {len(data):,}.")
    code, body = found[1][0], found.end()
    if code in _ALONE or code == _EOI:
        return _Segment(code, found.start(), body, body)
    end = body + int.from_bytes(data[body : body + 2])
    if end < body + 2 or end > len(data):
        raise corrupt(f"The JPEG is cut off: a segment at byte {body:,} ends at {end:,} of {len(data):,}.")
    return _Segment(code, found.start(), body + 2, end)


def _concerns_pixels(data: bytes, segment: _Segment) -> bool:
    """Tell whether a decoder needs the segment; JFIF and Adobe say how colours are coded, ICC what they mean."""
    if segment.code == _APP2:
        return data.startswith(b"ICC_PROFILE\x00", segment.body)
    if segment.code in (_APP0, _APP14):
        return True
    return not (_APP1 <= segment.code <= _APP15 or segment.code == _COM)


def _scans(data: bytes, position: int, limit: int) -> int:
    """Count scans up to one beyond the limit; what follows the end of the image is not looked at."""
    scans = 1
    while scans <= limit:
        segment = _segment_at(data, position, _SCAN_END)
        if segment.code == _EOI:
            break
        scans += segment.code == _SOS
        position = segment.end
    return scans
