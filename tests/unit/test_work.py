from datetime import timedelta

import pytest

from shared.clock import DATE_STEP
from shared.errors import DarkroomError, NoSandbox, NoSuchJob, Stale, StorageOut, Undecided
from shared.handlers import CancelJob, Completion, Context, FailJob, RetryJob
from shared.rules.jobs import Event, State
from shared.steps.intake.add import NewJob
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.handler_jobs import KIND, HandlerWorld


def test_a_handler_is_given_the_job_under_its_own_claim() -> None:
    world = HandlerWorld(
        lambda job: {"words": len(job.job.params["text"].split()), "owner": job.job.owner, "lost": job.lost}
    )
    world.work()
    assert world.job().report == {"words": 2, "owner": "queue/1", "lost": False}


def test_work_takes_three_requests_beside_the_handlers_own() -> None:
    world = HandlerWorld()
    world.work()
    assert world.journal == ["jobs.get", "jobs.replace", "jobs.replace"]


def test_a_handler_that_says_fail_ends_the_job_and_is_not_called_again() -> None:
    world = HandlerWorld(raising(FailJob("no_words", "There is not one word.")))
    assert [world.work(), world.work()] == [End.FAILED, End.ENDED]
    assert (world.job().state, world.error, len(world.contexts)) == (
        State.FAILED,
        ("no_words", "There is not one word."),
        1,
    )


@pytest.mark.parametrize(("delay", "wait"), [(None, 2.5), (timedelta(minutes=3), 180.0), (timedelta(0), 0.0)])
def test_a_handler_that_says_retry_has_its_delay_or_the_back_off(delay: timedelta | None, wait: float) -> None:
    world = HandlerWorld(raising(RetryJob("busy", "The dictionary is lent out.", delay=delay)))
    assert world.work() is End.RETRIED
    job = world.job()
    assert job.not_before is not None
    assert job.error is not None
    assert (job.not_before - job.error.at).total_seconds() == wait
    assert (job.state, job.error.code) == (State.PENDING, "busy")
    assert world.queue.messages[-1][1] == timedelta(seconds=wait) + DATE_STEP


def test_a_handler_that_says_retry_at_the_last_attempt_has_failed() -> None:
    world = HandlerWorld(raising(RetryJob("busy", "Lent out.")), MAX_ATTEMPTS="1")
    assert world.work() is End.FAILED
    assert (world.job().state, world.error) == (State.FAILED, ("busy", "Lent out."))


def test_a_handler_that_says_cancel_ends_the_job_as_canceled() -> None:
    world = HandlerWorld(raising(CancelJob("text_gone", "The text is gone.")))
    assert world.work() is End.CANCELED
    assert (world.job().state, world.error) == (State.CANCELED, ("text_gone", "The text is gone."))
    assert world.jobs.table.attempts[world.job_id, 1]["outcome"] == Event.CANCEL.value


def test_a_handler_that_says_superseded_ends_the_job_so() -> None:
    world = HandlerWorld(raising(CancelJob("replaced", "There is a newer one.", event=Event.SUPERSEDE)))
    assert world.work() is End.CANCELED
    assert world.jobs.table.attempts[world.job_id, 1]["outcome"] == Event.SUPERSEDE.value


@pytest.mark.parametrize("error", [KeyError("secret"), SystemError("/secret"), NoSuchJob(), DarkroomError("secret")])
def test_a_handler_that_crashes_is_tried_again_and_the_job_says_by_which_kind_of_error_alone(error: Exception) -> None:
    world = HandlerWorld(raising(error))
    assert world.work() is End.RETRIED
    assert world.error == ("handler_crashed", f"The handler raised {type(error).__name__}.")
    world.clock.advance(10)
    assert world.work() is End.COMPLETED


def test_a_handler_that_always_crashes_fails_its_job() -> None:
    world = HandlerWorld(*[raising(ValueError())] * 2, MAX_ATTEMPTS="2")
    world.work()
    world.clock.advance(10)
    assert world.work() is End.FAILED
    assert world.error == ("handler_crashed", "The handler raised ValueError.")


def test_a_handler_without_memory_is_tried_again() -> None:
    world = HandlerWorld(raising(MemoryError()))
    assert world.work() is End.RETRIED
    assert world.error == ("out_of_memory", "The work ran out of memory.")


def test_a_handler_that_has_lost_its_lease_writes_nothing_more() -> None:
    world = HandlerWorld(raising(Stale()))
    assert world.work() is End.LOST
    assert (world.job().state, world.job().token) == (State.RUNNING, 1)


def test_the_end_of_a_process_is_no_crash_of_a_handler() -> None:
    world = HandlerWorld(raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        world.work()
    assert world.job().state is State.RUNNING


@pytest.mark.parametrize(
    ("error", "code"),
    [(StorageOut("out"), "storage_out"), (Undecided("?"), "storage_out"), (NoSandbox("none"), "no_sandbox")],
)
def test_an_outage_in_a_handler_gives_the_job_back_uncounted_and_raises(error: Exception, code: str) -> None:
    world = HandlerWorld(raising(error), MAX_ATTEMPTS="1")
    with pytest.raises(type(error)):
        world.work()
    job = world.job()
    assert job.error is not None
    assert (job.state, job.out_of_attempts, job.error.code) == (State.PENDING, False, code)
    assert world.work() is End.COMPLETED
    assert world.job().error is None


def test_an_outage_at_the_commit_raises_and_leaves_the_job_to_its_lease() -> None:
    world = HandlerWorld()

    def out() -> None:
        world.jobs.out = True

    world.jobs.before("replace", int, out)
    with pytest.raises(StorageOut):
        world.work()
    assert world.job().state is State.RUNNING
    world.jobs.out = False
    world.lapse()
    assert world.work() is End.COMPLETED


def test_no_renewal_follows_the_end_of_work() -> None:
    world = HandlerWorld()
    world.work()
    assert world.darkroom.heartbeat.beat() is None


@pytest.mark.parametrize("loses", [True, False])
def test_a_loser_takes_back_what_it_has_published_and_a_winner_does_not(*, loses: bool) -> None:
    undone: list[str] = []

    def work(job: Context) -> Completion:
        if loses:
            world.rival_claims(job.job.id)
        return Completion({}, undo=lambda: undone.append(job.job.id))

    world = HandlerWorld(work)
    assert world.work() is (End.LOST if loses else End.COMPLETED)
    assert undone == [world.job_id] * loses


def test_a_loser_is_noted_and_counted() -> None:
    def work(job: Context) -> None:
        world.rival_claims(job.job.id)

    world = HandlerWorld(work)
    world.work()
    assert world.jobs.table.attempts[world.job_id, 1]["late_reports"] == 1
    assert world.darkroom.statistics.count().stale_reports_total == 1


def test_a_job_of_a_type_that_nobody_here_works_on_is_left(world: World) -> None:
    row = world.darkroom.add.add(NewJob(kind=KIND, ref="text", params={}, unique=True)).row
    assert row is not None
    assert world.darkroom.attempt.run(row.job.id, owner="queue/1") is End.LEFT
    assert world.job(row.job.id).state is State.PENDING


def test_a_job_that_is_not_there_is_unknown_whatever_its_type() -> None:
    world = HandlerWorld()
    for kind in (KIND, "other"):
        with pytest.raises(NoSuchJob):
            world.work(f"{kind}-{0:032x}")


def test_nothing_is_worked_on_while_dispatch_is_off() -> None:
    world = HandlerWorld(DISPATCH="off")
    assert world.work() is End.PAUSED
    assert (world.journal, world.contexts) == ([], [])


def test_the_message_of_a_job_brings_it_to_its_handler() -> None:
    world = HandlerWorld()
    (message,) = world.queue.take_texts()
    assert world.darkroom.receive.receive(message.encode(), owner="queue/1") == [End.COMPLETED]
    assert world.job().state is State.COMPLETED


def test_a_message_of_a_type_that_nobody_here_works_on_is_done_with(world: World) -> None:
    row = world.darkroom.add.add(NewJob(kind=KIND, ref="text", params={}, unique=True)).row
    assert row is not None
    assert world.darkroom.receive.receive(row.job.id.encode(), owner="queue/1") == [End.LEFT]
    assert world.rejections.rows == {}


def test_the_sweep_works_on_what_no_message_has_brought() -> None:
    world = HandlerWorld()
    world.clock.advance(121)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}
    assert world.job().state is State.COMPLETED


def test_the_sweep_leaves_jobs_of_other_types_to_whoever_claims_them() -> None:
    world = HandlerWorld()
    row = world.darkroom.add.add(NewJob(kind="other", ref="text", params={}, unique=True)).row
    assert row is not None
    world.clock.advance(121)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}
    assert world.job(row.job.id).state is State.PENDING


def test_images_are_worked_on_beside_other_types() -> None:
    world = HandlerWorld()
    assert set(world.darkroom.attempt.kinds) == {KIND, "image-analysis"}
    assert world.darkroom.attempt.run(world.record_image(), owner="queue/1") is End.COMPLETED
