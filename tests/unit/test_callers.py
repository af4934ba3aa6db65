"""The header that names a caller: it survives any name, is ASCII, and has a bounded length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.callers import HEADER_CHARACTERS, NAME_CHARACTERS, Caller, Proof
from shared.rules.keys import ApiKey, Role

ROLES = st.sampled_from([None, *Role])


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=NAME_CHARACTERS), ROLES, st.sampled_from(Proof))
def test_a_caller_is_the_same_behind_the_header(name: str, role: Role | None, by: Proof) -> None:
    caller = Caller(name, role, by)
    assert Caller.decode(caller.encode()) == caller


@given(st.text(st.characters(), max_size=3 * NAME_CHARACTERS))
def test_a_header_of_any_name_is_printable_ascii_of_a_bounded_length(name: str) -> None:
    header = Caller(name, Role.OPERATOR, Proof.PRINCIPAL).encode()
    assert header.isascii()
    assert header.isprintable()
    assert len(header) <= HEADER_CHARACTERS
    assert len(Caller.decode(header).name) == min(len(name), NAME_CHARACTERS)


def test_the_longest_header_is_within_its_bound() -> None:
    header = Caller("😀" * 1000, Role.OPERATOR, Proof.PRINCIPAL).encode()
    assert Caller.decode(header).name == "😀" * NAME_CHARACTERS


def test_half_a_surrogate_pair_is_a_question_mark() -> None:
    assert Caller.decode(Caller("a\ud800b", None, Proof.COMMAND).encode()).name == "a?b"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "yes",
        "key operator",
        "key operator a b",
        "nobody operator a",
        "key root a",
        "key operator %ff",
        "key  " * 999,
    ],
)
def test_what_is_no_header_of_ours_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Caller.decode(header)


@pytest.mark.parametrize(("name", "shown"), [("ci-7", "ci-7"), ("", "worker")])
def test_a_key_without_a_name_goes_by_its_role(name: str, shown: str) -> None:
    assert Caller.of_key(ApiKey(Role.WORKER, name, "0" * 64)) == Caller(shown, Role.WORKER, Proof.KEY)
