"""Attempts that storage, or something that nobody foresaw, has ended."""

from typing import Any

import pytest

from shared.errors import ContentRefused, StorageOut
from shared.handlers import Completion, Context
from shared.ports.jobs import Row
from shared.rules.jobs import Move, State
from shared.steps.upkeep.bury import Burial
from shared.steps.work.attempt import End
from tests.unit.acts import raising
from tests.unit.handler_jobs import HandlerWorld


def _storage_goes_out(world: HandlerWorld) -> None:
    world.jobs.out = True
    raise StorageOut("ServerBusy")


def _outlast(world: HandlerWorld) -> None:
    """Live through an outage that lasts until the lease is over."""
    world._acts.append(lambda _: _storage_goes_out(world))
    with pytest.raises(StorageOut):
        world.work()
    world.jobs.out = False
    world.lapse()


@pytest.mark.case("mutants 6", was="FAILED attempts_exhausted after three outages")
def test_outages_that_let_no_claim_be_given_back_use_up_no_attempts_of_their_own_process() -> None:
    world = HandlerWorld(MAX_ATTEMPTS="3")
    for _ in range(4):
        _outlast(world)
    assert world.work() is End.COMPLETED
    assert (world.job().attempts, world.job().attempts_base) == (5, 4)


def test_an_attempt_that_an_outage_has_ended_counts_once_where_another_process_goes_on() -> None:
    world = HandlerWorld(MAX_ATTEMPTS="2")
    _outlast(world)
    world.worker_dies(world.job_id)
    assert world.work() is End.FAILED
    assert world.error is not None
    assert world.error[0] == "attempts_exhausted"


def test_nobody_ends_a_job_whose_last_attempt_an_outage_has_ended() -> None:
    world = HandlerWorld(MAX_ATTEMPTS="1")
    _outlast(world)
    message = world.queue.take_texts()[0].encode()
    assert world.darkroom.bury.bury(message) == [Burial.LEFT]
    assert world.work() is End.COMPLETED


@pytest.mark.case("mutants 3", was="claimed and given back for a week, error null")
def test_an_outage_that_comes_again_and_again_makes_its_job_wait_longer_each_time() -> None:
    world = HandlerWorld(*[raising(StorageOut("ServerBusy"))] * 4, BACKOFF_SECONDS="5", BACKOFF_MAX_SECONDS="60")
    waits = []
    for _ in range(4):
        with pytest.raises(StorageOut):
            world.work()
        assert world.error == ("storage_out", "Storage was out: ServerBusy")
        wait = ((world.job().not_before or world.clock.now) - world.clock.now).total_seconds()
        waits.append(wait)
        world.clock.advance(wait + 10)
    assert waits == [0, 20, 60, 60]
    assert not world.job().out_of_attempts


def test_an_outage_leaves_a_job_whose_child_has_died_to_be_analysed_alone() -> None:
    world = HandlerWorld(raising(MemoryError()), raising(StorageOut("ServerBusy")))
    world.work()
    world.clock.advance(60)
    with pytest.raises(StorageOut):
        world.work()
    assert world.error is not None
    assert world.error[0] == "out_of_memory"


def _commit_raises(world: HandlerWorld, error: Exception) -> None:
    """Let the next write of an end raise what no storage should."""
    world.jobs.before("replace", int, raising(error))


@pytest.mark.case("mutants 7", was="FAILED result_no_json: the handler was blamed")
@pytest.mark.parametrize("error", [ValueError("Invalid URL"), TypeError(), RecursionError()])
def test_an_error_of_the_storage_layer_is_not_blamed_on_the_handler(error: Exception) -> None:
    world = HandlerWorld()
    _commit_raises(world, error)
    assert world.work() is End.RETRIED
    assert world.error == ("unexpected_error", f"The attempt met {type(error).__name__}.")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(
            LookupError(),
            ("unexpected_error", "The attempt met LookupError."),
            marks=pytest.mark.case("storage false encoding", was="18 attempts in 120 s at MAX_ATTEMPTS=5, error null"),
        ),
        pytest.param(
            ContentRefused("EntityTooLarge"),
            ("content_refused", "Storage refuses the content of the row or message: EntityTooLarge."),
            marks=pytest.mark.case("mutants 3", was="claimed and given back for a week, error null"),
        ),
    ],
)
def test_an_error_that_nobody_foresaw_and_an_end_that_no_row_holds_count_back_off_and_end_the_job(
    error: Exception, outcome: tuple[str, str]
) -> None:
    world = HandlerWorld(MAX_ATTEMPTS="3")
    ends, waits = [], []
    for _ in range(3):
        _commit_raises(world, error)
        ends.append(world.work())
        waits.append(world.job().not_before is not None)
        world.clock.advance(60)
    assert (ends, waits) == ([End.RETRIED, End.RETRIED, End.FAILED], [True, True, False])
    assert (world.job().state, world.error) == (State.FAILED, outcome)


def test_a_job_of_which_no_end_can_be_written_uses_up_its_attempts_by_its_claims() -> None:
    world = HandlerWorld(MAX_ATTEMPTS="2")
    for _ in range(2):
        _refuse_writes(world, 2)
        with pytest.raises(ContentRefused):
            world.work()
        world.lapse()
    assert world.work() is End.FAILED
    assert world.error is not None
    assert world.error[0] == "attempts_exhausted"


def test_an_outage_is_raised_as_one_though_its_job_can_not_be_given_back() -> None:
    world = HandlerWorld(raising(StorageOut("ServerBusy")), MAX_ATTEMPTS="1")
    _refuse_writes(world, 1)
    with pytest.raises(StorageOut):
        world.work()
    world.lapse()
    assert world.work() is End.FAILED


def test_a_handler_may_meet_what_no_row_holds() -> None:
    world = HandlerWorld(raising(ContentRefused("EntityTooLarge")))
    assert world.work() is End.RETRIED
    assert world.error is not None
    assert world.error[0] == "content_refused"


def _refuse_writes(world: HandlerWorld, times: int) -> None:
    """Let the writes behind the next claim be refused for what they hold."""
    world.jobs.before("replace", int, *[raising(ContentRefused("EntityTooLarge"))] * times)


def _next_write_arrives_twice(world: HandlerWorld) -> None:
    """Let the next request that writes a job arrive twice, and the second answer be heard."""
    replace = world.jobs.replace

    def twice(row: Row, move: Move, **options: Any) -> Row:  # noqa: ANN401 - passed on
        world.jobs.replace = replace  # type: ignore[method-assign] # of this world alone
        replace(row, move, **options)
        return replace(row, move, **options)

    world.jobs.replace = twice  # type: ignore[method-assign] # of this world alone


@pytest.mark.case("mutants 8", was="lost, and the committed thumbnail deleted")
def test_a_commit_whose_request_arrives_twice_stands() -> None:
    undone: list[str] = []

    def work(job: Context) -> Completion:
        _next_write_arrives_twice(world)
        return Completion({"words": 2}, undo=lambda: undone.append(job.job.id))

    world = HandlerWorld(work)
    assert world.work() is End.COMPLETED
    assert (undone, world.job().report) == ([], {"words": 2})
    assert "refused" not in world.jobs.table.attempts[world.job_id, 1]


def test_a_claim_whose_request_arrives_twice_is_won() -> None:
    world = HandlerWorld()
    _next_write_arrives_twice(world)
    assert world.work() is End.COMPLETED
    assert world.job().attempts == 1
