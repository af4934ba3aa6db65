from datetime import timedelta

import pytest

from shared import locks
from shared.errors import LockHeld, Stale
from shared.locks import Lock

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
