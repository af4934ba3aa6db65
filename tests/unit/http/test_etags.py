import base64
import json

import pytest

from shared.errors import Mismatch, Stale
from shared.http import etags
from shared.http.problems import Problem
from shared.rules.jobs import Claim


def tag(*content: object) -> str:
    return '"' + base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=") + '"'


VERSION, NEWER = '"v:00ff"', '"v:11ff"'
OLD, NEW = tag(1, "a", "W/1"), tag(2, "b", "W/2")


def test_lists_are_read_whole() -> None:
    assert etags.parse(' ,"a" , W/"b",, "",') == etags.Tags(strong=("a", ""), weak=("b",))


@pytest.mark.parametrize("header", ["a", '"a', '"a" "b"', '"a",b', 'w/"a"', '*, "a"', '"a b"', "", "null"])
def test_what_is_not_of_the_grammar_names_nothing(header: str) -> None:
    assert etags.parse(header) == etags.Tags()


def test_a_lease_is_claim_id_and_token() -> None:
    assert etags.lease(NEW) == Claim("b", 2)


def test_of_several_leases_the_highest_token_counts() -> None:
    assert etags.lease(f"{NEW}, {OLD}") == Claim("b", 2)


@pytest.mark.parametrize("header", [None, "*"])
def test_a_holder_without_a_lease_is_428(header: str | None) -> None:
    with pytest.raises(Problem) as error:
        etags.lease(header)
    assert error.value.code.status == 428


@pytest.mark.parametrize(
    "header",
    [
        *(f"W/{NEW}", '"x"', '"é"', "", '"MQ"', VERSION),
        *(tag(1, "a"), tag(True, "a", "e"), tag(1, 2, "e"), tag(0, None, "W/1")),
    ],
)
def test_a_weak_or_unreadable_lease_is_stale(header: str) -> None:
    with pytest.raises(Stale):
        etags.lease(header)


def test_deep_tags_are_unreadable_not_a_crash() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5_000).decode().rstrip("=")
    assert etags.parse_lease(deep) is None


def test_an_operator_may_name_versions_or_none() -> None:
    assert etags.versions(f"{VERSION}, {NEW}, {NEWER}") == frozenset({"00ff", "11ff"})
    assert etags.versions(None) is None
    assert etags.versions("*") is None


@pytest.mark.parametrize("header", [f"W/{VERSION}", '"x"', "", OLD])
def test_an_operators_unreadable_version_matches_nothing(header: str) -> None:
    with pytest.raises(Mismatch):
        etags.versions(header)


@pytest.mark.parametrize(
    ("header", "same"), [(None, False), ("*", True), ('"b"', False), ('"b", "a"', True), ('W/"a"', True)]
)
def test_a_get_compares_weakly(header: str | None, *, same: bool) -> None:
    assert etags.matches(header, '"a"') is same
