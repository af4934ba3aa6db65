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
    told = HandlerWorld(
        lambda job: {"words": len(job.job.params["text"].split()), "owner": job.job.owner, "lost": job.lost}
    )
    told.work()
    assert told.job.report == {"words": 2, "owner": "queue/1", "lost": False}


def test_work_takes_three_requests_beside_the_handlers_own() -> None:
    told = HandlerWorld()
    told.work()
    assert told.world.journal == ["jobs.get", "jobs.replace", "jobs.replace"]


def test_a_handler_that_says_fail_ends_the_job_and_is_not_called_again() -> None:
    told = HandlerWorld(raising(FailJob("no_words", "There is not one word.")))
    assert [told.work(), told.work()] == [End.FAILED, End.ENDED]
    assert (told.job.state, told.error, len(told.contexts)) == (State.FAILED, ("no_words", "There is not one word."), 1)


@pytest.mark.parametrize(("delay", "wait"), [(None, 2.5), (timedelta(minutes=3), 180.0), (timedelta(0), 0.0)])
def test_a_handler_that_says_retry_has_its_delay_or_the_back_off(delay: timedelta | None, wait: float) -> None:
    told = HandlerWorld(raising(RetryJob("busy", "The dictionary is lent out.", delay=delay)))
    assert told.work() is End.RETRIED
    assert told.job.not_before is not None
    assert told.job.error is not None
    assert (told.job.not_before - told.job.error.at).total_seconds() == wait
    assert (told.job.state, told.job.error.code) == (State.PENDING, "busy")
    assert told.world.queue.messages[-1][1] == timedelta(seconds=wait) + DATE_STEP


def test_a_handler_that_says_retry_at_the_last_attempt_has_failed() -> None:
    told = HandlerWorld(raising(RetryJob("busy", "Lent out.")), MAX_ATTEMPTS="1")
    assert told.work() is End.FAILED
    assert (told.job.state, told.error) == (State.FAILED, ("busy", "Lent out."))


def test_a_handler_that_says_cancel_ends_the_job_as_canceled() -> None:
    told = HandlerWorld(raising(CancelJob("text_gone", "The text is gone.")))
    assert told.work() is End.CANCELED
    assert (told.job.state, told.error) == (State.CANCELED, ("text_gone", "The text is gone."))
    assert told.world.jobs.table.attempts[told.job_id, 1]["outcome"] == Event.CANCEL.value


def test_a_handler_that_says_superseded_ends_the_job_so() -> None:
    told = HandlerWorld(raising(CancelJob("replaced", "There is a newer one.", event=Event.SUPERSEDE)))
    assert told.work() is End.CANCELED
    assert told.world.jobs.table.attempts[told.job_id, 1]["outcome"] == Event.SUPERSEDE.value


@pytest.mark.parametrize("error", [KeyError("secret"), SystemError("/secret"), NoSuchJob(), DarkroomError("secret")])
def test_a_handler_that_crashes_is_tried_again_and_the_job_says_by_which_kind_of_error_alone(error: Exception) -> None:
    told = HandlerWorld(raising(error))
    assert told.work() is End.RETRIED
    assert told.error == ("handler_crashed", f"The handler raised {type(error).__name__}.")
    told.world.clock.advance(10)
    assert told.work() is End.COMPLETED


def test_a_handler_that_always_crashes_fails_its_job() -> None:
    told = HandlerWorld(*[raising(ValueError())] * 2, MAX_ATTEMPTS="2")
    told.work()
    told.world.clock.advance(10)
    assert told.work() is End.FAILED
    assert told.error == ("handler_crashed", "The handler raised ValueError.")


def test_a_handler_without_memory_is_tried_again() -> None:
    told = HandlerWorld(raising(MemoryError()))
    assert told.work() is End.RETRIED
    assert told.error == ("out_of_memory", "The work ran out of memory.")


def test_a_handler_that_has_lost_its_lease_writes_nothing_more() -> None:
    told = HandlerWorld(raising(Stale()))
    assert told.work() is End.LOST
    assert (told.job.state, told.job.token) == (State.RUNNING, 1)


def test_the_end_of_a_process_is_no_crash_of_a_handler() -> None:
    told = HandlerWorld(raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        told.work()
    assert told.job.state is State.RUNNING


@pytest.mark.parametrize(
    ("error", "code"),
    [(StorageOut("out"), "storage_out"), (Undecided("?"), "storage_out"), (NoSandbox("none"), "no_sandbox")],
)
def test_an_outage_in_a_handler_gives_the_job_back_uncounted_and_raises(error: Exception, code: str) -> None:
    told = HandlerWorld(raising(error), MAX_ATTEMPTS="1")
    with pytest.raises(type(error)):
        told.work()
    assert told.job.error is not None
    assert (told.job.state, told.job.out_of_attempts, told.job.error.code) == (State.PENDING, False, code)
    assert told.work() is End.COMPLETED
    assert told.job.error is None


def test_an_outage_at_the_commit_raises_and_leaves_the_job_to_its_lease() -> None:
    told = HandlerWorld()

    def out() -> None:
        told.world.jobs.out = True

    told.world.jobs.before("replace", int, out)
    with pytest.raises(StorageOut):
        told.work()
    assert told.job.state is State.RUNNING
    told.world.jobs.out = False
    told.world.lapse()
    assert told.work() is End.COMPLETED


def test_no_renewal_follows_the_end_of_work() -> None:
    told = HandlerWorld()
    told.work()
    assert told.world.darkroom.heartbeat.beat() is None


@pytest.mark.parametrize("loses", [True, False])
def test_a_loser_takes_back_what_it_has_published_and_a_winner_does_not(*, loses: bool) -> None:
    undone: list[str] = []

    def work(job: Context) -> Completion:
        if loses:
            told.world.rival_claims(job.job.id)
        return Completion({}, undo=lambda: undone.append(job.job.id))

    told = HandlerWorld(work)
    assert told.work() is (End.LOST if loses else End.COMPLETED)
    assert undone == [told.job_id] * loses


def test_a_loser_is_noted_and_counted() -> None:
    def work(job: Context) -> None:
        told.world.rival_claims(job.job.id)

    told = HandlerWorld(work)
    told.work()
    assert told.world.jobs.table.attempts[told.job_id, 1]["late_reports"] == 1
    assert told.world.darkroom.statistics.count().stale_reports_total == 1


def test_a_job_of_a_type_that_nobody_here_works_on_is_left(world: World) -> None:
    row = world.darkroom.add.add(NewJob(kind=KIND, ref="text", params={}, unique=True)).row
    assert row is not None
    assert world.darkroom.attempt.run(row.job.id, owner="queue/1") is End.LEFT
    assert world.job(row.job.id).state is State.PENDING


def test_a_job_that_is_not_there_is_unknown_whatever_its_type() -> None:
    told = HandlerWorld()
    for kind in (KIND, "other"):
        with pytest.raises(NoSuchJob):
            told.work(f"{kind}-{0:032x}")


def test_nothing_is_worked_on_while_dispatch_is_off() -> None:
    told = HandlerWorld(DISPATCH="off")
    assert told.work() is End.PAUSED
    assert (told.world.journal, told.contexts) == ([], [])


def test_the_message_of_a_job_brings_it_to_its_handler() -> None:
    told = HandlerWorld()
    (message,) = told.world.queue.receive()
    assert told.world.darkroom.receive.receive(message.encode(), owner="queue/1") == [End.COMPLETED]
    assert told.job.state is State.COMPLETED


def test_a_message_of_a_type_that_nobody_here_works_on_is_done_with(world: World) -> None:
    row = world.darkroom.add.add(NewJob(kind=KIND, ref="text", params={}, unique=True)).row
    assert row is not None
    assert world.darkroom.receive.receive(row.job.id.encode(), owner="queue/1") == [End.LEFT]
    assert world.rejections.rows == {}


def test_the_sweep_works_on_what_no_message_has_brought() -> None:
    told = HandlerWorld()
    told.world.clock.advance(121)
    assert told.world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}
    assert told.job.state is State.COMPLETED


def test_the_sweep_leaves_jobs_of_other_types_to_whoever_claims_them() -> None:
    told = HandlerWorld()
    row = told.world.darkroom.add.add(NewJob(kind="other", ref="text", params={}, unique=True)).row
    assert row is not None
    told.world.clock.advance(121)
    assert told.world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}
    assert told.world.job(row.job.id).state is State.PENDING


def test_images_are_worked_on_beside_other_types() -> None:
    told = HandlerWorld()
    assert set(told.world.darkroom.attempt.kinds) == {KIND, "image-analysis"}
    assert told.world.darkroom.attempt.run(told.world.record_image(), owner="queue/1") is End.COMPLETED
