"""Whether an image tells where it was taken; and where, only to who has asked."""

import json
import logging
import struct
from collections.abc import Callable

import pytest
from PIL import Image

from shared.analysis import Analysis, Limits, Options
from shared.analysis.header import Header
from shared.analysis.privacy import privacy
from tests.doubles.world import World

Examine = Callable[..., Analysis]
Encoded = Callable[..., bytes]
TELLING = Options(include_gps=True)
#: Stockholm City Hall: 59° 19' 39" N, 18° 3' 17" E; the degrees by division.
CITY_HALL = {"lat_deg": 59.3275, "lon_deg": 18.054722, "alt_m": None}
PACKET = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {}/></x:xmpmeta>'


def position(**changed: object) -> bytes:
    exif = Image.Exif()
    given = {"north": "N", "lat": (59.0, 19.0, 39.0), "east": "E", "lon": (18.0, 3.0, 17.0)} | changed
    exif.get_ifd(0x8825).update(zip((1, 2, 3, 4), given.values(), strict=True))
    return exif.tobytes()


def raw(latitude: bytes, *, kind: int = 5, count: int = 3) -> bytes:
    """Build a GPS directory with one latitude."""
    head = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8825, 4, 1, 26) + bytes(4)
    return head + struct.pack("<HHHII", 1, 2, kind, count, 40) + latitude


def told(exif: bytes = b"", xmp: bytes = b"") -> tuple[bool, object]:
    header = Header(format="jpeg", width_px=1, height_px=1, mode="L", bytes_per_px=1, spans=(), exif=exif, xmp=xmp)
    found = privacy(header, include_gps=True)
    return found["has_gps"], found["gps"]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_position_is_told_only_where_it_is_asked_for(name: str, encoded: Encoded, examine: Examine) -> None:
    data = encoded(Image.new("RGB", (64, 48)), name, exif=position())
    assert examine(data).report["privacy"] == {"has_gps": True, "gps": None}
    assert examine(data, options=TELLING).report["privacy"] == {"has_gps": True, "gps": CITY_HALL}


def test_nothing_of_a_position_stands_anywhere_in_a_report_that_was_not_asked_for_it(
    encoded: Encoded, examine: Examine
) -> None:
    data = encoded(Image.new("RGB", (64, 48)), "JPEG", exif=position())
    for limits in (Limits(), Limits(max_pixels=1)):
        report = json.dumps(examine(data, limits=limits).report)
        assert not [digits for digits in ("59.3", "18.05", "lat_deg") if digits in report]


def test_an_image_over_a_limit_tells_its_position_too(encoded: Encoded, examine: Examine) -> None:
    data = encoded(Image.new("RGB", (64, 48)), "JPEG", exif=position())
    assert examine(data, limits=Limits(max_pixels=1), options=TELLING).report["privacy"]["gps"] == CITY_HALL


def test_south_and_west_are_negative_and_so_is_below_the_sea() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.5, 0.0), 3: "W", 4: (70.0, 30.0, 36.0), 5: b"\1", 6: 12.25})
    expected = {"lat_deg": -33.858333, "lon_deg": -70.51, "alt_m": -12.2}
    assert told(exif.tobytes()) == (True, expected)


@pytest.mark.parametrize(
    "changed",
    [
        *({"north": "X"}, {"north": ""}, {"lat": (91.0, 0.0, 0.0)}, {"lat": (90.0, 0.0, 1.0)}),
        *({"lon": (180.0, 0.0, 1.0)}, {"east": ""}),
    ],
)
def test_a_position_that_is_none_is_there_but_not_told(changed: dict[str, object]) -> None:
    assert told(position(**changed)) == (True, None)


def test_a_position_that_can_not_be_read_is_there() -> None:
    assert told(raw(struct.pack("<6I", 59, 0, 19, 1, 39, 1))) == (True, None)
    assert told(raw(b"59.3275 N", kind=2, count=9)) == (True, None)


@pytest.mark.parametrize(("degrees", "told_as"), [(59, 59.0), (-59, None)])
def test_degrees_below_zero_are_none_since_the_half_says_that(degrees: int, told_as: float | None) -> None:
    head = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8825, 4, 1, 26) + bytes(4)
    rows = [(1, 2, 2, b"N\0\0\0"), (2, 10, 1, b"\x50\0\0\0"), (3, 2, 2, b"E\0\0\0"), (4, 10, 1, b"\x58\0\0\0")]
    table = b"".join(struct.pack("<HHI", *row[:3]) + row[3] for row in rows)
    block = (head + struct.pack("<H", 4) + table).ljust(0x50, b"\0") + struct.pack("<iiii", degrees, 1, 18, 1)
    found = told(block)[1]
    assert (found and found["lat_deg"]) == told_as


def test_a_receiver_without_a_fix_tells_nothing() -> None:
    assert told(raw(bytes(24))) == (False, None)
    exif = Image.Exif()
    exif.get_ifd(0x8825)[0] = b"\2\3\0\0"  # the version of the tags, as many cameras write it always
    assert told(exif.tobytes()) == (False, None)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E"', CITY_HALL),
        ("exif:GPSLatitude='59,19.65N' exif:GPSLongitude = '18,3.283333E'", CITY_HALL),
        (
            (
                "><exif:GPSLatitude>33,51.5S</exif:GPSLatitude><exif:GPSLongitude>70,30.6W</exif:GPSLongitude"
                "><exif:GPSAltitudeRef>1</exif:GPSAltitudeRef><exif:GPSAltitude>49/4</exif:GPSAltitude"
            ),
            {"lat_deg": -33.858333, "lon_deg": -70.51, "alt_m": -12.2},
        ),
        ('exif:GPSLatitude="59,19,39N"', None),
        ('exif:GPSLatitude="99,19,39N" exif:GPSLongitude="18,3,17E"', None),
        ('exif:GPSLatitude="59.3275" exif:GPSLongitude="18.05"', None),
        (
            'exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E" exif:GPSAltitude="1/0"',
            CITY_HALL,
        ),
    ],
)
def test_a_position_in_xmp_is_found_too(attributes: str, expected: dict[str, float] | None) -> None:
    assert told(xmp=PACKET.format(attributes).encode()) == (True, expected)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_xmp_is_found_in_every_format(name: str, encoded: Encoded, examine: Examine, png: Encoded) -> None:
    packet = PACKET.format('exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E"').encode()
    data = encoded(Image.new("RGB", (64, 48)), name, xmp=packet)
    if name == "PNG":
        data = png((1, 1), 8, 0, b"\0", (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    assert examine(data, options=TELLING).report["privacy"] == {"has_gps": True, "gps": CITY_HALL}


@pytest.mark.parametrize("packet", [b"", b'exif:GPSLatitude=""', b"GPSLatitudeRef='N'", b"GPSVersionID>2.3<"])
def test_xmp_without_a_position_tells_none(packet: bytes) -> None:
    assert told(xmp=packet) == (False, None)


def test_a_megabyte_of_xmp_that_almost_matches_is_read_in_one_pass() -> None:
    for almost in (b"GPSLatitude  ", b"GPSLatitude" + b" " * 1000, b"GPSLatitude='1,1.1", b"GPSLatitude>1,"):
        assert told(xmp=almost * ((1 << 20) // len(almost)))[1] is None


@pytest.mark.parametrize("cut", [0, 300], ids=["whole", "cut off"])
def test_nothing_of_what_a_file_tells_stands_in_the_log(
    cut: int, photo: Image.Image, encoded: Encoded, caplog: pytest.LogCaptureFixture
) -> None:
    exif = Image.Exif()
    exif.update({0x010F: "Voigtkamera", 0x0131: "Voigtsoft"})
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 19.0, 39.0), 3: "E", 4: (18.0, 3.0, 17.0)})
    data = encoded(photo, "JPEG", exif=exif, xmp=b"Voigtxmp")
    world = World(INCLUDE_GPS="true", ANALYZERS="core,barcodes")
    with caplog.at_level(logging.DEBUG):
        job = world.recorded(data=data[: len(data) - cut])
        world.work(job, owner="queue/1")
    assert caplog.records
    assert [
        word for word in ("Voigt", "59.3", "18.05") if word in caplog.text + repr([r.__dict__ for r in caplog.records])
    ] == []
