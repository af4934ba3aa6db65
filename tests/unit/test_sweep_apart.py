"""What a sweep does beside rows and jobs that it can do nothing with."""

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from shared.errors import StorageOut, Undecided
from shared.ports.jobs import Row
from shared.rules.due import Due
from shared.rules.jobs import SCHEMA, State
from shared.steps.intake.add import NewJob
from shared.steps.upkeep import agenda
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.acts import raising
from tests.unit.image_jobs import insert_due

EVENT = b'{"Type":"BlobTrigger","ContainerName":"images","BlobName":"late.png"}'


@pytest.mark.case("mutants 5", was="the job stays PENDING for ever")
@pytest.mark.parametrize(("dispatch", "end"), [("timer", State.FAILED), ("queue", State.PENDING)])
def test_a_page_of_rows_of_a_newer_release_hides_no_job_behind_it(dispatch: str, end: State) -> None:
    world = World(JOB_BUCKETS="1", DISPATCH=dispatch)
    insert_due(world, 2 * agenda.LIMIT, schema=SCHEMA + 1)
    job_id = world.record_image("late.png", b"broken")
    world.clock.advance(3600)
    world.queue.messages.clear()
    world.darkroom.sweep.sweep(owner="timer/1")
    assert world.job(job_id).state is end
    assert [job_id in text for text, _ in world.queue.messages] == [True] * (dispatch == "queue")


def test_a_sweep_reads_no_second_page_where_it_moves_all_of_the_first_on() -> None:
    world = World(JOB_BUCKETS="1", DISPATCH="timer")
    insert_due(world, agenda.LIMIT + 1)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.FAILED: agenda.LIMIT}
    assert world.journal.count("jobs.due") == 1


def test_a_sweep_reads_ten_pages_of_a_bucket_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agenda, "LIMIT", 2)
    world = World(JOB_BUCKETS="1", DISPATCH="timer")
    insert_due(world, 30, schema=SCHEMA + 1)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.LEFT: 20}


def _expiring(world: World, count: int) -> list[str]:
    """Add jobs that only external workers work on, and whose time is over in a second."""
    added = [
        world.darkroom.add.add(NewJob(kind="other", ref=f"{number}", params={}, unique=True, ttl=timedelta(seconds=1)))
        for number in range(count)
    ]
    return [each.row.job.id for each in added if each.row is not None]


@pytest.mark.case("storage false encoding", was="each sweep ends failed, and skips expiry and drain")
@pytest.mark.parametrize("error", [StorageOut("ServerBusy"), Undecided("?"), LookupError(), RecursionError()])
def test_a_job_that_raises_ends_no_sweep(error: Exception) -> None:
    world = World(SWEEP_PARALLELISM="1")
    (expiring,) = _expiring(world, 1)
    world.upload("late.png", png())
    world.blob_poison.put(EVENT, dequeue_count=5)
    jobs = [world.record_image(f"{number}.png", png(number + 1)) for number in range(3)]
    world.clock.advance(121)
    world.jobs.get = _raising_for({jobs[0]}, world.jobs.get, error)  # type: ignore[method-assign] # of this world alone
    with pytest.raises(type(error)):
        world.darkroom.sweep.sweep(owner="timer/1")
    states = [world.jobs.table.jobs[job_id].job.state for job_id in (*jobs, expiring)]
    assert states == [State.PENDING, State.COMPLETED, State.COMPLETED, State.FAILED]
    assert world.blob_poison.in_hand == {}


def _raising_for(ids: set[str], get: Callable[..., Row | None], error: Exception) -> Callable[..., Row | None]:
    """Return reads of which those of some jobs raise."""

    def read(job_id: str, *, timeout: timedelta | None = None) -> Row | None:
        if job_id in ids:
            raise error
        return get(job_id, timeout=timeout)

    return read


def test_a_job_that_raises_keeps_no_other_from_being_sent_or_expired() -> None:
    world = World(DISPATCH="queue")
    waiting = [world.record_image(f"{number}.png", png(number + 1)) for number in range(3)]
    expiring = _expiring(world, 3)
    world.clock.advance(121)
    world.queue.messages.clear()
    failing = {waiting[0], expiring[0]}
    world.jobs.get = _raising_for(failing, world.jobs.get, LookupError())  # type: ignore[method-assign] # of this world alone
    with pytest.raises(LookupError):
        world.darkroom.sweep.sweep(owner="timer/1")
    assert len(world.queue.messages) == 2
    assert [world.jobs.table.jobs[job_id].job.state for job_id in expiring[1:]] == [State.FAILED] * 2


def test_a_bucket_that_cannot_be_listed_keeps_no_other_waiting() -> None:
    world = World(DISPATCH="timer")
    jobs = [world.record_image(f"{number}.png", png(number + 1)) for number in range(12)]
    world.clock.advance(121)
    world.jobs.before("due", raising(StorageOut("ServerBusy")))
    with pytest.raises(StorageOut):
        world.darkroom.sweep.sweep(owner="timer/1")
    assert 0 < sum(world.job(job_id).state is State.COMPLETED for job_id in jobs) < 12


def test_images_of_many_prefixes_take_turns() -> None:
    world = World(JOB_BUCKETS="1", DISPATCH="timer", SWEEP_PARALLELISM="1")
    names = [f"a/{number}.png" for number in range(20)] + ["b/1.png", "plain.png", "c/d/1.png", "c/e/1.png"]
    for name in names:
        world.record_image(name, png(names.index(name) + 1, 1))
        world.clock.advance(1)
    world.clock.advance(121)
    order: list[str] = []
    world.darkroom.sweep.attempt = _Noting(order)  # type: ignore[assignment] # it runs like one
    world.darkroom.sweep.sweep(owner="timer/1")
    refs = [world.job(job_id).ref.removeprefix("images/") for job_id in order]
    assert list(islice(refs, 6)) == ["a/0.png", "b/1.png", "plain.png", "c/d/1.png", "a/1.png", "c/e/1.png"]
    assert len(refs) == 24


class _Noting:
    """Work that notes which jobs it was given.

    Args:
        order: Takes their ids.
        act: Is called for each.
    """

    kinds = ("image-analysis",)

    def __init__(self, order: list[str], act: Callable[[], object] = int) -> None:
        self._order = order
        self._act = act

    def run(self, job_id: str, *, owner: str) -> End:  # noqa: ARG002 - as Attempt
        """Note it."""
        self._order.append(job_id)
        self._act()
        return End.BUSY


@pytest.mark.case("security M7", was="an image waited until the sweep had worked on 50 slow ones")
def test_an_image_that_comes_due_during_a_long_sweep_has_its_turn_in_it() -> None:
    world = World(JOB_BUCKETS="1", DISPATCH="timer", SWEEP_PARALLELISM="1", LEASE_SECONDS="300")
    for number in range(10):
        world.record_image(f"slow/{number}.png", png(number + 1))
    world.clock.advance(1)
    order: list[str] = []
    world.darkroom.sweep.attempt = _Noting(order, lambda: _slowly(world, order))  # type: ignore[assignment] # it runs like one
    world.darkroom.sweep.sweep(owner="timer/1")
    refs = [world.job(job_id).ref for job_id in order]
    assert (refs.index("images/honest.png"), len(refs)) == (5, 11)


def _slowly(world: World, order: list[str]) -> None:
    """Let an analysis take a second, and an image be uploaded during the third."""
    if len(order) == 3:
        world.record_image("honest.png", png(99))
    world.clock.advance(1)


def _bucket_order(monkeypatch: pytest.MonkeyPatch, *, buckets: int, query_seconds: float) -> list[int]:
    """Sweep twenty jobs of a second; return which bucket was asked after the first look at each, one by one."""
    world = World(JOB_BUCKETS=str(buckets), DISPATCH="timer", SWEEP_PARALLELISM="1", LEASE_SECONDS="300")
    for number in range(20):
        world.record_image(f"{number}.png", png(number + 1))
    world.clock.advance(1)
    asked, due = list[int](), world.jobs.due

    def slow(kind: str, bucket: int, **options: Any) -> list[Due]:  # noqa: ANN401 - passed on
        asked.append(bucket)
        world.clock.advance(query_seconds)
        return due(kind, bucket, **options)

    monkeypatch.setattr(world.jobs, "due", slow)
    world.darkroom.sweep.attempt = _Noting([], lambda: world.clock.advance(1))  # type: ignore[assignment] # it runs like one
    world.darkroom.sweep.sweep(owner="timer/1")
    assert asked[:buckets] == list(range(buckets))
    return asked[buckets:]


def test_a_long_sweep_asks_each_bucket_once_more_in_two_seconds_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _bucket_order(monkeypatch, buckets=4, query_seconds=0)
    assert asked == [0, 1, 2, 3] * 9 + [0, 1]  # two after each job


@pytest.mark.parametrize("query_seconds", [0.05, 0.5])
def test_a_long_sweep_spends_a_tenth_of_its_time_on_looking_again(
    monkeypatch: pytest.MonkeyPatch, query_seconds: float
) -> None:
    asked = _bucket_order(monkeypatch, buckets=64, query_seconds=query_seconds)
    spent = len(asked) * query_seconds
    assert 0.05 < spent / (20 + spent) <= 0.1
    assert asked == [number % 64 for number in range(len(asked))]


def test_a_sweep_that_is_done_within_a_second_lists_what_is_due_once() -> None:
    world = World(JOB_BUCKETS="1", DISPATCH="timer", SWEEP_PARALLELISM="1")
    for number in range(10):
        world.record_image(f"{number}.png", png(number + 1))
    world.clock.advance(1)
    order: list[str] = []
    world.darkroom.sweep.attempt = _Noting(order, lambda: world.clock.advance(0.09))  # type: ignore[assignment] # it runs like one
    world.darkroom.sweep.sweep(owner="timer/1")
    assert (len(order), world.journal.count("jobs.due")) == (10, 1)
