"""The report and the thumbnail, as their readers see them."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from shared.analysis import REPORT_SCHEMA, Source, ThumbnailSpec, analyze
from tests.unit.analysis.pictures import Encode, Examine

ROOT = Path(__file__).resolve().parents[3]
SECRET = b"Drottninggatan 1"


@pytest.fixture
def secretive(photo: Image.Image, encode: Encode) -> bytes:
    """A JPEG that says where it was taken, in every place that a JPEG has for it."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return encode(photo, "JPEG", exif=exif, comment=SECRET, xmp=SECRET, icc_profile=b"\0" * 40 + SECRET, dpi=(72, 72))


def test_a_report_has_these_sections_and_fields(samples: Path, examine: Examine) -> None:
    report = examine((samples / "cat.png").read_bytes(), declared_type="image/png").report
    assert {name: set(section) for name, section in report.items() if isinstance(section, dict)} == {
        "source": {"name", "etag", "bytes", "sha256", "declared_type", "mime", "type_mismatch"},
        "image": {
            *("format", "width_px", "height_px", "display_width_px", "display_height_px"),
            *("orientation", "mode", "has_alpha", "animated", "frames", "progressive", "jpeg_quality", "icc"),
        },
        "exif": {
            *("make", "model", "lens", "software", "taken_at", "taken_at_offset"),
            *("exposure_s", "f_number", "iso", "focal_mm", "focal_35mm"),
        },
        "privacy": {"has_gps", "gps"},
        "provenance": {"c2pa_present", "ai_hint"},
        "quality": {
            *("blur", "brightness", "contrast", "shadow_clip", "highlight_clip", "entropy_bits", "flags"),
        },
        "color": {"mean", "colorfulness", "palette"},
        "placeholder": {"blurhash"},
        "hash": {"dhash", "phash"},
        "thumbnail": {"width_px", "height_px", "bytes", "mime"},
        "timing": {"decode_ms", "analyze_ms"},
    }
    assert (report["schema"], report["status"], report["warnings"]) == (REPORT_SCHEMA, "ok", [])
    assert "error" not in report


def test_a_hash_that_the_caller_has_is_not_computed_again(encode: Encode) -> None:
    data = encode(Image.new("RGB", (8, 8)), "PNG")
    source = Source(container="images", name="a", etag="", size_bytes=len(data), declared_type=None, sha256="0" * 64)
    assert analyze(data, source=source).report["source"]["sha256"] == "0" * 64


def test_a_report_is_json_of_at_most_two_kilobytes(samples: Path, examine: Examine) -> None:
    report = examine((samples / "rocket.jpg").read_bytes()).report
    assert json.loads(json.dumps(report)) == report
    assert len(json.dumps(report)) < 2000


def test_a_report_states_the_facts_of_the_photograph(samples: Path, examine: Examine) -> None:
    report = examine((samples / "rocket.jpg").read_bytes()).report
    assert report["image"] == {
        "format": "jpeg",
        "width_px": 640,
        "height_px": 427,
        "display_width_px": 640,
        "display_height_px": 427,
        "orientation": 1,
        "mode": "RGB",
        "has_alpha": False,
        "animated": False,
        "frames": 1,
        "progressive": False,
        "jpeg_quality": 96,
        "icc": "Adobe RGB (1998)",
    }


def test_the_source_names_the_version_and_the_exact_bytes() -> None:
    data = (ROOT / "samples" / "cat.png").read_bytes()
    source = Source(container="images", name="b/ü.png", etag="0x8D", size_bytes=len(data), declared_type="image/png")
    assert analyze(data, source=source).report["source"] == {
        "name": "b/ü.png",
        "etag": "0x8D",
        "bytes": 240512,
        "sha256": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "declared_type": "image/png",
        "mime": "image/png",
        "type_mismatch": False,
    }
    longer = analyze(data + b"\0", source=source).report["source"]
    assert (longer["bytes"], longer["sha256"]) == (240513, hashlib.sha256(data + b"\0").hexdigest())


def test_the_analyzer_is_the_project_with_its_version(examine: Examine, encode: Encode) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    analyzer = examine(encode(Image.new("L", (8, 8)), "PNG")).report["analyzer"]
    assert analyzer == f"{project['name']}/{project['version']}"


def ticks(*seconds: float) -> Iterator[float]:
    yield from seconds


def test_timing_tells_decoding_from_the_rest_by_the_clock_that_it_is_given(encode: Encode, examine: Examine) -> None:
    clock = ticks(10.0, 10.5, 11.75, 13.0)
    report = examine(encode(Image.new("L", (8, 8)), "PNG"), monotonic=lambda: next(clock)).report
    assert report["timing"] == {"decode_ms": 1250.0, "analyze_ms": 1750.0}


def test_threads_at_once_find_what_one_thread_finds(samples: Path, examine: Examine) -> None:
    files = [(samples / name).read_bytes() for name in ("cat.png", "coffee.webp", "rocket.jpg")]

    def findings(data: bytes) -> object:
        analysis = examine(data)
        return analysis.report["hash"], analysis.report["color"], analysis.thumbnail

    alone = [findings(data) for data in files]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(findings, files * 4)) == alone * 4


@pytest.mark.parametrize("kind", ["webp.webp.image/webp", "jpeg.jpg.image/jpeg", "png.png.image/png"])
def test_a_thumbnail_has_the_format_and_size_that_was_asked_for(
    kind: str, photo: Image.Image, encode: Encode, examine: Examine
) -> None:
    name, extension, mime = kind.split(".")
    made = examine(encode(photo, "PNG"), thumbnail=ThumbnailSpec(format=name, long_edge_px=100))
    small = made.thumbnail
    assert small is not None
    with Image.open(BytesIO(small.data)) as opened:
        assert (str(opened.format).lower(), opened.size) == (name, (100, 67))
    assert (small.width_px, small.height_px, small.mime, small.extension) == (100, 67, mime, extension)
    assert made.report["thumbnail"] == {"width_px": 100, "height_px": 67, "bytes": len(small.data), "mime": mime}


@pytest.mark.parametrize("name", ["webp", "jpeg", "png"])
@pytest.mark.parametrize("edge", [100, 1000])
def test_a_thumbnail_carries_no_metadata(name: str, edge: int, secretive: bytes, examine: Examine) -> None:
    assert secretive.count(SECRET) == 4
    small = examine(secretive, thumbnail=ThumbnailSpec(format=name, long_edge_px=edge)).thumbnail
    assert small is not None
    assert SECRET not in small.data
    with Image.open(BytesIO(small.data)) as opened:
        assert not {"exif", "xmp", "comment", "icc_profile"} & opened.info.keys()


def test_a_thumbnail_is_never_larger_than_its_image(encode: Encode, examine: Examine) -> None:
    small = examine(encode(Image.new("RGB", (20, 10)), "PNG")).thumbnail
    assert small is not None
    assert (small.width_px, small.height_px) == (20, 10)


def test_a_thumbnail_looks_like_its_image(photo: Image.Image, encode: Encode, examine: Examine) -> None:
    small = examine(encode(photo, "PNG"), thumbnail=ThumbnailSpec(long_edge_px=160)).thumbnail
    assert small is not None
    with Image.open(BytesIO(small.data)) as opened:
        pairs = zip(opened.convert("L").tobytes(), photo.resize(opened.size).convert("L").tobytes(), strict=True)
    assert sum(abs(left - right) for left, right in pairs) / (160 * 106) < 4


def test_quality_makes_a_thumbnail_smaller(photo: Image.Image, encode: Encode, examine: Examine) -> None:
    data = encode(photo, "PNG")
    coarse, fine = (examine(data, thumbnail=ThumbnailSpec(quality=quality)).thumbnail for quality in (30, 90))
    assert coarse is not None
    assert fine is not None
    assert len(coarse.data) < len(fine.data) / 2


def test_no_thumbnail_is_made_when_none_is_asked_for(encode: Encode, examine: Examine) -> None:
    made = examine(encode(Image.new("L", (8, 8)), "PNG"), thumbnail=None)
    assert made.thumbnail is None
    assert "thumbnail" not in made.report


def test_a_thumbnail_of_an_unknown_format_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="must be one of webp, jpeg, png"):
        ThumbnailSpec(format="gif")
