"""Where an image was taken, by EXIF or XMP: whether it tells, and only on request what.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.6.7; XMP Specification Part 2 (2022), 3.2: GPSCoordinate.
"""

import re
from fractions import Fraction

from shared.analysis import ifd
from shared.analysis.header import Header
from shared.analysis.schema import Gps, Privacy

_GPS_POINTER = 0x8825
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _ALTITUDE_REF, _ALTITUDE = range(1, 7)
_HALVES = {b"N": 1, b"S": -1, b"E": 1, b"W": -1}

_COORDINATE = rb"(\d{1,3}),(\d{1,2})(?:,(\d{1,2}(?:\.\d{1,12})?)|(\.\d{1,12}))?"
_GIVEN = rb"GPS%s(?:\s{0,8}=\s{0,8}[\"']|>)\s{0,8}"
_XMP_ANY = re.compile(_GIVEN % b"(?:Latitude|Longitude)" + rb"[0-9]")
_XMP_LATITUDE = re.compile(_GIVEN % b"Latitude" + _COORDINATE + rb"([NS])")
_XMP_LONGITUDE = re.compile(_GIVEN % b"Longitude" + _COORDINATE + rb"([EW])")
_XMP_ALTITUDE = re.compile(_GIVEN % b"Altitude" + rb"(\d{1,9})(?:/(\d{1,9}))?[\"'<]")
_XMP_BELOW = re.compile(_GIVEN % b"AltitudeRef" + rb"1")

_METRES = 100_000

Position = tuple[Fraction, Fraction, Fraction | None]


def privacy(header: Header, *, include_gps: bool) -> Privacy:
    """Say whether a file tells where it was taken.

    Args:
        header: Its ``exif`` and ``xmp`` are looked at; any bytes.
        include_gps: Whether coordinates are to be returned.

    Returns:
        ``has_gps`` also for a position that can't be read: someone else may be able to. ``gps`` with
        degrees to 6 decimals (0.1 m) and metres to one, or None.
    """
    gps = ifd.under(header.exif, ifd.first(header.exif), _GPS_POINTER)
    # All zeros is what a receiver without a fix leaves behind: a division by zero.
    told = any(tag in gps and any(gps[tag].raw) for tag in (_LATITUDE, _LONGITUDE))
    position = (_by_exif(gps) or _by_xmp(header.xmp)) if include_gps else None
    return {
        "has_gps": told or bool(_XMP_ANY.search(header.xmp)),
        "gps": _rounded(*position) if position else None,
    }


def _rounded(latitude: Fraction, longitude: Fraction, altitude: Fraction | None) -> Gps:
    return {
        "lat_deg": float(round(latitude, 6)),
        "lon_deg": float(round(longitude, 6)),
        "alt_m": None if altitude is None else float(round(altitude, 1)),
    }


def _by_exif(gps: dict[int, ifd.Entry]) -> Position | None:
    latitude = _angle(gps, _LATITUDE, _LATITUDE_REF, 90)
    longitude = _angle(gps, _LONGITUDE, _LONGITUDE_REF, 180)
    if latitude is None or longitude is None:
        return None
    entry, below = gps.get(_ALTITUDE), gps.get(_ALTITUDE_REF)
    metres = entry.fractions() if entry else None
    if not metres or abs(metres[0]) > _METRES:
        return latitude, longitude, None
    return latitude, longitude, -metres[0] if below and below.whole() == 1 else metres[0]


def _angle(gps: dict[int, ifd.Entry], tag: int, reference: int, most: int) -> Fraction | None:
    """Return degrees, south and west negative; from degrees, minutes and seconds, of which the last may be missing."""
    entry, half = gps.get(tag), gps.get(reference)
    parts = entry.fractions() if entry else None
    sign = _HALVES.get((half.text() or b"")[:1].upper()) if half else None
    if not parts or sign is None or min(parts) < 0:
        return None
    return _within(sign * sum(part / 60**place for place, part in enumerate(parts[:3])), most)


def _by_xmp(packet: bytes) -> Position | None:
    latitude = _coordinate(_XMP_LATITUDE.search(packet), 90)
    longitude = _coordinate(_XMP_LONGITUDE.search(packet), 180)
    if latitude is None or longitude is None:
        return None
    found = _XMP_ALTITUDE.search(packet)
    if not found or not int(found[2] or 1) or (metres := Fraction(int(found[1]), int(found[2] or 1))) > _METRES:
        return latitude, longitude, None
    return latitude, longitude, -metres if _XMP_BELOW.search(packet) else metres


def _coordinate(found: re.Match[bytes] | None, most: int) -> Fraction | None:
    """Return degrees, south and west negative, from ``DDD,MM,SSk`` or ``DDD,MM.mmk``."""
    if not found:
        return None
    minutes = int(found[2]) + Fraction((found[4] or b".0").decode()) + Fraction((found[3] or b"0").decode()) / 60
    return _within(_HALVES[found[5]] * (int(found[1]) + minutes / 60), most)


def _within(degrees: Fraction, most: int) -> Fraction | None:
    return degrees if abs(degrees) <= most else None
