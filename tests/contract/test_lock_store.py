from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import Lost
from shared.rules.locks import Lock
from tests.contract.benches import LocksBench

HELD = Lock(name="sweep", owner="timer/1", token=1, lease=timedelta(seconds=60))


def test_an_absent_lock_is_none(locks: LocksBench) -> None:
    assert locks.store.get("sweep") is None


@pytest.mark.parametrize("name", ["sweep", "a/b \\ # ? % =41 ä😀"])
def test_a_lock_is_read_back_as_it_was_written(locks: LocksBench, name: str) -> None:
    lock = replace(HELD, name=name)
    locks.store.insert(lock)
    read = locks.store.get(name)
    assert read is not None
    assert read.lock == lock


def test_names_that_look_alike_are_two_locks(locks: LocksBench) -> None:
    locks.store.insert(replace(HELD, name="a/b"))
    assert locks.store.get("a=2Fb") is None
    assert locks.store.get("a%2Fb") is None


def test_a_released_lock_stays_with_its_token(locks: LocksBench) -> None:
    released = replace(HELD, owner=None, token=7)
    locks.store.replace(locks.store.insert(HELD), released)
    read = locks.store.get("sweep")
    assert read is not None
    assert read.lock == released


def test_inserting_a_lock_twice_is_lost(locks: LocksBench) -> None:
    locks.store.insert(HELD)
    with pytest.raises(Lost):
        locks.store.insert(replace(HELD, owner="timer/2"))


@pytest.mark.azurite
def test_a_lost_insert_writes_nothing(locks: LocksBench) -> None:
    locks.store.insert(HELD)
    with pytest.raises(Lost):
        locks.store.insert(replace(HELD, owner="timer/2"))
    read = locks.store.get("sweep")
    assert read is not None
    assert read.lock == HELD


def test_a_stale_etag_is_lost(locks: LocksBench) -> None:
    row = locks.store.insert(HELD)
    locks.store.replace(row, replace(HELD, token=2))
    with pytest.raises(Lost):
        locks.store.replace(row, replace(HELD, token=3))
    read = locks.store.get("sweep")
    assert read is not None
    assert read.lock.token == 2


def test_the_row_that_a_write_returns_is_good_for_the_next(locks: LocksBench) -> None:
    row = locks.store.replace(locks.store.insert(HELD), replace(HELD, token=2))
    assert locks.store.replace(row, replace(HELD, token=3)).lock.token == 3


def test_a_read_tells_when_the_service_wrote_the_row_and_when_it_answered(locks: LocksBench) -> None:
    locks.store.insert(HELD)
    read = locks.store.get("sweep")
    assert read is not None
    assert read.seen_at.microsecond == 0
    assert timedelta(seconds=-1) < read.seen_at - read.modified_at < timedelta(seconds=3)


def test_one_of_twenty_takes_a_new_lock(locks: LocksBench) -> None:
    def one(number: int) -> bool:
        try:
            locks.store.insert(replace(HELD, owner=f"timer/{number}"))
        except Lost:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 1


@pytest.mark.azurite
def test_one_of_twenty_takes_over_a_lock(locks: LocksBench) -> None:
    row = locks.store.insert(HELD)

    def one(number: int) -> bool:
        try:
            locks.store.replace(row, replace(HELD, owner=f"timer/{number}", token=2))
        except Lost:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 1
