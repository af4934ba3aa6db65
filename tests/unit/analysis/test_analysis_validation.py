"""Reports of others are checked field by field: by the published schema, and by what JSON alone cannot say."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from PIL import Image

from docs import report_schema
from shared.analysis import Analysis
from shared.analysis.validation import MAX_SECTION_CHARACTERS, ReportInvalid, check_report
from tests.unit.analysis.pictures import Encode

PUBLISHED = jsonschema.Draft202012Validator(json.loads(report_schema.FILE.read_text("utf-8")))
#: What a field may be changed into, and mostly must not be.
VALUES: tuple[Any, ...] = (None, True, -1, 10**18, 0.5, "", "x", "../../x", "é" * 2000, [], ["x"] * 100, {}, {"x": 1})


@pytest.fixture(scope="module")
def report(encode: Encode, examine: Callable[..., Analysis]) -> dict[str, Any]:
    """An honest report."""
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 0.0, 0.0), 3: "E", 4: (18.0, 0.0, 0.0)})
    return examine(encode(Image.new("RGB", (40, 30), "red"), "JPEG", exif=exif)).report


def _fields(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every field, lists' items included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from _fields(inner, (*at, key))


def _change(report: dict[str, Any], at: tuple[Any, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(report)
    place: Any = changed
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    return changed


def _valid(report: object, **given: Any) -> bool:  # noqa: ANN401 - the check's
    try:
        check_report(report, **given)
    except ReportInvalid:
        return False
    return True


def test_an_honest_report_is_valid(report: dict[str, Any]) -> None:
    check_report(report, sections=())


@pytest.mark.case("security C2", was="every field of a child's report is believed")
def test_what_the_published_schema_refuses_is_refused(
    report: dict[str, Any], case_result: Callable[[str], None]
) -> None:
    refused = 0
    for at in _fields(report):
        for value in VALUES:
            changed = _change(report, at, value)
            if not PUBLISHED.is_valid(changed):
                refused += 1
                assert not _valid(changed), (at, value)
    assert refused > 500
    case_result(f"{refused} lies in single fields are refused")


def test_a_field_that_is_missing_or_not_known_is_named(report: dict[str, Any]) -> None:
    for at in [at for at in _fields(report) if at[0] == "image" and len(at) > 1]:
        changed = copy.deepcopy(report)
        del changed["image"][at[1]]
        with pytest.raises(ReportInvalid, match=rf"^image\.{at[1]}: must be present$"):
            check_report(changed)
    with pytest.raises(ReportInvalid, match=r"^image: must have no unknown field$"):
        check_report(_change(report, ("image", "path"), "x"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "\ud800", "x" * 1025])
def test_what_json_or_utf_8_has_no_word_for_is_refused(report: dict[str, Any], value: object) -> None:
    for at in (("quality", "brightness"), ("source", "name"), ("source", "bytes"), ("mine", "x")):
        changed = _change({**report, "mine": {"x": 1}}, at, value)
        assert not _valid(changed) or (at, value) == (("mine", "x"), "x" * 1025)


def _nest(depth: int) -> dict[str, Any]:
    return {"a": _nest(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    "section", [1, [], None, _nest(9), {"a": "x" * MAX_SECTION_CHARACTERS}, {"a": 10**17}, {"\udfff": 1}]
)
def test_a_section_that_no_analyzer_may_make_is_refused(report: dict[str, Any], section: object) -> None:
    assert not _valid({**report, "mine": section})


def test_only_sections_of_known_analyzers_are_let_in(report: dict[str, Any]) -> None:
    mine = {**report, "mine": _nest(7)}
    assert _valid(mine)
    assert _valid(mine, sections=("mine",))
    assert not _valid(mine, sections=("yours",))
    assert not _valid({**report, "../x": {}})


@pytest.mark.parametrize("whole", [None, [], "x", 1, {}])
def test_what_is_no_report_at_all_is_refused(whole: object) -> None:
    assert not _valid(whole)
