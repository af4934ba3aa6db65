import pytest

from shared.errors import LockHeld, StorageOut
from tests.doubles.world import World


def test_a_lock_is_got_taken_and_released() -> None:
    world = World()
    with world.lock.hold("sweep", owner="timer/1"):
        pass
    assert world.journal == ["locks.get", "locks.insert", "locks.replace"]


def test_a_held_lock_is_refused_by_one_read() -> None:
    world = World()
    with world.lock.hold("sweep", owner="timer/1"):
        world.journal.clear()
        with pytest.raises(LockHeld), world.another_lock().hold("sweep", owner="timer/2"):
            pass
    assert world.journal[0] == "locks.get"
    assert world.journal.count("locks.replace") == 1


def test_two_calls_of_one_owner_exclude_each_other() -> None:
    world = World()
    with (
        world.lock.hold("sweep", owner="timer/1"),
        pytest.raises(LockHeld),
        world.lock.hold("sweep", owner="timer/1"),
    ):
        pass


def test_two_calls_of_one_owner_are_told_apart() -> None:
    world, owners = World(), []
    for _ in range(2):
        with world.lock.hold("sweep", owner="timer/1") as held:
            owners.append(held.row.lock.owner)
    assert len(set(owners)) == 2


def test_a_released_lock_is_free_at_once() -> None:
    world = World()
    for _ in range(2):
        with world.lock.hold("sweep", owner="timer/1") as held:
            token = held.row.lock.token
    assert token == 2


def test_a_lock_is_released_when_the_work_fails() -> None:
    world = World()
    with pytest.raises(ZeroDivisionError), world.lock.hold("sweep", owner="timer/1"):
        raise ZeroDivisionError
    with world.another_lock().hold("sweep", owner="timer/2") as held:
        assert held.row.lock.token == 2


def test_a_dead_holders_lock_is_taken_over() -> None:
    world = World()
    with world.lock.hold("sweep", owner="timer/1") as dead:
        world.lapse()
        with world.another_lock().hold("sweep", owner="timer/2") as held:
            assert (held.row.lock.token, dead.lost) == (2, True)


def test_a_late_release_leaves_the_next_holder_alone() -> None:
    world = World()
    with world.another_lock().hold("sweep", owner="timer/1"):
        world.lapse()
        late = world.lock.hold("sweep", owner="timer/2")
        late.__enter__()
    row = world.locks.get("sweep")
    assert row is not None
    assert row.lock.owner is not None
    assert row.lock.owner.startswith("timer/2")


def test_a_rival_that_is_faster_holds_it() -> None:
    world = World()
    rival = world.another_lock().hold("sweep", owner="timer/2")
    world.locks.before("insert", rival.__enter__)
    with pytest.raises(LockHeld), world.lock.hold("sweep", owner="timer/1"):
        pass


def test_a_lock_whose_taking_outlasts_the_lease_is_not_held() -> None:
    world = World()
    world.locks.before("insert", lambda: world.clock.advance(58))
    with pytest.raises(LockHeld), world.lock.hold("sweep", owner="timer/1"):
        pass
    assert world.heartbeat.beat() is None


def test_an_outage_is_never_taken_for_a_held_lock() -> None:
    world = World()
    world.locks.out = True
    with pytest.raises(StorageOut), world.lock.hold("sweep", owner="timer/1"):
        pass


def test_a_held_lock_is_renewed() -> None:
    world = World()
    with world.lock.hold("sweep", owner="timer/1") as held:
        for _ in range(10):
            world.clock.advance(20)
            world.heartbeat.beat()
        assert not held.lost
        with pytest.raises(LockHeld), world.another_lock().hold("sweep", owner="timer/2"):
            pass
