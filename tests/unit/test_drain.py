from collections import Counter
from collections.abc import Callable
from enum import StrEnum

import pytest

from shared.errors import StorageOut
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.upkeep.drain_poison import Drain
from shared.steps.work.attempt import End
from tests.doubles.poison import MOST, MemoryPoison
from tests.doubles.world import World
from tests.unit.image_jobs import BLOB_EVENT, hint

BODIES = (b"", b"{", b"\xff", b"images/absent.png", b'{"job_id":"a-' + b"0" * 32 + b'"}')


def test_an_empty_queue_takes_one_request(world: World) -> None:
    assert world.darkroom.drain.drain() == Counter()
    assert world.journal == ["poison.receive", "blob poison.receive"]


@pytest.mark.parametrize("dequeue_count", [0, 4, 5, 99])
def test_a_message_is_taken_in_however_often_it_was_received(world: World, dequeue_count: int) -> None:
    world.poison.put(b"{", dequeue_count=dequeue_count)
    assert world.darkroom.drain.drain() == {Disposition.REJECTED: 1}
    assert world.poison.backlog() == 0


def test_a_drain_goes_on_until_no_message_is_left(world: World) -> None:
    for number in range(2 * MOST + 1):
        world.poison.put(b"%d" % number)
    assert world.darkroom.drain.drain() == {Disposition.REJECTED: 2 * MOST + 1}
    assert (world.poison.backlog(), world.journal.count("poison.receive")) == (0, 4)


def test_a_message_of_a_job_is_buried_and_deleted() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = world.record_image()
    world.worker_dies(job_id)
    world.poison.put(hint(job_id))
    assert world.darkroom.drain.drain() == {End.FAILED: 1}
    assert (world.job(job_id).state, world.poison.in_hand, world.poison.lying) == (State.FAILED, {}, [])


def test_a_blob_event_is_recorded_and_deleted(world: World) -> None:
    world.upload()
    world.blob_poison.put(BLOB_EVENT)
    assert world.darkroom.drain.drain() == {Recording.RECORDED: 1}
    assert (world.blob_poison.in_hand, world.blob_poison.lying) == ({}, [])


@pytest.mark.parametrize("body", BODIES)
def test_what_cannot_be_followed_is_kept_and_deleted(world: World, body: bytes) -> None:
    world.poison.put(body)
    assert world.darkroom.drain.drain() == {Disposition.REJECTED: 1}
    assert (len(world.rejections.rows), world.poison.in_hand) == (1, {})


def test_a_message_is_deleted_after_it_was_taken_in(world: World) -> None:
    world.poison.put(b"[]")
    world.darkroom.drain.drain()
    assert world.journal[:3] == ["poison.receive", "rejections.reject", "poison.delete"]


def test_an_outage_raises_and_deletes_nothing(world: World) -> None:
    world.poison.put(b"{")
    world.rejections.out = True
    with pytest.raises(StorageOut):
        world.darkroom.drain.drain()
    world.rejections.out = False
    world.poison.come_back()
    assert world.darkroom.drain.drain() == {Disposition.REJECTED: 1}


def _failing(*bodies: bytes, error: Exception) -> Callable[[bytes], list[StrEnum]]:
    """Return an intake that raises for these bodies."""

    def take_in(body: bytes) -> list[StrEnum]:
        if body in bodies:
            raise error
        return [Recording.RECORDED]

    return take_in


@pytest.mark.case("security M1", was="12 messages behind it stay hidden, sweep after sweep")
@pytest.mark.parametrize("error", [StorageOut("out"), KeyError("a fault of ours"), RecursionError("deep")])
def test_a_message_that_raises_keeps_none_behind_it_from_being_taken_in(error: Exception) -> None:
    queue = MemoryPoison("poison")
    for body in (b"bad", b"one", b"bad", b"two"):
        queue.put(body)
    with pytest.raises(type(error)):
        Drain(inlets=[(queue, _failing(b"bad", error=error))]).drain()
    assert [one.body for one in queue.in_hand.values()] == [b"bad", b"bad"]


def test_the_first_error_is_the_one_that_is_raised() -> None:
    queues = MemoryPoison("poison"), MemoryPoison("blob poison")
    for queue in queues:
        queue.put(b"bad")
    errors = StorageOut("out"), KeyError("a fault of ours")
    inlets = [(queue, _failing(b"bad", error=error)) for queue, error in zip(queues, errors, strict=True)]
    with pytest.raises(StorageOut):
        Drain(inlets=inlets).drain()


def test_a_queue_that_is_out_keeps_the_other_from_nothing(world: World) -> None:
    world.upload()
    world.poison.out = True
    world.blob_poison.put(BLOB_EVENT)
    with pytest.raises(StorageOut):
        world.darkroom.drain.drain()
    assert (world.blob_poison.in_hand, len(world.jobs.table.jobs)) == ({}, 1)


def test_a_drain_that_is_stopped_has_taken_in_the_first_of_each_queue() -> None:
    queues = MemoryPoison("poison"), MemoryPoison("blob poison")
    for queue in queues:
        for body in (b"one", b"two", b"three"):
            queue.put(body)
    drain = Drain(inlets=[(queue, _failing(error=KeyError())) for queue in queues])
    assert drain.drain(stop=lambda: True) == {Recording.RECORDED: 2}
    assert [[one.body for one in queue.in_hand.values()] for queue in queues] == [[b"two", b"three"]] * 2
