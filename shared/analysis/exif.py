"""What EXIF says of camera and picture; read by hand, and no bytes make it raise.

Not with Pillow: its reader warns about broken blocks through the process-wide ``warnings`` state, and for a PNG it
decodes the whole image first.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.6.5 and 4.6.6.
"""

import re
from datetime import datetime
from fractions import Fraction

from shared.analysis import ifd, text
from shared.analysis.schema import Exif

_ORIENTATION, _MAKE, _MODEL, _SOFTWARE = 0x0112, 0x010F, 0x0110, 0x0131
_EXIF_POINTER = 0x8769
_EXPOSURE, _F_NUMBER, _ISO, _EXPOSURE_INDEX = 0x829A, 0x829D, 0x8827, 0x8832
_TAKEN, _DIGITIZED, _TAKEN_OFFSET, _DIGITIZED_OFFSET = 0x9003, 0x9004, 0x9011, 0x9012
_FOCAL, _FOCAL_35MM, _LENS = 0x920A, 0xA405, 0xA434

_SHORT = 3
#: What the SHORT of the sensitivity says when it can't hold it.
_BEYOND = 65_535

_MOMENT = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(rb"[+-](?:0\d|1[0-4]):[0-5]\d")

Directory = dict[int, ifd.Entry]


def orientation(block: bytes) -> int:
    """Return the orientation of an EXIF block.

    Args:
        block: A TIFF file, with or without the ``Exif`` prefix; may be empty or broken.

    Returns:
        1-8; 1 when the block has none, or one that means nothing.
    """
    entry = ifd.first(block).get(_ORIENTATION)
    value = entry.whole() if entry and entry.kind == _SHORT else None
    return value if value is not None and value in range(1, 9) else 1


def camera(block: bytes) -> Exif:
    """Return how and when a picture was taken; None for each fact that is missing, unreadable or absurd.

    Args:
        block: As of ``orientation``.
    """
    picture = ifd.first(block)
    shot = ifd.under(block, picture, _EXIF_POINTER)
    taken_at, offset = _taken(shot, _TAKEN, _TAKEN_OFFSET)
    if taken_at is None:
        taken_at, offset = _taken(shot, _DIGITIZED, _DIGITIZED_OFFSET)
    return {
        "make": _text(picture, _MAKE),
        "model": _text(picture, _MODEL),
        "lens": _text(shot, _LENS),
        "software": _text(picture, _SOFTWARE),
        "taken_at": taken_at,
        "taken_at_offset": offset,
        "exposure_s": _figure(shot, _EXPOSURE, most=86_400, digits=7),
        "f_number": _figure(shot, _F_NUMBER, most=1_000, digits=2),
        "iso": _iso(shot),
        "focal_mm": _figure(shot, _FOCAL, most=100_000, digits=2),
        "focal_35mm": _count(shot, _FOCAL_35MM),
    }


def _text(directory: Directory, tag: int) -> str | None:
    entry = directory.get(tag)
    raw = entry.text() if entry else None
    return text.decoded(raw, cut_at=ifd.MAX_FIELD_BYTES) if raw else None


def _taken(directory: Directory, moment: int, offset: int) -> tuple[str | None, str | None]:
    """Return a moment of the camera's clock, ISO 8601 without a zone, and the zone beside it, ``+hh:mm``.

    A camera whose clock was never set writes zeros or blanks, which are no moment.
    """
    at, zone = (entry.text() if entry else None for entry in (directory.get(moment), directory.get(offset)))
    found = _MOMENT.fullmatch((at or b"").strip(b" "))
    if not found:
        return None, None
    try:
        told = datetime(*map(int, found.groups())).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001 - EXIF has none
    except ValueError:
        return None, None
    return told, zone.decode() if zone and _OFFSET.fullmatch(zone) else None


def _figure(directory: Directory, tag: int, *, most: int, digits: int) -> float | None:
    """Return a positive fraction, rounded exactly."""
    entry = directory.get(tag)
    values = entry.fractions() if entry else None
    rounded = round(values[0], digits) if values and 0 < values[0] <= most else Fraction(0)
    return float(rounded) or None


def _iso(shot: Directory) -> int | None:
    iso = _count(shot, _ISO)
    return (_count(shot, _EXPOSURE_INDEX) or iso) if iso == _BEYOND else iso


def _count(directory: Directory, tag: int) -> int | None:
    """Return a positive whole number."""
    entry = directory.get(tag)
    return (entry.whole() or None) if entry else None
