"""Where an image was taken, by EXIF, XMP or a note: whether the file has a position, and which.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.6.7; XMP Specification Part 2 (2022), 3.2: GPSCoordinate.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

from shared.analysis.metadata import markers
from shared.analysis.metadata.camera import fraction
from shared.analysis.metadata.directory import Directories, Directory
from shared.analysis.metadata.xmp import Property
from shared.analysis.schema import Gps

_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _ALTITUDE_REF, _ALTITUDE = range(1, 7)
_DESTINATION_LATITUDE, _DESTINATION_LONGITUDE = 20, 22
_COORDINATES = (_LATITUDE, _LONGITUDE, _DESTINATION_LATITUDE, _DESTINATION_LONGITUDE)
#: Of a GPS directory; a directory without any of them is something else.
_TAGS = range(32)
_HALVES = {"N": 1, "S": -1, "E": 1, "W": -1}

#: Names of a coordinate in all spellings: GPSLatitude, GpsLongtitude, latitude, GPS_Longitude, GPSPosition.
_NAMED = re.compile(
    r"(?:gps|exif|photo|camera|image|dest|location)*(?:lat(?:itude)?|lon(?:g|gt?itude)?|lng)", re.IGNORECASE
)
_BOTH = re.compile(
    r"gps(?:position|coordinates?|location|point)|geo(?:location|tag|position)|coordinates", re.IGNORECASE
)
#: Prefixes with which a short name, such as ``lat``, is a coordinate.
_SHORT = frozenset({"geo", "gps", "wgs84", "wgs84_pos", "exif", "georss", "gml"})
_LATITUDES = ("gpslatitude", "latitude", "lat")
_LONGITUDES = ("gpslongitude", "gpslongtitude", "longitude", "longtitude", "long", "lon", "lng")

_PARTS = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,15})?(?:/\d{1,12})?|\.\d{1,12}")
_COORDINATE = re.compile(r"[\d\s.,:;/+\-°'\"\u2032\u2033NSEWnsew]{1,64}")
_MINUS = re.compile(r"^\s*-")

_METRES = 100_000

Position = tuple[Fraction, Fraction, Fraction | None]


def has_position(directories: Iterable[Directories], properties: Iterable[Property], parts: Iterable[bytes]) -> bool:
    """Return whether a file has a position, readable or not.

    Args:
        directories: Of all EXIF blocks in the file.
        properties: Of all XMP packets and notes.
        parts: The whole file, and all packets that are compressed in it.
    """
    return (
        any(_has_coordinate(each) for each in directories)
        or any(_is_coordinate(each) and markers.has_value(each.value) for each in properties)
        or any(map(markers.has_position, parts))
    )


def position(directories: Iterable[Directories], properties: list[Property]) -> Gps | None:
    """Return the position: degrees to 6 decimals (0.1 m), metres to one; None if none can be read.

    Args:
        directories: As of ``has_position``; the first position counts.
        properties: As of ``has_position``; they count where EXIF is silent.
    """
    found = (_by_exif(gps) for each in directories for gps in each.gps)
    place = next(filter(None, found), None) or _by_properties(properties)
    if not place:
        return None
    latitude, longitude, altitude = place
    return {
        "lat_deg": float(round(latitude, 6)),
        "lon_deg": float(round(longitude, 6)),
        "alt_m": None if altitude is None else float(round(altitude, 1)),
    }


def _has_coordinate(directories: Directories) -> bool:
    """Return whether a block has a coordinate, or a pointer to one that can't be read.

    All zeros, a division by zero, comes from a receiver without a fix.
    """
    return directories.gps_lost or any(
        any(gps[tag].lost or gps[tag].raw.strip(b"\0 ") for tag in _COORDINATES if tag in gps)
        or not any(tag in _TAGS for tag in gps)
        for gps in directories.gps
    )


def _is_coordinate(each: Property) -> bool:
    short = len(each.name) <= 4  # noqa: PLR2004 - lat, long
    if short and each.prefix.lower() not in _SHORT:
        return False
    name = each.name.replace("_", "").replace("-", "")
    return bool(_NAMED.fullmatch(name) or _BOTH.fullmatch(name))


def _by_exif(gps: Directory) -> Position | None:
    latitude = _angle(gps, _LATITUDE, _LATITUDE_REF, 90)
    longitude = _angle(gps, _LONGITUDE, _LONGITUDE_REF, 180)
    if latitude is None or longitude is None:
        return None
    field, below = gps.get(_ALTITUDE), gps.get(_ALTITUDE_REF)
    metres = next(iter(field.fractions()), None) if field else None
    if metres is None or abs(metres) > _METRES:
        return latitude, longitude, None
    return latitude, longitude, -metres if below and below.whole() == 1 else metres


def _angle(gps: Directory, tag: int, reference: int, most: int) -> Fraction | None:
    """Return degrees, south and west negative; minutes and seconds may be missing or a division by zero."""
    field, half = gps.get(tag), gps.get(reference)
    parts = field.fractions()[:3] if field else []
    letter = (half.text() or b"")[:1].decode("latin-1").upper() if half else ""
    if not parts or parts[0] is None or letter not in _HALVES:
        return None
    # Nothing counts after a part that is not a number: without minutes there are no seconds.
    known = parts[: parts.index(None)] if None in parts else parts
    return _sum_degrees([part for part in known if part is not None], _HALVES[letter], most)


def _by_properties(properties: list[Property]) -> Position | None:
    named = dict[str, str]()
    for each in properties:
        if _is_coordinate(each) or each.name.lower().startswith("gps"):
            named.setdefault(each.name.lower().replace("_", ""), each.value)
    latitude = _coordinate(named, _LATITUDES, 90)
    longitude = _coordinate(named, _LONGITUDES, 180)
    if latitude is None or longitude is None:
        return None
    metres = fraction(named.get("gpsaltitude", ""))
    if metres is None or abs(metres) > _METRES:
        return latitude, longitude, None
    return latitude, longitude, -metres if named.get("gpsaltituderef", "").strip() == "1" else metres


def _coordinate(named: dict[str, str], names: tuple[str, ...], most: int) -> Fraction | None:
    """Return degrees, south and west negative, from ``DDD,MM,SSk``, ``DDD,MM.mmk``, ``-DDD.ddd``, ``D/1, M/1, S/1``."""
    name = next((each for each in names if markers.has_value(named.get(each, ""))), None)
    value = named[name] if name else ""
    if not _COORDINATE.fullmatch(value):
        return None
    letters = [letter for letter in value.upper() if letter in _HALVES] or list(named.get(f"{name}ref", "").upper()[:1])
    sign = -1 if _MINUS.match(value) else 1
    parts = [fraction(part.lstrip("+-")) for part in _PARTS.findall(value)[:3]]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts) or (letters and (letters[0] not in _HALVES or sign < 0)):
        return None
    return _sum_degrees(known, _HALVES[letters[0]] if letters else sign, most)


def _sum_degrees(parts: list[Fraction], sign: int, most: int) -> Fraction | None:
    """Return degrees from degrees, minutes and seconds; None if they are too many or negative."""
    degrees = sum((part / 60**power for power, part in enumerate(parts)), Fraction())
    return sign * degrees if min(parts) >= 0 and degrees <= most else None
