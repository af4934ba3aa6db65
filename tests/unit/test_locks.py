from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidReference, LockHeld, Stale
from shared.rules import locks
from shared.rules.locks import Lock
from tests.proving import at_length

LEASE = timedelta(seconds=60)
HELD = Lock("sweep", "timer/1", 3, LEASE)
RELEASED = Lock("sweep", None, 3, LEASE)


def _acquire(held: Lock | None, *, lapsed: bool = False) -> Lock:
    return locks.acquire(held, name="sweep", owner="timer/2", lapsed=lapsed, lease=LEASE)


def test_a_new_lock_begins_with_token_1() -> None:
    assert _acquire(None) == Lock("sweep", "timer/2", 1, LEASE)


@pytest.mark.parametrize(("held", "lapsed"), [(RELEASED, False), (RELEASED, True), (HELD, True)])
def test_a_free_lock_is_taken_with_a_higher_token(held: Lock, *, lapsed: bool) -> None:
    assert _acquire(held, lapsed=lapsed) == Lock("sweep", "timer/2", 4, LEASE)


def test_a_live_lock_is_refused_and_its_holder_named() -> None:
    with pytest.raises(LockHeld, match="timer/1"):
        _acquire(HELD)


def test_a_holder_does_not_take_its_own_lock_twice() -> None:
    with pytest.raises(LockHeld):
        locks.acquire(HELD, name="sweep", owner="timer/1", lapsed=False, lease=LEASE)


def test_a_renewal_keeps_owner_and_token() -> None:
    assert locks.renew(HELD, owner="timer/1", token=3) == HELD


def test_a_released_lock_keeps_its_token() -> None:
    assert locks.release(HELD, owner="timer/1", token=3) == RELEASED


@pytest.mark.parametrize("act", [locks.renew, locks.release])
@pytest.mark.parametrize("own", [{"owner": "timer/2", "token": 3}, {"owner": "timer/1", "token": 2}])
def test_another_holder_is_stale(act: object, own: dict[str, object]) -> None:
    assert callable(act)
    with pytest.raises(Stale):
        act(HELD, **own)


@pytest.mark.parametrize("act", [locks.renew, locks.release])
def test_a_released_lock_is_nobodys(act: object) -> None:
    assert callable(act)
    with pytest.raises(Stale):
        act(RELEASED, owner="timer/1", token=3)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=42)


@settings(max_examples=at_length(30, 2_000))
@given(names, names)
def test_each_name_has_a_key_of_its_own_that_the_service_takes(one: str, other: str) -> None:
    keys = {locks.key(one), locks.key(other)}
    assert len(keys) == len({one, other})
    assert not set("/\\#?%") & set("".join(keys))


@pytest.mark.parametrize(
    ("name", "problem"),
    [("", "but has 0"), ("x" * 513, "but has 513"), ("ä" * 86, "but has 516"), ("\ud800", "Unicode")],
)
def test_a_name_that_no_key_can_hold_is_refused_with_its_length(name: str, problem: str) -> None:
    with pytest.raises(InvalidReference, match=problem):
        locks.key(name)


def test_the_longest_name_is_taken() -> None:
    assert len(locks.key("x" * 512)) == locks.KEY_LENGTH
