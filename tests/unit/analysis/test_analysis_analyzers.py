"""Analyzers are found by their file, fail by themselves, and are bounded."""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.analysis import Options, analyzers
from shared.analysis.validation import MAX_SECTION_CHARACTERS
from shared.errors import SettingsInvalid
from shared.settings import parsers
from shared.settings.settings import Settings
from tests.unit.analysis.pictures import Encode, Examine

Write = Callable[[str, str], None]
ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "analyzers.md").read_text("utf-8")
_EXAMPLE = re.compile(r"`shared/analysis/analyzers/(\w+)\.py`:\n\n```python\n(.*?)```", re.DOTALL)
CORE = ["quality", "color", "hash", "placeholder"]


@pytest.fixture
def write_analyzer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Name and code in; an analyzer of that name is there until the test is over."""
    monkeypatch.setattr(analyzers, "__path__", [*analyzers.__path__, str(tmp_path)])

    def write(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(code, "utf-8")
        monkeypatch.delitem(sys.modules, f"shared.analysis.analyzers.{name}", raising=False)

    yield write
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(f"shared.analysis.analyzers.{path.stem}", None)


def body(lines: str) -> str:
    return f"def analyze(working, facts):\n    {lines}\n"


def report_with(examine: Examine, encode: Encode, *names: str, image: Image.Image | None = None) -> dict[str, Any]:
    data = encode(image or Image.new("RGB", (40, 30), "#123456"), "PNG")
    return examine(data, options=Options(analyzers=names), thumbnail=None).report


def test_core_is_what_runs_where_nothing_else_is_wanted(examine: Examine, encode: Encode) -> None:
    data = encode(Image.new("RGB", (40, 30)), "PNG")
    report = examine(data).report
    assert [name for name in report if name in CORE] == list(analyzers.CORE) == CORE
    assert Options() == Options(include_gps=False, analyzers=("core",))


def test_parts_of_core_can_be_named_and_none_runs_twice(examine: Examine, encode: Encode) -> None:
    assert [name for name in report_with(examine, encode, "hash", "color", "hash") if name in CORE] == ["hash", "color"]
    assert [name for name in report_with(examine, encode, "hash", "core") if name in CORE] == [
        "hash",
        *CORE[:2],
        CORE[3],
    ]


def test_the_example_of_the_document_is_an_analyzer(examine: Examine, encode: Encode, write_analyzer: Write) -> None:
    ((name, code),) = _EXAMPLE.findall(DOCUMENT)
    write_analyzer(name, code)
    image = Image.new("RGB", (40, 30), "#000000")
    image.paste("#ffffff", (0, 0, 40, 15))
    report = report_with(examine, encode, "core", name, image=image)
    assert report[name] == {"upper": 1.0, "lower": 0.0, "landscape": True}
    assert (report["warnings"], set(CORE) <= report.keys()) == ([], True)


def test_an_analyzer_sees_the_image_and_the_facts_of_its_header(
    examine: Examine, encode: Encode, write_analyzer: Write
) -> None:
    write_analyzer(
        "looks", body("return {'mode': working.image.mode, 'grey': working.grey.mode, 'facts': sorted(facts)}")
    )
    assert report_with(examine, encode, "looks")["looks"] == {
        "mode": "RGB",
        "grey": "L",
        "facts": ["exif", "image", "privacy", "provenance", "source"],
    }


@pytest.mark.parametrize(
    "code",
    [
        *(body("raise KeyError('secret')"), body("return 1 / 0"), body("return [1]"), body("return None")),
        *(body("return {'x': float('nan')}"), body("return {'x': float('inf')}"), body("return {'x': b''}")),
        *(body("x = {}; x['x'] = x; return x"), "import missing_package\n", "x = 1\n", "not python"),
    ],
)
def test_an_analyzer_that_fails_costs_its_own_section_only(
    code: str, examine: Examine, encode: Encode, write_analyzer: Write
) -> None:
    write_analyzer("fails", code)
    report = report_with(examine, encode, "fails", "core")
    assert (report["status"], report["warnings"]) == ("ok", ["analyzer_failed:fails"])
    assert ("fails" in report, set(CORE) <= report.keys(), "secret" in json.dumps(report)) == (False, True, False)


def test_an_analyzer_that_is_not_there_is_one_that_fails(examine: Examine, encode: Encode) -> None:
    assert report_with(examine, encode, "faces", "hash", "faces")["warnings"] == ["analyzer_failed:faces"]


@pytest.mark.parametrize(("length", "warnings"), [(7_992, []), (7_993, ["analyzer_too_large:long"])])
def test_a_section_may_have_8000_characters_and_none_more(
    length: int, warnings: list[str], examine: Examine, encode: Encode, write_analyzer: Write
) -> None:
    write_analyzer("long", body(f"return {{'x': 'y' * {length}}}"))  # and 8 around it
    report = report_with(examine, encode, "long", "hash")
    assert (report["warnings"], "long" in report, "hash" in report) == (warnings, not warnings, True)


def test_a_lack_of_memory_passes_through(examine: Examine, encode: Encode, write_analyzer: Write) -> None:
    write_analyzer("hungry", body("raise MemoryError"))
    with pytest.raises(MemoryError):
        report_with(examine, encode, "hungry")


@pytest.mark.parametrize("name", ["source", "status", "warnings", "privacy"])
def test_an_analyzer_can_not_replace_what_is_known_from_elsewhere(
    name: str, examine: Examine, encode: Encode, write_analyzer: Write
) -> None:
    write_analyzer(name, body("return {'forged': True}"))
    report = report_with(examine, encode, name)
    assert "forged" not in json.dumps(report[name])


def test_a_setting_names_files_of_the_folder_and_nothing_else(tmp_path: Path) -> None:
    for name in ("skyline.py", "_hidden.py", "Upper.py", "a-b.py", "notes.txt"):
        (tmp_path / name).write_text("raise SystemExit")
    parse = parsers.several_of(tmp_path, "core")
    assert parse("core, skyline,core") == ("core", "skyline")
    for text in ("core,_hidden", "notes", "core,", "../skyline", "__init__", "Core", "Upper", "a-b", "core;skyline"):
        with pytest.raises(ValueError, match="must be names from core, skyline, separated by commas"):
            parse(text)


def test_a_name_without_a_file_stops_the_app_at_its_start() -> None:
    with pytest.raises(SettingsInvalid, match="ANALYZERS: must be names from barcodes, color, core, hash, pl") as met:
        Settings.read({"ANALYZERS": "core,faces"})
    assert "'core,faces'" in str(met.value)
    assert Settings.read({"ANALYZERS": "core,barcodes"}).analyzers == ("core", "barcodes")


def test_the_document_names_every_analyzer() -> None:
    files = {path.stem for path in (ROOT / "shared" / "analysis" / "analyzers").glob("[!_]*.py")}
    assert all(f"`{name}`" in DOCUMENT for name in files | {"core"})


def test_what_an_analyzer_needs_beside_the_core_is_there_where_all_is_tested() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["dev"]
    lines = (ROOT / "requirements-extra.txt").read_text("utf-8").splitlines()
    extra = [line for line in lines if not line.startswith("#")]
    assert [line for line in extra if line not in tools] == []
    assert not set(extra) & set((ROOT / "requirements.txt").read_text("utf-8").splitlines())


class Code:
    """A code as zxing-cpp tells it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.format = type("Format", (), {"name": "QRCode"})


def barcodes() -> Any:  # noqa: ANN401 - a module
    reason = "zxing-cpp, of requirements-extra.txt, is not installed"
    pytest.importorskip("zxingcpp", reason=reason)
    from shared.analysis.analyzers import barcodes as module  # noqa: PLC0415 - where it can be

    return module


@pytest.mark.parametrize("text", ["darkroom", "https://example.org/?q=1", "Grüße ∑"])
def test_a_code_in_an_image_is_read(text: str, examine: Examine, encode: Encode) -> None:
    zxingcpp = barcodes().zxingcpp
    drawn = memoryview(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), 4))
    image = Image.new("L", (400, 300), 255)
    assert drawn.shape is not None
    image.paste(Image.frombytes("L", (drawn.shape[1], drawn.shape[0]), drawn.tobytes()), (60, 40))
    report = report_with(examine, encode, "core", "barcodes", image=image)
    assert report["barcodes"] == {"codes": [{"format": "QRCode", "text": text}], "more": False}


def test_an_image_without_codes_has_none(examine: Examine, encode: Encode) -> None:
    barcodes()
    assert report_with(examine, encode, "barcodes")["barcodes"] == {"codes": [], "more": False}


@pytest.mark.parametrize(
    ("texts", "count", "more"),
    [
        (["x"] * 16, 16, False),
        (["x"] * 17, 16, True),
        (["x" * 512], 1, False),
        (["x" * 513], 1, True),
        (["x" * 512] * 16, 12, True),
        (["\u4e2d" * 512] * 3, 2, True),
    ],
)
def test_codes_are_bounded_and_never_too_large_a_section(
    texts: list[str], count: int, *, more: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = barcodes()
    monkeypatch.setattr(module.zxingcpp, "read_barcodes", lambda _grey: [Code(text) for text in texts])
    section: Mapping[str, Any] = module.analyze(type("Working", (), {"grey": None}), {})
    assert (len(section["codes"]), section["more"]) == (count, more)
    assert max(len(code["text"]) for code in section["codes"]) <= 512
    assert len(json.dumps(section)) <= MAX_SECTION_CHARACTERS
