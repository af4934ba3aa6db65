from datetime import timedelta

import pytest

from shared.errors import LockHeld, Stale, StorageOut
from shared.steps.table_lock import Release, TableLock
from tests.doubles.world import World


def test_a_lock_is_got_taken_and_released(world: World) -> None:
    with world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        pass
    assert world.journal == ["locks.get", "locks.insert", "locks.replace"]


def test_a_held_lock_is_refused_by_one_read(world: World) -> None:
    with world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        world.journal.clear()
        with pytest.raises(LockHeld), world.another().lock.try_acquire("sweep", owner="timer/2"):
            pass
    assert world.journal[0] == "locks.get"
    assert world.journal.count("locks.replace") == 1


def test_two_calls_of_one_owner_exclude_each_other(world: World) -> None:
    with (
        world.darkroom.lock.try_acquire("sweep", owner="timer/1"),
        pytest.raises(LockHeld),
        world.darkroom.lock.try_acquire("sweep", owner="timer/1"),
    ):
        pass


def test_two_calls_of_one_owner_are_told_apart() -> None:
    world, owners = World(), []
    for _ in range(2):
        with world.darkroom.lock.try_acquire("sweep", owner="timer/1") as held:
            owners.append(held.lock.owner)
    assert len(set(owners)) == 2


def test_the_token_of_ones_own_release_is_remembered_and_saves_the_read(world: World) -> None:
    for _ in range(2):
        with world.darkroom.lock.try_acquire("sweep", owner="timer/1") as held:
            token = held.lock.token
    assert (token, world.journal[3:]) == (2, ["locks.replace", "locks.replace"])


def test_what_is_remembered_is_forgotten_when_others_have_held_the_lock_since(world: World) -> None:
    with world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        pass
    with world.another().lock.try_acquire("sweep", owner="timer/2"):
        pass
    with world.darkroom.lock.try_acquire("sweep", owner="timer/1") as held:
        assert held.lock.token == 3


def do_under(lock: TableLock, world: World) -> None:
    """Take the lock of sweeps, and do all that it is for."""
    with lock.try_acquire("sweep", owner="timer/1") as held:
        held.note_end(world.clock.server.now())


def test_that_another_has_done_lately_what_a_lock_is_for_is_known_by_one_read(world: World) -> None:
    lock, within = world.darkroom.lock, timedelta(seconds=45)
    assert not lock.was_done("sweep", within=within)
    with world.another().lock.try_acquire("sweep", owner="timer/1") as held:
        world.clock.advance(10)
        assert not lock.was_done("sweep", within=within)
        held.note_end(world.clock.server.now())
    world.journal.clear()
    world.clock.advance(44)
    assert lock.was_done("sweep", within=within)
    assert world.journal == ["locks.get"]
    world.clock.advance(2)
    assert not lock.was_done("sweep", within=within)


def test_what_another_has_begun_and_not_ended_is_not_done(world: World) -> None:
    with world.another().lock.try_acquire("sweep", owner="timer/1"):
        pass
    assert not world.darkroom.lock.was_done("sweep", within=timedelta(hours=1))


def test_who_is_alone_with_a_lock_does_not_look_whether_another_has_done_it(world: World) -> None:
    lock, within = world.darkroom.lock, timedelta(hours=1)
    do_under(lock, world)
    world.journal.clear()
    assert not lock.was_done("sweep", within=within)
    assert world.journal == []


def test_who_has_met_another_at_a_lock_looks_until_it_is_alone_again(world: World) -> None:
    lock, within, journal = world.darkroom.lock, timedelta(hours=1), world.journal
    for each in (lock, world.another().lock, lock):
        do_under(each, world)
    journal.clear()
    assert [lock.was_done("sweep", within=within) for _ in range(2)] == [False, False]
    assert journal == ["locks.get"]


def test_two_who_come_in_turns_to_a_lock_find_out_that_the_other_has_done_it(world: World) -> None:
    within = timedelta(seconds=45)
    locks, done = (world.darkroom.lock, world.another().lock), []
    for turn in range(12):
        world.clock.advance(30)
        lock = locks[turn % 2]
        if not lock.was_done("sweep", within=within):
            done.append(turn)
            do_under(lock, world)
    assert done[-4:] == [4, 6, 8, 10]


def test_releasing_twice_is_harmless_and_says_so(world: World) -> None:
    held = world.darkroom.lock.try_acquire("sweep", owner="timer/1")
    assert (held.release(), held.release(), held.lost) == (Release.RELEASED, Release.RELEASED_BEFORE, True)


def test_releasing_what_another_has_taken_over_is_harmless_and_says_so(world: World) -> None:
    late = world.darkroom.lock.try_acquire("sweep", owner="timer/1")
    world.lapse()
    held = world.another().lock.try_acquire("sweep", owner="timer/2")
    assert late.release() is Release.TAKEN_OVER
    held.renew()
    assert not held.lost


def test_releasing_after_the_lease_is_over_frees_a_lock_that_nobody_took(world: World) -> None:
    late = world.darkroom.lock.try_acquire("sweep", owner="timer/1")
    world.lapse()
    assert late.release() is Release.RELEASED


def test_a_release_that_meets_its_own_lost_renewal_releases(world: World) -> None:
    held = world.darkroom.lock.try_acquire("sweep", owner="timer/1")
    world.locks.replace(held._lease.row, held._lease.row.lock)  # applied, and its reply lost
    assert held.release() is Release.RELEASED


def test_a_release_during_an_outage_raises_and_can_be_tried_again(world: World) -> None:
    held = world.darkroom.lock.try_acquire("sweep", owner="timer/1")
    world.locks.out = True
    with pytest.raises(StorageOut):
        held.release()
    world.locks.out = False
    assert held.release() is Release.RELEASED


def test_a_renewal_by_hand_of_a_lost_lock_is_stale(world: World) -> None:
    held = world.darkroom.lock.try_acquire("sweep", owner="timer/1")
    world.lapse()
    with pytest.raises(Stale):
        held.renew()


def test_waiting_for_a_lock_gets_it_when_it_is_released(world: World) -> None:
    held = world.another().lock.try_acquire("sweep", owner="timer/2")
    world.locks.before("get", int, int, held.release)
    assert world.darkroom.lock.acquire("sweep", owner="timer/1", timeout=timedelta(seconds=10)).lock.token == 2


def test_waiting_for_a_lock_ends_with_its_timeout(world: World) -> None:
    with world.another().lock.try_acquire("sweep", owner="timer/2"):
        began = world.clock()
        with pytest.raises(LockHeld):
            world.darkroom.lock.acquire("sweep", owner="timer/1", timeout=timedelta(seconds=5))
    assert world.clock() - began == pytest.approx(5)


def test_waiting_for_a_lock_while_storage_is_out_raises_at_once(world: World) -> None:
    world.locks.out = True
    with pytest.raises(StorageOut):
        world.darkroom.lock.acquire("sweep", owner="timer/1", timeout=timedelta(seconds=5))


def test_a_lock_is_released_when_the_work_fails(world: World) -> None:
    with pytest.raises(ZeroDivisionError), world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        raise ZeroDivisionError
    with world.another().lock.try_acquire("sweep", owner="timer/2") as held:
        assert held.lock.token == 2


def test_a_dead_holders_lock_is_taken_over(world: World) -> None:
    with world.darkroom.lock.try_acquire("sweep", owner="timer/1") as dead:
        world.lapse()
        with world.another().lock.try_acquire("sweep", owner="timer/2") as held:
            assert (held.lock.token, dead.lost) == (2, True)


def test_a_late_release_leaves_the_next_holder_alone(world: World) -> None:
    with world.another().lock.try_acquire("sweep", owner="timer/1"):
        world.lapse()
        world.darkroom.lock.try_acquire("sweep", owner="timer/2")
    row = world.locks.get("sweep")
    assert row is not None
    assert row.lock.owner is not None
    assert row.lock.owner.startswith("timer/2")


def test_a_rival_that_is_faster_holds_it(world: World) -> None:
    world.locks.before("insert", lambda: world.another().lock.try_acquire("sweep", owner="timer/2"))
    with pytest.raises(LockHeld), world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        pass


def test_a_lock_whose_taking_outlasts_the_lease_is_not_held(world: World) -> None:
    world.locks.before("insert", lambda: world.clock.advance(58))
    with pytest.raises(LockHeld), world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        pass
    assert world.darkroom.heartbeat.beat() is None


def test_an_outage_is_never_taken_for_a_held_lock(world: World) -> None:
    world.locks.out = True
    with pytest.raises(StorageOut), world.darkroom.lock.try_acquire("sweep", owner="timer/1"):
        pass


def test_a_held_lock_is_renewed(world: World) -> None:
    with world.darkroom.lock.try_acquire("sweep", owner="timer/1") as held:
        for _ in range(10):
            world.clock.advance(20)
            world.darkroom.heartbeat.beat()
        assert not held.lost
        with pytest.raises(LockHeld), world.another().lock.try_acquire("sweep", owner="timer/2"):
            pass
