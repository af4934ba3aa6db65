"""Moments as cameras and programs write them, made ISO 8601.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.6.6: DateTimeOriginal, OffsetTimeOriginal; ISO 8601, as XMP takes it.
"""

import re
from datetime import datetime, timedelta

#: What a date and a time may look like: any separators, blanks for leading zeros, parts of a second, a zone.
_MOMENT = re.compile(
    rb"(\d{4})[:\-/. ] ?(\d{1,2})[:\-/. ] ?(\d{1,2})"
    rb"[T: ] ?(\d{1,2}): ?(\d{1,2})(?:: ?(\d{1,2}))?(?:[.,]\d{1,9})? ?([AaPp][Mm])? ?(Z|[+-]\d\d:?\d\d)?"
)
#: The form that the standard asks for, whatever stands behind it: a field without an end runs into the next one.
_STANDARD = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)()()")
_COMPACT = re.compile(rb"(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)(\d\d)()(Z|[+-]\d\d:?\d\d)?")
_ZONE = re.compile(rb"([+-])(0\d|1[0-4]):?([0-5]\d)")

Moment = tuple[str, str | None]


def moment(text: bytes) -> Moment | None:
    """Read a moment.

    Args:
        text: Any bytes.

    Returns:
        The camera's clock without a zone, and the zone that stands in the text, ``+hh:mm``. None for what is no
        moment: a camera whose clock was never set writes zeros or blanks. Hour 24 is the next day's first.
    """
    text = text.strip(b" \t\r\n\x00")
    found = _MOMENT.fullmatch(text) or _COMPACT.fullmatch(text) or _STANDARD.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    half = (found[7] or b"").lower()
    if half and 1 <= hour <= 12:  # noqa: PLR2004 - hours of half a day
        hour = hour % 12 + (12 if half == b"pm" else 0)
    late = timedelta(days=1) if hour == 24 else timedelta()  # noqa: PLR2004 - the hours of a day
    try:
        at = datetime(year, month, day, hour % 24 if late else hour, minute, second) + late  # noqa: DTZ001 - no zone
    except (ValueError, OverflowError):
        return None
    return at.isoformat(), zone(found[8] or b"")


def zone(text: bytes) -> str | None:
    """Read a zone: ``+hh:mm``, without the colon, or ``Z``; None for anything else."""
    text = text.strip(b" \x00")
    found = _ZONE.fullmatch(text)
    if found:
        return f"{found[1].decode()}{found[2].decode()}:{found[3].decode()}"
    return "+00:00" if text == b"Z" else None
