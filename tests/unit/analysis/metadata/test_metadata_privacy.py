"""Whether an image tells where it was taken, wherever in the file; and where, only to who has asked."""

import struct
import zlib
from collections.abc import Callable

import pytest

from tests.unit.analysis.metadata import files
from tests.unit.analysis.metadata.files import ASCII, LONG, RATIONAL

#: 59° 19' 39" N, 18° 3' 17" E by division.
CITY_HALL = {"lat_deg": 59.3275, "lon_deg": 18.054722, "alt_m": None}
PACKET = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {}/></x:xmpmeta>'
XMP_POSITION = PACKET.format('exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E"').encode()

Told = tuple[bool, object]


def privacy(data: bytes) -> Told:
    found = files.read_metadata(data).privacy
    return found["has_gps"], found["gps"]


def by_exif(gps: list[files.Entry]) -> Told:
    return privacy(files.with_exif(files.block(gps=gps)))


def by_xmp(attributes: str) -> Told:
    return privacy(files.with_xmp(PACKET.format(attributes).encode()))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_position_is_told_only_where_it_is_asked_for(name: str) -> None:
    data = files.plain(name, exif=b"Exif\0\0" + files.block(gps=files.position()))
    assert privacy(data) == (True, CITY_HALL)
    assert files.read_metadata(data, include_gps=False).privacy == {"has_gps": True, "gps": None}


def test_the_position_of_a_tiff_is_found() -> None:
    data = files.plain("TIFF")
    order, first = data[:4], struct.unpack("<I", data[4:8])[0]
    assert order == b"II*\0"
    count = struct.unpack_from("<H", data, first)[0]
    rows = data[first + 2 : first + 2 + 12 * count]
    gps = len(data) + 2 + 12 * (count + 1) + 4
    table = struct.pack("<H", count + 1) + rows + struct.pack("<HHII", files.GPS, LONG, 1, gps) + bytes(4)
    added = data[:4] + struct.pack("<I", len(data)) + data[8:] + table + files.directory(files.position(), gps)
    assert privacy(added) == (True, CITY_HALL)


def test_south_and_west_are_negative_and_so_is_below_the_sea() -> None:
    rows = [
        (1, ASCII, 2, b"S\0"),
        (2, RATIONAL, 3, files.rationals(33, 1, 103, 2, 0, 1)),
        (3, ASCII, 2, b"W\0"),
        (4, RATIONAL, 3, files.rationals(70, 1, 30, 1, 36, 1)),
        (5, 1, 1, b"\1"),
        (6, RATIONAL, 1, files.rationals(49, 4)),
    ]
    assert by_exif(rows) == (True, {"lat_deg": -33.858333, "lon_deg": -70.51, "alt_m": -12.2})


@pytest.mark.case("images zero denominators", was="has_gps true, no position")
def test_a_part_divided_by_zero_leaves_those_before_it(case_result: Callable[[str], None]) -> None:
    assert by_exif(files.position(seconds=(0, 0)))[1] == {**CITY_HALL, "lat_deg": 59.316667}
    case_result("the position from degrees and minutes")


@pytest.mark.parametrize(
    ("row", "entry"),
    [
        *((0, (1, ASCII, 2, b"X\0")), (0, (1, ASCII, 1, b"\0"))),
        *(
            (1, (2, RATIONAL, 3, files.rationals(91, 1, 0, 1, 0, 1))),
            (1, (2, RATIONAL, 3, files.rationals(90, 1, 0, 1, 1, 1))),
        ),
        *((3, (4, RATIONAL, 3, files.rationals(180, 1, 0, 1, 1, 1))), (3, (4, ASCII, 9, b"18.0547 E"))),
        (1, (2, 10, 1, struct.pack("<ii", -59, 1))),
        (1, (2, 99, 3, b"\x80\0\0\0")),
    ],
)
def test_a_position_that_can_not_be_read_is_there(row: int, entry: files.Entry) -> None:
    rows = files.position()
    rows[row] = entry
    data = files.with_exif(files.block(gps=rows))
    assert privacy(data) == (True, None)
    assert files.read_metadata(data).warnings == ("gps_unreadable",)


@pytest.mark.parametrize("offset", [5, 60_000, 2**32 - 1])
def test_a_pointer_to_a_position_that_leads_nowhere_is_a_mark(offset: int) -> None:
    assert privacy(files.with_exif(files.block((files.GPS, LONG, 1, struct.pack("<I", offset))))) == (True, None)


def test_a_directory_of_positions_that_is_cut_off_is_a_mark() -> None:
    body = files.block(gps=[(0, 1, 4, b"\2\3\0\0"), *files.position()])
    assert privacy(files.with_exif(body[: body.index(b"\2\3\0\0") + 4])) == (True, None)


@pytest.mark.parametrize("field", [(2, RATIONAL, 3, b"\x60\xea\0\0"), (4, 99, 1, b"\0\0\0\0")])
def test_a_coordinate_whose_value_is_lost_is_a_mark(field: files.Entry) -> None:
    entry = struct.pack("<HHI", *field[:3]) + field[3]
    body = files.block(gps=[(0, 1, 4, b"\2\3\0\0"), (1, 1, 1, b"\0")])
    assert privacy(files.with_exif(body)) == (False, None)
    assert privacy(files.with_exif(body[:-16] + entry + bytes(4))) == (True, None)


@pytest.mark.parametrize(
    "gps",
    [
        [],
        [(0, 1, 4, b"\2\3\0\0")],
        [(1, ASCII, 2, b"N\0"), (2, RATIONAL, 3, bytes(24)), (3, ASCII, 2, b"E\0"), (4, RATIONAL, 3, bytes(24))],
    ],
    ids=["empty", "the version alone", "all zeros"],
)
def test_a_receiver_without_a_fix_tells_nothing(gps: list[files.Entry]) -> None:
    assert by_exif(gps) == (False, None)


def test_a_pointer_that_was_set_to_zero_tells_nothing() -> None:
    assert privacy(files.with_exif(files.block((files.GPS, LONG, 1, bytes(4))))) == (False, None)


def test_a_pointer_in_the_second_directory_is_found() -> None:
    following = 8 + len(files.directory([], 8))
    at = following + len(files.directory([(files.GPS, LONG, 1, bytes(4))], following))
    body = b"II*\0\x08\0\0\0" + files.directory([], 8, following=following)
    body += files.directory([(files.GPS, LONG, 1, struct.pack("<I", at))], following) + files.directory(
        files.position(), at
    )
    first = files.directory([(files.MAKE, ASCII, 2, b"C\0")], 8, following=following + 12)
    shifted = b"II*\0\x08\0\0\0" + first
    shifted += files.directory([(files.GPS, LONG, 1, struct.pack("<I", at + 12))], following + 12)
    assert privacy(files.with_exif(shifted + files.directory(files.position(), at + 12))) == (True, CITY_HALL)


@pytest.mark.case("images xmp gps", was="has_gps false")
@pytest.mark.parametrize(
    "attributes",
    [
        *(
            'exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E"',
            "exif:GPSLatitude='59,19.65N' exif:GPSLongitude = '18,3.283333E'",
        ),
        *('drone-dji:GpsLatitude="+59.3275" drone-dji:GpsLongitude="+18.054722"',),
        *('drone-dji:GpsLatitude="59.3275" drone-dji:GpsLongtitude="18.054722"',),
        *('geo:lat="59.3275" geo:long="18.054722"', 'v:Latitude="59.3275" v:Longitude="18.054722"'),
        "><exif:GPSLatitude>59,19,39N</exif:GPSLatitude><exif:GPSLongitude>18,3,17E</exif:GPSLongitude></rdf:Description><a",
        'exif:GPSLatitude="59.3275" exif:GPSLatitudeRef="N" exif:GPSLongitude="18.054722" exif:GPSLongitudeRef="E"',
    ],
)
def test_a_position_in_xmp_is_read_in_every_spelling(attributes: str, case_result: Callable[[str], None]) -> None:
    assert by_xmp(attributes) == (True, CITY_HALL)
    case_result("true, and the position")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            (
                "><exif:GPSLatitude>33,51.5S</exif:GPSLatitude><exif:GPSLongitude>70,30.6W</exif:GPSLongitude"
                "><exif:GPSAltitudeRef>1</exif:GPSAltitudeRef><exif:GPSAltitude>49/4</exif:GPSAltitude>"
            ),
            {"lat_deg": -33.858333, "lon_deg": -70.51, "alt_m": -12.2},
        ),
        ('d:GpsLatitude="-33.5" d:GpsLongitude="-70.25"', {"lat_deg": -33.5, "lon_deg": -70.25, "alt_m": None}),
        ('exif:GPSLatitude="59,19,39N"', None),
        ('exif:GPSLatitude="99,19,39N" exif:GPSLongitude="18,3,17E"', None),
        ('exif:GPSLatitude="north" exif:GPSLongitude="east of here"', None),
        ('exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E" exif:GPSAltitude="1/0"', CITY_HALL),
    ],
)
def test_a_position_in_xmp_is_there_even_where_it_can_not_be_read(attributes: str, expected: object) -> None:
    assert by_xmp(attributes) == (True, expected)


@pytest.mark.parametrize(
    "attributes",
    [
        *('exif:GPSLatitude=""', "exif:GPSLatitudeRef='N'", 'exif:GPSVersionID="2.3.0.0"', 'a:GpsLatitude="0.000000"'),
        *('a:GpsStatus="RTK"', 'drone-dji:GpsLatitude="N/A"', 'a:lat="1.5"', 'crs:Saturation="+25"'),
    ],
)
def test_xmp_without_a_position_tells_none(attributes: str) -> None:
    assert by_xmp(attributes) == (False, None)


@pytest.mark.parametrize(
    "packet",
    [
        b'<x:xmpmeta><a exif:GPSLatitude="59,19,39N" exif:',
        b'<a b=<c d:GPSLongitude="18,3,17E">',
        b"<!DOCTYPE a [<!ENTITY n '59'>]><a><exif:GPSLatitude>&n;,19N</exif:GPSLatitude></a>",
        b"<a><exif:GPSLatitude>\xff\xfe59,19,39N</exif:GPSLatitude></a>",
        ('<a exif:GPSLatitude="59,19,39N"/>').encode("utf-16"),
        b'<a x="' + b"y" * 62_000 + b'" exif:GPSLatitude="59,19,39N"/>',
    ],
    ids=["cut off", "not well-formed", "entities", "not UTF-8", "UTF-16", "long"],
)
def test_a_mark_in_a_packet_that_can_not_be_parsed_is_found(packet: bytes) -> None:
    assert privacy(files.with_xmp(packet))[0] is True


def test_a_position_in_extended_xmp_is_found() -> None:
    body = XMP_POSITION
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"F" * 32
    parts = [head + struct.pack(">II", len(body), at) + body[at : at + 20] for at in range(0, len(body), 20)]
    data = files.jpeg((0xE1, files.XMP_HEAD + PACKET.format("").encode()), *((0xE1, part) for part in reversed(parts)))
    assert privacy(data) == (True, CITY_HALL)


@pytest.mark.parametrize(
    "data",
    [
        files.png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP_POSITION)),
        files.png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP_POSITION)), behind=True),
        files.png((b"eXIf", files.block(gps=files.position())), behind=True),
        files.png(
            (b"tEXt", b"exif:GPSLatitude\0" + b"59/1, 19/1, 39/1"),
            (b"tEXt", b"exif:GPSLongitude\0" + b"18/1, 3/1, 17/1"),
        ),
        files.webp((b"XMP ", XMP_POSITION)),
        files.webp((b"EXIF", files.block(gps=files.position()))),
        files.plain("GIF") + XMP_POSITION,
        files.plain("BMP") + b"Exif\0\0" + files.block(gps=files.position()),
        files.plain("JPEG") + files.with_exif(files.block(gps=files.position())),
        files.jpeg((0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x22\0\0\0\0\0\xf0" + files.block(gps=files.position()))),
    ],
    ids=[
        "PNG",
        "packed behind pixels",
        "eXIf behind pixels",
        "notes",
        "WebP",
        "WebP without flags",
        "GIF",
        "BMP",
        "a second image",
        "Photoshop",
    ],
)
def test_a_position_is_found_wherever_it_stands(data: bytes) -> None:
    assert privacy(data) == (True, CITY_HALL)


def test_the_place_of_a_film_behind_a_still_is_a_mark() -> None:
    assert privacy(files.plain("JPEG") + b"\0\0\0\x1e\xa9xyz\0\x12\x15\xc7+59.3275+018.0547/")[0] is True


@pytest.mark.case("images raw profile", was="has_gps false, orientation 1")
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
@pytest.mark.parametrize(("name", "prefix"), [("exif", b"Exif\0\0"), ("exif", b""), ("APP1", b"Exif\0\0")])
def test_a_raw_profile_in_a_png_is_read(
    name: str, prefix: bytes, kind: bytes, case_result: Callable[[str], None]
) -> None:
    body = prefix + files.block((files.ORIENTATION, files.SHORT, 1, b"\6\0"), gps=files.position())
    text = files.raw_profile(name, body)
    packed = {b"tEXt": b"\0" + text, b"zTXt": b"\0\0" + zlib.compress(text), b"iTXt": b"\0\0\0\0\0" + text}[kind]
    data = files.png((kind, b"Raw profile type " + name.encode() + packed))
    assert (files.read_metadata(data).orientation, privacy(data)) == (6, (True, CITY_HALL))
    case_result("orientation 6, the position")


@pytest.mark.parametrize(("name", "prefix"), [("xmp", b""), ("APP1", files.XMP_HEAD)])
def test_a_raw_profile_of_xmp_is_read(name: str, prefix: bytes) -> None:
    text = files.raw_profile(name, prefix + XMP_POSITION)
    assert privacy(files.png((b"zTXt", f"Raw profile type {name}".encode() + b"\0\0" + zlib.compress(text)))) == (
        True,
        CITY_HALL,
    )
