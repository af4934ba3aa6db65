"""Read times as cameras and programs write them, and return them in ISO 8601.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.6.6: DateTimeOriginal, OffsetTimeOriginal; ISO 8601, as XMP takes it.
"""

import re
from datetime import datetime, timedelta

#: A date and a time, with any separators, blanks for leading zeros, fractions of a second, and a zone.
_TIMESTAMP = re.compile(
    rb"(\d{4})[:\-/. ] ?(\d{1,2})[:\-/. ] ?(\d{1,2})"
    rb"[Tt: ] {0,2}(\d{1,2})[:.] ?(\d{1,2})(?:[:.] ?(\d{1,2}))?(?:[.,]\d{1,9})?"
    rb" ?([AaPp][Mm])? ?([Zz]|[+-]\d\d(?::?\d\d)?)?"
)
#: The form that the standard demands, with anything after it: a field without an end runs into the next one.
_STANDARD = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)()()")
#: With full stops, the day comes first.
_DAY_FIRST = re.compile(rb"^(\d{1,2})\.(\d{1,2})\.(\d{4})( .*)")
_COMPACT = re.compile(rb"(\d{4})(\d\d)(\d\d)[Tt ]?(\d\d)(\d\d)(\d\d)()([Zz]|[+-]\d\d(?::?\d\d)?)?")
_ZONE = re.compile(rb"([+-])(0\d|1[0-4])(?::?([0-5]\d))?")
#: The most that each part of a clock shows: a day may end at 24, a minute at the leap second.
_LAST = (24, 59, 60)

Timestamp = tuple[str, str | None]


def parse(text: bytes) -> Timestamp | None:
    """Read a time.

    Args:
        text: Any bytes.

    Returns:
        The camera's time without a zone, and the zone in the text, ``+hh:mm``. None for anything else: a camera whose
        clock was never set writes zeros or blanks. Hour 24 is the first of the next day.
    """
    text = _DAY_FIRST.sub(rb"\3.\2.\1\4", text.strip(b" \t\r\n\x00"))
    found = _TIMESTAMP.fullmatch(text) or _COMPACT.fullmatch(text) or _STANDARD.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    half = (found[7] or b"").lower()
    if half and 1 <= hour <= 12:  # noqa: PLR2004 - hours of half a day
        hour = hour % 12 + (12 if half == b"pm" else 0)
    if any(part > last for part, last in zip((hour, minute, second), _LAST, strict=True)):
        return None
    try:
        at = datetime(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second)  # noqa: DTZ001 - no zone
    except (ValueError, OverflowError):
        return None
    return at.isoformat(), parse_zone(found[8] or b"")


def parse_zone(text: bytes) -> str | None:
    """Read a zone: ``+hh:mm``, ``+hhmm``, ``+hh`` or ``Z``; None for anything else."""
    text = text.strip(b" \x00")
    found = _ZONE.fullmatch(text)
    if found:
        sign, hours, minutes = (part.decode() for part in found.groups(b"00"))
        return f"{sign}{hours}:{minutes}"
    return "+00:00" if text in (b"Z", b"z") else None
