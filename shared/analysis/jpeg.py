"""JPEG files, up to their pixels.

Source:
    ITU-T T.81 (1992), annex B: markers and segments.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from shared.analysis import quantization
from shared.analysis.facts import Limits
from shared.analysis.header import MAX_METADATA_BYTES, Header, corrupt, joined

_SOF = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SOS, _EOI, _DQT, _APP0, _APP1, _APP2, _APP11, _APP14, _APP15 = 0xDA, 0xD9, 0xDB, 0xE0, 0xE1, 0xE2, 0xEB, 0xEE, 0xEF
_COM = 0xFE
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length

# Neither pattern repeats over FF: a long run of fill bytes would make the search quadratic.
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # neither a stuffed byte nor a restart

_EXIF, _XMP, _ICC = b"Exif\x00\x00", b"http://ns.adobe.com/xap/1.0/\x00", b"ICC_PROFILE\x00"
#: The beginning of a C2PA manifest within its first segment, after ``JP``, box instance and packet number: the length
#: of a ``jumb`` box, and in it a ``jumd`` box of this type (ISO/IEC 19566-5).
_MANIFEST = re.compile(rb"JP.{10}jumb.{4}jumdc2pa", re.DOTALL)

_MODES = {1: "L", 3: "RGB", 4: "CMYK"}

#: Segments before the first scan, and again behind it. A real file has under 200, most of them extended XMP; without a
#: bound a file of empty segments keeps Python busy for seconds.
MAX_SEGMENTS = 10_000

_MAX_SEGMENT_BYTES = 1 << 16
#: Of all quantisation tables: real files have four at most, of 65 or 129 bytes; Pillow takes seconds for megabytes.
MAX_TABLE_BYTES = 1 << 15


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
        ImageRejected, IndexError: The header is cut off, or contradicts itself (``corrupt_image``).
    """
    segments = list(_segments(data))
    # The last frame, as in Pillow; libjpeg refuses a second.
    frame = next((segment for segment in reversed(segments) if segment.code in _SOF), None)
    scan = segments[-1] if segments else None
    if not frame or not scan or scan.code != _SOS:
        raise corrupt("The JPEG ends before its first scan.")
    kept = [(segment.start, segment.end) for segment in segments if _concerns_pixels(data, segment)]
    components = data[frame.body + 5]
    if components not in _MODES:
        raise corrupt(f"The JPEG has {components} components a pixel.")
    # Of several scans libjpeg keeps all coefficients, 2 bytes each, and no reduced decoding helps.
    streamed = frame.code in _SEQUENTIAL and data[scan.body] == components
    manifest = _manifest(data, segments)
    return Header(
        format="jpeg",
        width_px=int.from_bytes(data[frame.body + 3 : frame.body + 5]),
        height_px=int.from_bytes(data[frame.body + 1 : frame.body + 3]),
        mode=_MODES[components],
        bits=data[frame.body],
        exif=_first(data, segments, _EXIF, skip=0),
        xmp=_first(data, segments, _XMP, skip=len(_XMP)),
        icc=_profile(data, segments),
        c2pa=bool(manifest),
        manifest=manifest,
        progressive=frame.code in _PROGRESSIVE,
        jpeg_quality=_quality(data, segments, data[frame.body + 8]),
        bytes_per_px=1 if streamed else max(6, 2 * components),
        scans=1 if streamed else _scans(data, scan.end, limits.max_progressive_scans),
        spans=joined([(0, 2), *kept, (scan.end, len(data))]),
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
        return data.startswith(_ICC, segment.body)
    if segment.code in (_APP0, _APP14):
        return True
    return not (_APP1 <= segment.code <= _APP15 or segment.code == _COM)


def _first(data: bytes, segments: list[_Segment], prefix: bytes, *, skip: int) -> bytes:
    """Return the body of the first APP1 segment that begins with the prefix, without ``skip`` bytes of it."""
    found = (seg for seg in segments if seg.code == _APP1 and data.startswith(prefix, seg.body))
    return next((data[seg.body + skip : seg.end] for seg in found), b"")


def _profile(data: bytes, segments: list[_Segment]) -> bytes:
    """Return the colour profile, put together from its parts in the order of their numbers."""
    start = len(_ICC) + 2
    parts = [seg for seg in segments if seg.code == _APP2 and data.startswith(_ICC, seg.body)]
    parts = [seg for seg in parts if seg.end - seg.body >= start]
    if sum(seg.end - seg.body for seg in parts) > MAX_METADATA_BYTES:
        return b""
    parts.sort(key=lambda seg: data[seg.body + len(_ICC)])
    return b"".join(data[seg.body + start : seg.end] for seg in parts)


def _manifest(data: bytes, segments: list[_Segment]) -> bytes:
    """Return the segments of a C2PA manifest, one after the other."""
    boxes = [seg for seg in segments if seg.code == _APP11]
    first = next((index for index, seg in enumerate(boxes) if _MANIFEST.match(data, seg.body, seg.end)), None)
    if first is None:
        return b""
    most = MAX_METADATA_BYTES // _MAX_SEGMENT_BYTES
    return b"".join(data[seg.body : seg.end] for seg in boxes[first : first + most])


def _quality(data: bytes, segments: list[_Segment], table: int) -> int | None:
    """Tell the quality by the quantisation table of the first component; a later table replaces an earlier one.

    Raises:
        ImageRejected: ``corrupt_image``; there is no end of tables.
    """
    bodies = [data[segment.body : segment.end] for segment in segments if segment.code == _DQT]
    if sum(map(len, bodies)) > MAX_TABLE_BYTES:
        raise corrupt(f"The JPEG has more than {MAX_TABLE_BYTES:,} bytes of quantisation tables.")
    tables = dict[int, tuple[int, ...]]()
    for body in bodies:
        tables |= quantization.tables(body)
    return quantization.quality(tables[table]) if table in tables else None


def _scans(data: bytes, position: int, limit: int) -> int:
    """Count scans up to one beyond the limit; what follows the end of the image is not looked at."""
    scans = 1
    for _ in range(MAX_SEGMENTS):
        if scans > limit:
            return scans
        segment = _segment_at(data, position, _SCAN_END)
        if segment.code == _EOI:
            return scans
        scans += segment.code == _SOS
        position = segment.end
    raise corrupt(f"The JPEG has more than {MAX_SEGMENTS:,} segments between its scans.")
