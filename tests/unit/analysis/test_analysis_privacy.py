"""Whether an image tells where it was taken; and where, only to who has asked."""

import json
import logging

import pytest
from PIL import Image

from shared.analysis import Limits, Options
from tests.doubles.world import World
from tests.unit.analysis.pictures import Encode, Examine

TELLING = Options(include_gps=True)
#: Stockholm City Hall: 59° 19' 39" N, 18° 3' 17" E; the degrees by division.
CITY_HALL = {"lat_deg": 59.3275, "lon_deg": 18.054722, "alt_m": None}
PACKET = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {}/></x:xmpmeta>'
#: What a line of a log has of its own: digits that may be anybody's, a position's as well.
OF_THE_LINE = ("created", "msecs", "relativeCreated", "thread", "process")


def position(**changed: object) -> bytes:
    exif = Image.Exif()
    given = {"north": "N", "lat": (59.0, 19.0, 39.0), "east": "E", "lon": (18.0, 3.0, 17.0)} | changed
    exif.get_ifd(0x8825).update(zip((1, 2, 3, 4), given.values(), strict=True))
    return exif.tobytes()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_position_is_told_only_where_it_is_asked_for(name: str, encode: Encode, examine: Examine) -> None:
    data = encode(Image.new("RGB", (64, 48)), name, exif=position())
    assert examine(data).report["privacy"] == {"has_gps": True, "gps": None}
    assert examine(data, options=TELLING).report["privacy"] == {"has_gps": True, "gps": CITY_HALL}


def test_nothing_of_a_position_stands_anywhere_in_a_report_that_was_not_asked_for_it(
    encode: Encode, examine: Examine
) -> None:
    data = encode(Image.new("RGB", (64, 48)), "JPEG", exif=position())
    for limits in (Limits(), Limits(max_pixels=1)):
        report = json.dumps(examine(data, limits=limits).report)
        assert not [digits for digits in ("59.3", "18.05", "lat_deg") if digits in report]


def test_an_image_over_a_limit_tells_its_position_too(encode: Encode, examine: Examine) -> None:
    data = encode(Image.new("RGB", (64, 48)), "JPEG", exif=position())
    assert examine(data, limits=Limits(max_pixels=1), options=TELLING).report["privacy"]["gps"] == CITY_HALL


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_xmp_is_found_in_every_format(name: str, encode: Encode, examine: Examine, png: Encode) -> None:
    packet = PACKET.format('exif:GPSLatitude="59,19,39N" exif:GPSLongitude="18,3,17E"').encode()
    data = encode(Image.new("RGB", (64, 48)), name, xmp=packet)
    if name == "PNG":
        data = png((1, 1), 8, 0, b"\0", (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    assert examine(data, options=TELLING).report["privacy"] == {"has_gps": True, "gps": CITY_HALL}


@pytest.mark.parametrize("cut", [0, 300], ids=["whole", "cut off"])
def test_nothing_of_what_a_file_tells_stands_in_the_log(
    cut: int, photo: Image.Image, encode: Encode, caplog: pytest.LogCaptureFixture
) -> None:
    exif = Image.Exif()
    exif.update({0x010F: "Voigtkamera", 0x0131: "Voigtsoft"})
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 19.0, 39.0), 3: "E", 4: (18.0, 3.0, 17.0)})
    data = encode(photo, "JPEG", exif=exif, xmp=b"Voigtxmp")
    world = World(INCLUDE_GPS="true", ANALYZERS="core,barcodes")
    with caplog.at_level(logging.DEBUG):
        job = world.record_image(data=data[: len(data) - cut])
        world.darkroom.attempt.run(job, owner="queue/1")
    lines = [{name: kept for name, kept in vars(line).items() if name not in OF_THE_LINE} for line in caplog.records]
    assert lines
    assert [word for word in ("Voigt", "59.3", "18.05") if word in caplog.text + repr(lines)] == []
