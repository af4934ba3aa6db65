"""Reports are what the published schema says, by another's validator."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from docs import report_schema
from shared.analysis import Limits, Options, Source, over_size_gate
from tests.doubles.world import World
from tests.unit.analysis.pictures import Encode, Examine

PUBLISHED = json.loads(report_schema.FILE.read_text("utf-8"))
VALIDATOR = Draft202012Validator(PUBLISHED)


def problems(report: Mapping[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(report)]


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    below = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), schema.get("items", {})]
    found = [schema] if schema.get("type") == "object" else []
    return found + [each for part in below if part for each in objects(part)]


def test_the_published_schema_is_that_of_the_code() -> None:
    assert report_schema.FILE.read_text("utf-8") == report_schema.text(), "run `python -m docs.make`"


def test_the_published_schema_is_one() -> None:
    Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$schema"].endswith("2020-12/schema")


def test_every_object_has_a_title_and_every_field_a_description() -> None:
    found = objects(PUBLISHED)
    assert len(found) == 15
    assert all(each["title"] and each["description"] for each in found)
    fields = [field for each in found for field in each["properties"].values()]
    assert all(field.get("description") or "anyOf" in field for field in fields)


@pytest.mark.parametrize("name", ["cat.png", "coffee.webp", "retina.jpg", "rocket.jpg"])
def test_the_report_of_a_photograph_is_valid(name: str, samples: Path, examine: Examine) -> None:
    report = examine((samples / name).read_bytes(), declared_type="image/png").report
    assert problems(report) == []
    assert len(json.dumps(report)) < 2000
    json.dumps(report, allow_nan=False)


def test_a_report_that_has_everything_is_valid(encode: Encode, examine: Examine) -> None:
    exif = Image.Exif()
    exif.update({0x010F: "Canon", 0x0110: "EOS R6", 0x0131: "x"})
    exif.get_ifd(0x8769).update({0x829A: IFDRational(1, 200), 0x8827: 100, 0x9003: "2024:06:21 23:59:58"})
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 0.0, 0.0), 3: "E", 4: (18.0, 0.0, 0.0), 5: b"\0", 6: 12.0})
    data = encode(Image.new("RGB", (64, 48), "#123456"), "JPEG", exif=exif)
    report = examine(data, options=Options(include_gps=True)).report
    assert report["privacy"]["gps"] == {"lat_deg": 59.0, "lon_deg": 18.0, "alt_m": 12.0}
    assert problems(report) == []


@pytest.mark.parametrize("limits", [Limits(max_pixels=1), Limits(max_side_px=1), Limits(max_decode_bytes=1)])
def test_a_partial_report_is_valid(limits: Limits, samples: Path, examine: Examine) -> None:
    report = examine((samples / "rocket.jpg").read_bytes(), limits=limits).report
    assert report["status"] == "partial"
    assert {"image", "exif", "privacy", "provenance"} <= report.keys()
    assert not {"quality", "color", "hash", "placeholder", "thumbnail"} & report.keys()
    assert problems(report) == []


def test_the_report_of_a_blob_that_is_not_read_is_valid() -> None:
    source = Source(container="images", name="a.jpg", etag="0x1", size_bytes=2, declared_type=None)
    over = over_size_gate(source, Limits(max_bytes=1))
    assert over is not None
    assert problems(over.report) == []


def test_a_report_as_it_is_stored_is_valid(world: World, job_id: str) -> None:
    world.darkroom.attempt.run(job_id, owner="queue/1")
    stored = world.job(job_id).report
    assert stored is not None
    assert {"container", "name"} <= stored["thumbnail"].keys()
    assert {"download_ms", "total_ms"} <= stored["timing"].keys()
    assert problems(stored) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((("image", "extra"), 1), (("quality", "blur"), 1.1), (("quality", "brightness"), -0.1)),
        *((("quality", "entropy_bits"), 9), (("quality", "flags"), ["ugly"]), (("color", "mean"), "red")),
        *((("hash", "phash"), "F" * 16), (("exif", "make"), "x" * 129), (("exif", "iso"), 0)),
        *((("image", "jpeg_quality"), 101), (("provenance", "ai_hint"), "?"), (("privacy", "has_gps"), None)),
        *((("placeholder", "blurhash"), "short"), (("timing", "decode_ms"), "1"), (("image", "width_px"), 1.5)),
    ],
)
def test_what_a_report_may_not_hold_is_refused(
    path: tuple[str, str], value: object, samples: Path, examine: Examine
) -> None:
    report = examine((samples / "cat.png").read_bytes()).report
    report[path[0]] = {**report[path[0]], path[1]: value}
    assert problems(report) != []


def test_a_section_of_another_analyzer_is_valid_and_a_missing_source_is_not(samples: Path, examine: Examine) -> None:
    report = examine((samples / "cat.png").read_bytes()).report
    assert problems({**report, "skyline": {"upper": 1}}) == []
    assert problems({name: section for name, section in report.items() if name != "source"}) != []


def test_what_is_deployed_needs_no_validator() -> None:
    sources = (Path(sys.modules["shared"].__path__[0])).rglob("*.py")
    assert not [
        path for path in sources if {"import pydantic", "import jsonschema"} & set(path.read_text().splitlines())
    ]
