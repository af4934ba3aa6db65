"""What reports are to hold travels from the settings to wherever images are analysed."""

import json

import pytest
from PIL import Image

from shared.analysis import Limits, Options, Source, ThumbnailSpec, analyze
from shared.analysis.analyst import Inline
from shared.analysis.sandbox import protocol
from shared.analysis.sandbox.pool import Sandbox
from shared.settings.enums import Isolation
from shared.settings.settings import Settings
from shared.wiring.analyst import analysis_options, build_analyst
from tests.doubles.clock import FakeClock
from tests.unit.analysis.pictures import Encode

SOURCE = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
WANTED = Options(include_gps=True, analyzers=("hash", "color"))


@pytest.fixture
def data(encode: Encode) -> bytes:
    """An image that tells where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 0.0, 0.0), 3: "E", 4: (18.0, 0.0, 0.0)})
    return encode(Image.new("RGB", (40, 30)), "JPEG", exif=exif)


def test_what_a_child_is_told_is_what_analyze_is_given(data: bytes) -> None:
    asked = protocol.encode_request(SOURCE, Limits(max_pixels=9), ThumbnailSpec(), WANTED, seconds=2)
    given = protocol.decode_request(json.loads(json.dumps(asked)))
    expected = {"source": SOURCE, "limits": Limits(max_pixels=9), "thumbnail": ThumbnailSpec(), "options": WANTED}
    assert given == expected
    assert analyze(data, **given).report["privacy"]["gps"] is not None


def test_inline_an_analysis_is_told(data: bytes) -> None:
    inline = Inline(limits=Limits(), thumbnail=None, options=WANTED)
    report = inline.analyze(data, source=SOURCE, stop=lambda: False).report
    assert [name for name in report if name in ("quality", "color", "hash", "placeholder")] == ["hash", "color"]
    assert report["privacy"]["gps"] == {"lat_deg": 59.0, "lon_deg": 18.0, "alt_m": None}
    assert Inline(limits=Limits(), thumbnail=None).analyze(data, source=SOURCE, stop=lambda: False).report[
        "privacy"
    ] == {
        "has_gps": True,
        "gps": None,
    }


@pytest.mark.parametrize("isolation", Isolation)
def test_the_settings_reach_whatever_analyses(isolation: Isolation) -> None:
    settings = Settings.read({"ANALYSIS_ISOLATION": isolation, "INCLUDE_GPS": "true", "ANALYZERS": "hash,color"})
    engine = build_analyst(settings, FakeClock())._engine
    assert isinstance(engine, Inline | Sandbox)
    assert engine._options == analysis_options(settings) == WANTED


def test_by_default_coordinates_are_not_told() -> None:
    assert analysis_options(Settings.read({})) == Options()
    assert Settings.read({}).include_gps is False
