"""How and when a picture was taken: by EXIF, otherwise by XMP and the notes of a PNG.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.6.5 and 4.6.6; XMP Specification Part 2 (2022), 3: tiff, exif, xmp.
"""

from fractions import Fraction

from shared.analysis import text
from shared.analysis.metadata import timestamps
from shared.analysis.metadata.directory import MAX_FIELD_BYTES, Directories, Directory
from shared.analysis.metadata.xmp import Property
from shared.analysis.schema import Exif

_ORIENTATION, _MAKE, _MODEL, _SOFTWARE = 0x0112, 0x010F, 0x0110, 0x0131
_EXPOSURE, _F_NUMBER, _ISO, _EXPOSURE_INDEX = 0x829A, 0x829D, 0x8827, 0x8832
_TAKEN, _DIGITIZED, _TAKEN_OFFSET, _DIGITIZED_OFFSET = 0x9003, 0x9004, 0x9011, 0x9012
_FOCAL, _FOCAL_35MM, _LENS = 0x920A, 0xA405, 0xA434

#: The SHORT of the sensitivity, if the value does not fit.
_BEYOND = 65_535
#: The largest whole number that is credible.
_MOST = 2**32 - 1

#: The names by which XMP knows a fact, the best first.
_XMP = {
    "make": ("Make",),
    "model": ("Model",),
    "lens": ("LensModel", "Lens"),
    "software": ("Software", "CreatorTool"),
    "taken_at": ("DateTimeOriginal", "DateTimeDigitized"),
    "exposure_s": ("ExposureTime",),
    "f_number": ("FNumber",),
    "iso": ("PhotographicSensitivity", "ISOSpeedRatings"),
    "focal_mm": ("FocalLength",),
    "focal_35mm": ("FocalLengthIn35mmFilm",),
}


def orientation(directories: Directories) -> int:
    """Return the orientation of a block, 1-8; 1 if it has none or an invalid one."""
    field = directories.primary.get(_ORIENTATION)
    if field is None:
        return 1
    # A SHORT that was padded on the wrong side has its value in the rest of the cell.
    padded = int.from_bytes(field.cell[2:4], "little" if field.order == "<" else "big")
    values = (field.whole(), padded)
    return next((value for value in values if value is not None and value in range(1, 9)), 1)


def facts(directories: Directories, properties: list[Property]) -> Exif:
    """Return how and when a picture was taken; None for each fact that is missing, unreadable or absurd.

    Args:
        directories: Of the image's own block.
        properties: Of its XMP and its notes.
    """
    said = _by_exif(directories.primary, directories.exif)
    named: dict[str, str] = {}
    for each in properties:
        named.setdefault(each.name, each.value)
    other = _by_xmp(named)
    if said["taken_at"] not in (None, other.get("taken_at")):
        other.pop("taken_at_offset", None)  # the zone of another time
    for fact, value in other.items():
        if said[fact] is None:  # type: ignore[literal-required] # each fact of XMP is one of EXIF
            said[fact] = value  # type: ignore[literal-required] # likewise
    return said


def _by_exif(primary: Directory, exif: Directory) -> Exif:
    taken_at, offset = _timestamp(exif, _TAKEN, _TAKEN_OFFSET)
    if taken_at is None:
        taken_at, offset = _timestamp(exif, _DIGITIZED, _DIGITIZED_OFFSET)
    return {
        "make": _text(primary, _MAKE),
        "model": _text(primary, _MODEL),
        "lens": _text(exif, _LENS),
        "software": _text(primary, _SOFTWARE),
        "taken_at": taken_at,
        "taken_at_offset": offset,
        "exposure_s": _figure(_first(exif, _EXPOSURE), most=86_400, digits=7),
        "f_number": _figure(_first(exif, _F_NUMBER), most=1_000, digits=2),
        "iso": _iso(exif),
        "focal_mm": _figure(_first(exif, _FOCAL), most=100_000, digits=2),
        "focal_35mm": _count(_first(exif, _FOCAL_35MM)),
    }


def _by_xmp(named: dict[str, str]) -> dict[str, object]:
    """Return the facts that XMP has; a zone only together with its time."""
    given = {fact: next(filter(None, map(named.get, names)), None) for fact, names in _XMP.items()}
    numbers = {fact: fraction(value) if value else None for fact, value in given.items()}
    found = timestamps.parse(given["taken_at"].encode()) if given["taken_at"] else None
    return {
        **{fact: text.clean(given[fact] or "") for fact in ("make", "model", "lens", "software")},
        **({"taken_at": found[0], "taken_at_offset": found[1]} if found else {}),
        "exposure_s": _figure(numbers["exposure_s"], most=86_400, digits=7),
        "f_number": _figure(numbers["f_number"], most=1_000, digits=2),
        "iso": _count(numbers["iso"]),
        "focal_mm": _figure(numbers["focal_mm"], most=100_000, digits=2),
        "focal_35mm": _count(numbers["focal_35mm"]),
    }


def fraction(value: str) -> Fraction | None:
    """Read ``3``, ``3.5`` or ``7/2``; None for anything else, and for a division by zero."""
    above, slash, below = value.strip().partition("/")
    parts = (above, below) if slash else (above, "1")
    if not all(part.isascii() and part.lstrip("+-").replace(".", "", 1).isdecimal() for part in parts):
        return None
    if max(map(len, parts)) > 24 or not any(map(int, parts[1].strip("+-").replace(".", ""))):  # noqa: PLR2004 - a bound
        return None
    try:
        return Fraction(parts[0]) / Fraction(parts[1])
    except ValueError:  # signs or points in the wrong place
        return None


def _text(directory: Directory, tag: int) -> str | None:
    field = directory.get(tag)
    raw = field.text() if field else None
    return text.decode(raw, cut_at=MAX_FIELD_BYTES) if raw else None


def _timestamp(directory: Directory, tag: int, offset: int) -> tuple[str | None, str | None]:
    """Return a time and its zone, from the same text or from the field beside it."""
    at, zone = (field.text() if field else None for field in (directory.get(tag), directory.get(offset)))
    found = timestamps.parse(at or b"")
    return (found[0], found[1] or timestamps.parse_zone(zone or b"")) if found else (None, None)


def _first(directory: Directory, tag: int) -> Fraction | None:
    field = directory.get(tag)
    return next(iter(field.fractions()), None) if field else None


def _figure(value: Fraction | None, *, most: int, digits: int) -> float | None:
    """Return a positive fraction, rounded."""
    return (float(round(value, digits)) or None) if value is not None and 0 < value <= most else None


def _iso(exif: Directory) -> int | None:
    iso = _count(_first(exif, _ISO))
    return (_count(_first(exif, _EXPOSURE_INDEX)) or iso) if iso == _BEYOND else iso


def _count(value: Fraction | None) -> int | None:
    """Return a positive whole number."""
    return int(value) if value is not None and value.denominator == 1 and 0 < value <= _MOST else None
