"""Any JSON as lines for a person."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cli.values import sections, text
from tests.proving import at_length

_JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=at_length(30, 2_000))
@given(_JSON)
def test_any_json_becomes_lines(value: object) -> None:
    assert all(line for _, line in sections(value))


def test_members_that_say_nothing_are_left_out_and_the_others_stand_in_their_order() -> None:
    report = {
        "status": "ok",
        "exif": {"make": None},
        "image": {"width_px": 9, "alpha": False},
        "colors": ["a", {"b": 1}],
    }
    assert sections(report) == [("status", "ok"), ("image", "width_px: 9, alpha: no"), ("colors", "a, (b: 1)")]


def test_what_is_deep_or_long_is_cut() -> None:
    deep: Any = json.loads("[" * 50 + "]" * 50)
    assert "…" in text(deep)
    assert text(list(range(1_000))).endswith("39, …")
    assert len(text(["x" * 9_999])) == 300
