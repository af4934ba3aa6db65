import json

import pytest

from shared.http.body import parse, utf16_units
from shared.http.problems import Problem


def refuse(body: bytes, content_type: str | None = "application/json") -> tuple[int, str]:
    with pytest.raises(Problem) as error:
        parse(body, content_type)
    return error.value.code.status, error.value.code


def test_json_in_utf8_is_read_as_it_is() -> None:
    assert parse('{"a": [1, 2.5, "é", null, true]}'.encode(), "application/json; charset=utf-8") == {
        "a": [1, 2.5, "é", None, True]
    }


def test_every_kind_of_json_is_taken_by_its_media_type() -> None:
    assert parse(b"{}", "Application/Merge-Patch+JSON") == {}


@pytest.mark.parametrize(
    "content_type", [None, "", "text/json", "text/plain", "application/jsonp", "application/x;json"]
)
def test_what_is_not_declared_as_json_is_415(content_type: str | None) -> None:
    assert refuse(b"{}", content_type) == (415, "not_json")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": NaN}', b"[Infinity]", b"\xef\xbb\xbf{}", b"1" * 5000])
def test_what_is_no_json_is_400(body: bytes) -> None:
    assert refuse(body) == (400, "malformed_json")


@pytest.mark.parametrize(
    "body",
    [b"[1e999]", b'["\\ud800"]', b'{"\\udfff": 1}', b'{"a": 1, "a": 1}', b'[{"b": {"a": 1, "\\u0061": 2}}]'],
)
def test_what_two_readers_could_understand_differently_is_422(body: bytes) -> None:
    assert refuse(body) == (422, "invalid")


def test_depth_is_bounded_at_32_levels() -> None:
    assert parse(b"[" * 32 + b"]" * 32, "application/json")
    assert refuse(b"[" * 33 + b"]" * 33) == (422, "invalid")
    assert refuse(b"[" * 200_000) == (422, "invalid")


def test_brackets_in_a_text_are_no_levels() -> None:
    assert parse(json.dumps(["[" * 99, '\\"{{[' * 20]).encode(), "application/json")


def test_values_are_bounded_at_20_000() -> None:
    assert len(parse(b"[" + b"1," * 19_998 + b"1]", "application/json")) == 19_999
    assert refuse(b"[" + b"1," * 20_000 + b"1]") == (422, "invalid")


def test_an_open_text_costs_one_pass() -> None:
    assert refuse(b'"' + b'\\"' * 130_000) == (400, "malformed_json")


def test_units_are_those_of_utf16() -> None:
    assert utf16_units({"a": "😀"}) == len('{"a":"😀"}') + 1
