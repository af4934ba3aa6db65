"""What lists show of reports, whatever workers have written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.report_flags import FLAG, MOST_FLAGS, flags_of, format_of, summary_of
from tests.doubles.reports import report

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
SECTIONS = st.sampled_from(
    ["quality", "privacy", "provenance", "source", "image", "placeholder", "color", "thumbnail", "status"]
)
FIELDS = st.sampled_from(
    ["flags", "has_gps", "ai_hint", "type_mismatch", "format", "width_px", "height_px", "bytes", "blurhash", "mean"]
)
REPORTS = ANY_JSON | st.dictionaries(SECTIONS, ANY_JSON | st.dictionaries(FIELDS, ANY_JSON))
NOTHING = dict.fromkeys(("width_px", "height_px", "format", "bytes", "blurhash", "mean"))
WHOLE = report(
    image={"width_px": 4032, "height_px": 3024, "format": "jpeg"},
    placeholder={"blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj"},
    color={"mean": "#7f7f7f"},
    thumbnail={"width_px": 1, "height_px": 1, "bytes": 3, "mime": "image/webp"},
    quality={"flags": ["dark", "blurred"]},
)


@pytest.mark.parametrize(
    ("sections", "flags"),
    [
        ({}, []),
        ({"quality": {"flags": ["dark", "blurred", "dark"]}}, ["blurred", "dark"]),
        ({"privacy": {"has_gps": True}}, ["gps"]),
        ({"provenance": {"ai_hint": "comfyui"}}, ["ai"]),
        ({"status": "partial"}, ["partial"]),
        ({"source": {"type_mismatch": True}}, ["type_mismatch"]),
        (
            {"quality": {"flags": ["dark"]}, "privacy": {"has_gps": True}, "status": "partial"},
            ["dark", "gps", "partial"],
        ),
    ],
)
def test_flags_are_those_of_the_quality_and_what_else_is_conspicuous(
    sections: dict[str, Any], flags: list[str]
) -> None:
    assert flags_of(report(**sections)) == flags


@pytest.mark.parametrize(
    "sections",
    [
        {"quality": {"flags": "dark"}},
        {"quality": {"flags": [None, 7, ["dark"], {"dark": 1}, "", "DARK", "a b", "\u202egnp", "x" * 65, "a\n"]}},
        {"quality": ["flags"]},
        {"privacy": {"has_gps": "yes"}},
        {"privacy": {"has_gps": 1}},
        {"provenance": {"ai_hint": ""}},
        {"provenance": {"ai_hint": True}},
        {"source": {"type_mismatch": "true"}},
        {"status": ["partial"]},
    ],
)
def test_what_is_not_of_its_form_is_no_flag(sections: dict[str, Any]) -> None:
    assert flags_of(report(**sections)) == []


def test_a_report_with_a_thousand_flags_has_a_few_and_hides_none_of_our_own() -> None:
    many = [f"flag_{number:04}" for number in range(1_000)]
    flags = flags_of(report(quality={"flags": many}, privacy={"has_gps": True}, status="partial"))
    assert len(flags) <= MOST_FLAGS
    assert {"gps", "partial"} < set(flags)


@given(REPORTS)
def test_any_json_has_flags_a_format_and_a_summary_of_their_forms(value: object) -> None:
    flags, summary = flags_of(value), summary_of(value)
    assert flags == sorted(set(flags))
    assert all(FLAG.fullmatch(flag) for flag in flags)
    assert format_of(value) is None or isinstance(value, dict)
    assert (summary is None) == (not isinstance(value, dict))
    json.dumps(summary, allow_nan=False)


def test_a_summary_has_what_a_card_shows() -> None:
    assert summary_of(WHOLE) == {
        "width_px": 4032,
        "height_px": 3024,
        "format": "jpeg",
        "bytes": 70,
        "flags": ["blurred", "dark"],
        "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "mean": "#7f7f7f",
        "thumbnail": True,
    }


@pytest.mark.parametrize(
    "sections",
    [
        {"image": {"width_px": -1, "height_px": 1.5, "format": "<b>"}, "source": {"bytes": 2**60}},
        {"image": {"width_px": True, "height_px": "9", "format": 7}, "source": {"bytes": None}},
        {"image": [], "source": "x", "placeholder": {"blurhash": "short"}, "color": {"mean": "red"}},
        {"source": {}, "placeholder": {"blurhash": "L" * 29}, "color": {"mean": "#7F7F7F;x"}, "thumbnail": True},
    ],
)
def test_a_fact_of_another_form_is_null(sections: dict[str, Any]) -> None:
    assert summary_of(report(**sections)) == NOTHING | {"flags": [], "thumbnail": False}
