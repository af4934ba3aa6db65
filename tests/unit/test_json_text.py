import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import MessageRejected
from shared.rules import json_text
from tests.proving import at_length

values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def _code(text: str) -> str:
    with pytest.raises(MessageRejected) as met:
        json_text.parse(text)
    return met.value.code


@settings(max_examples=at_length(25, 2_000))
@given(values, st.booleans())
def test_what_is_json_is_parsed_as_it_is(value: object, escaped: bool) -> None:  # noqa: FBT001 - drawn
    assert json_text.parse(json.dumps(value, ensure_ascii=escaped)) == value


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_what_is_nested_deeper_than_any_message_is_not_parsed(brackets: str) -> None:
    opening = "[" if brackets == "[]" else '{"a":'
    for depth, code in ((64, "malformed_json"), (65, "too_deep"), (30_000, "too_deep")):
        assert _code(opening * depth) == code


def test_a_bracket_inside_a_string_nests_nothing() -> None:
    text = '["' + "[{" * 100 + '\\"' + "[" * 100 + '"]'
    assert json_text.parse(text) == ["[{" * 100 + '"' + "[" * 100]


def test_brackets_that_close_again_are_not_counted() -> None:
    assert json_text.parse("[" + "[]," * 1_000 + "[]]") == [[]] * 1_001


@pytest.mark.parametrize("number", ["9" * 10_000, "-" + "1" * 5_000, "1e999", "0." + "1" * 10_000])
def test_a_number_of_any_length_is_a_number(number: str) -> None:
    assert isinstance(json_text.parse(f"[{number}]")[0], float)


@pytest.mark.parametrize("text", ["{", "[1,]", '["a\nb"]', '{"a" "b"}', '"\\x"', '["', "[\x00]", "nul"])
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    assert _code(text) == "malformed_json"
