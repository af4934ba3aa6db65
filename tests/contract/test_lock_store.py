from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Lost
from shared.ports.locks import LockRow, LockStore
from shared.rules.locks import Lock
from tests.contract.races import race

HELD = Lock(name="sweep", owner="timer/1", token=1, lease=timedelta(seconds=60))


def stands(locks: LockStore, name: str = "sweep") -> LockRow:
    """Return the row of a lock that is there."""
    row = locks.get(name)
    assert row is not None
    return row


def test_an_absent_lock_is_none(locks: LockStore) -> None:
    assert locks.get("sweep") is None


@pytest.mark.parametrize("name", ["sweep", "a/b \\ # ? % =41 ä😀"])
def test_a_lock_is_read_back_as_it_was_written(locks: LockStore, name: str) -> None:
    lock = replace(HELD, name=name)
    locks.insert(lock)
    assert stands(locks, name).lock == lock


def test_names_that_look_alike_are_two_locks(locks: LockStore) -> None:
    locks.insert(replace(HELD, name="a/b"))
    assert locks.get("a=2Fb") is None
    assert locks.get("a%2Fb") is None


def test_a_released_lock_stays_with_its_token(locks: LockStore) -> None:
    released = replace(HELD, owner=None, token=7)
    locks.replace(locks.insert(HELD), released)
    assert stands(locks).lock == released


@pytest.mark.azurite
def test_inserting_a_lock_twice_is_lost_and_writes_nothing(locks: LockStore) -> None:
    locks.insert(HELD)
    with pytest.raises(Lost):
        locks.insert(replace(HELD, owner="timer/2"))
    assert stands(locks).lock == HELD


def test_a_stale_etag_is_lost(locks: LockStore) -> None:
    row = locks.insert(HELD)
    locks.replace(row, replace(HELD, token=2))
    with pytest.raises(Lost):
        locks.replace(row, replace(HELD, token=3))
    assert stands(locks).lock.token == 2


def test_the_row_that_a_write_returns_is_good_for_the_next(locks: LockStore) -> None:
    row = locks.replace(locks.insert(HELD), replace(HELD, token=2))
    assert locks.replace(row, replace(HELD, token=3)).lock.token == 3


def test_a_read_tells_when_the_service_wrote_the_row_and_when_it_answered(locks: LockStore) -> None:
    locks.insert(HELD)
    read = stands(locks)
    assert read.seen_at.microsecond == 0
    assert timedelta(seconds=-1) < read.seen_at - read.modified_at < timedelta(seconds=3)


def test_one_of_twenty_takes_a_new_lock(locks: LockStore) -> None:
    outcomes = race(lambda number: locks.insert(replace(HELD, owner=f"timer/{number}")))
    assert outcomes == {"won": 1, "Lost": 19}


@pytest.mark.azurite
def test_one_of_twenty_takes_over_a_lock(locks: LockStore) -> None:
    row = locks.insert(HELD)
    outcomes = race(lambda number: locks.replace(row, replace(HELD, owner=f"timer/{number}", token=2)))
    assert outcomes == {"won": 1, "Lost": 19}


def test_when_it_was_last_done_is_read_back(locks: LockStore) -> None:
    done = replace(HELD, owner=None, done_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    locks.replace(locks.insert(HELD), done)
    assert stands(locks).lock == done


@pytest.mark.azurite
def test_several_locks_are_read_at_once_and_those_that_are_missing_left_out(locks: LockStore) -> None:
    assert locks.list(["sweep", "a/b"]) == {}
    for name in ("sweep", "a/b", "another"):
        locks.insert(replace(HELD, name=name))
    rows = locks.list(["sweep", "a/b", "nobody's"])
    assert {name: row.lock for name, row in rows.items()} == {
        name: replace(HELD, name=name) for name in ("sweep", "a/b")
    }
    assert rows["sweep"] == replace(stands(locks), seen_at=rows["sweep"].seen_at)
