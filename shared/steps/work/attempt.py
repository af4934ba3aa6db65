"""Bring one job to its end, if it is free: claim it, let its handler work, commit what that returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.errors import (
    ContentRefused,
    NoSandbox,
    NoSuchJob,
    NotJson,
    Outage,
    Refused,
    Stale,
    TooLarge,
    Unreadable,
)
from shared.handlers import CancelJob, Completion, FailJob, Handler, RetryJob
from shared.ports.jobs import read
from shared.rules.ids import kind
from shared.rules.jobs import Event, JobError, State
from shared.settings.enums import Dispatch
from shared.steps.work.claims import Claims, NotClaimed
from shared.steps.work.held_claim import HeldClaim
from shared.telemetry import LOGGER, LogEvent, emit
from shared.tracing import OFF, Operation, Tracer

#: What a write raises that found its claim gone, and its own attempt with it.
_LOST = (Stale, Refused, NoSuchJob)


class End(StrEnum):
    """What became of a job in one attempt; each needs nothing more from the caller."""

    COMPLETED = "completed"  #: this attempt committed the result
    FAILED = "failed"  #: this call ended the job by an error, its attempts used up perhaps
    CANCELED = "canceled"  #: this attempt ended the job: what it was about is gone or replaced
    RETRIED = "retried"  #: this attempt gave the job back, to be claimed later
    LOST = "lost"  #: the claim went to another worker before this one had finished
    BUSY = "busy"  #: another worker holds the job; its due row brings it back if that one dies
    NOT_DUE = "not due"  #: its back-off is not over; its due row brings it back
    ENDED = "ended"  #: the job had ended before this call
    LEFT = "left"  #: left to workers outside, or to instances of a newer release
    PAUSED = "paused"  #: ``DISPATCH=off``


_ENDS = {
    State.COMPLETED: End.COMPLETED,
    State.FAILED: End.FAILED,
    State.CANCELED: End.CANCELED,
    State.PENDING: End.RETRIED,
}

#: Ends of an attempt that has not done what it was to do.
_FAILURES = frozenset({End.FAILED, End.RETRIED, End.LOST})


@dataclass(kw_only=True)
class Attempt:
    """Work on jobs.

    Attributes:
        claims: Claims jobs.
        handlers: What works on each type.
        dispatch: Whether this app works at all.
        tracer: Makes a span of each attempt.
    """

    claims: Claims
    handlers: Mapping[str, Handler]
    dispatch: Dispatch
    tracer: Tracer = OFF

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that are worked on here."""
        return tuple(self.handlers)

    def run(self, job_id: str, *, owner: str) -> End:
        """Work on a job and commit the result, unless the job has ended or another worker holds it.

        Args:
            job_id: The job.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Raises:
            InvalidReference: That is not a job id.
            NoSuchJob: No job has this id.
            Outage: Storage is out, or this machine can start no child process. The claim is given back uncounted, or
                its lease lapses.
            ContentRefused: Storage takes no claim of this job, or no end; where it was claimed, the attempt counts.

        Costs: get, claim, commit = 3, those of the handler, and a renewal each third of a lease; 1 for an ended job.
        """
        if self.dispatch is Dispatch.OFF:
            return End.PAUSED
        handler = self.handlers.get(kind(job_id))
        try:
            if handler is None:
                read(self.claims.jobs, job_id)
                return End.LEFT
            claim = self.claims.begin(job_id, owner=owner)
        except Unreadable:
            return End.LEFT
        except NotClaimed as not_claimed:
            return End(not_claimed.reason.value)
        except Stale:
            return End.LOST
        return self._run_as_span(claim, handler)

    def _run_as_span(self, claim: HeldClaim, handler: Handler) -> End:
        job = claim.job
        with self.tracer.span(
            Operation.PROCESS, job.type, trace=job.traceparent, job=job.id, token=job.token, owner=job.owner
        ) as span:
            end = self._run(claim, handler)
            span.note(outcome=end)
            if end in _FAILURES:
                span.fail(end if end is End.LOST or claim.job.error is None else claim.job.error.code)
            return end

    def _run(self, claim: HeldClaim, handler: Handler) -> End:
        try:
            return _finish(claim, handler)
        except _LOST:
            return End.LOST
        except NoSandbox:
            self._give_back(claim, "no_sandbox", "No child process could be started.")
            raise
        except Outage as outage:
            self._give_back(claim, "storage_out", f"Storage was out: {outage}")
            raise
        finally:
            claim.release()

    def _give_back(self, claim: HeldClaim, code: str, message: str) -> None:
        """Give the job back after an outage, uncounted; where that fails too, the lease lapses by itself."""
        try:
            claim.abandon(error=JobError(code, message, self.claims.clock.now()))
        except Outage:
            self.claims.spare(claim.claim)
        except ContentRefused as refused:  # the attempt counts, so that this ends
            emit(LogEvent.UNWRITABLE, job=claim.job.id, error=str(refused))
        except _LOST:
            pass


def _finish(claim: HeldClaim, handler: Handler) -> End:
    """Work, and end the attempt, whether the work succeeds or not."""
    try:
        return _work(claim, handler)
    except (*_LOST, Outage):
        raise
    except ContentRefused as refused:  # another attempt may have less to write; without a count this never ends
        return _ENDS[claim.retry(refused.code, str(refused)).job.state]
    except Exception as error:  # noqa: BLE001 - the edge of an attempt: what nobody foresaw is its end
        _log_crash(claim, error)
        return _ENDS[claim.retry("unexpected_error", f"The attempt met {type(error).__name__}.").job.state]


def _work(claim: HeldClaim, handler: Handler) -> End:
    """Call the handler, and write what it makes of the job."""
    try:
        done = _call(claim, handler)
    except FailJob as wish:
        return _ENDS[claim.fail(wish.code, str(wish)).job.state]
    except RetryJob as wish:
        return _ENDS[claim.retry(wish.code, str(wish), delay=wish.delay).job.state]
    except CancelJob as wish:
        if wish.event is Event.SUPERSEDE and not claim.still_own():
            return End.CANCELED  # who recorded its successor has ended it in the same transaction
        return _ENDS[claim.cancel(wish.code, str(wish), event=wish.event).job.state]
    return _commit(claim, done)


def _call(claim: HeldClaim, handler: Handler) -> Completion:
    """Call the handler; what it raises unforeseen is a wish to try again, and counts."""
    try:
        returned = handler(claim)
    except (FailJob, RetryJob, CancelJob, Outage, ContentRefused):
        raise
    except Stale:
        raise claim.stop() from None
    except MemoryError:
        raise RetryJob("out_of_memory", "The work ran out of memory.") from None
    except Exception as error:
        _log_crash(claim, error)
        raise RetryJob("handler_crashed", f"The handler raised {type(error).__name__}.") from error
    return returned if isinstance(returned, Completion) else Completion({} if returned is None else returned)


def _log_crash(claim: HeldClaim, error: Exception) -> None:
    LOGGER.error("an attempt crashed", exc_info=error)
    emit(LogEvent.CRASHED, job=claim.job.id, error=type(error).__name__)


def _commit(claim: HeldClaim, done: Completion) -> End:
    """Commit; a loser takes back what it has published."""
    try:
        return _ENDS[claim.complete(_mapping(done.result), done.thumbnail).job.state]
    except TooLarge as error:
        name = "result" if error.field == "report" else error.field
        return _ENDS[claim.fail("result_too_large", f"The handler's {name} {error.problem}.").job.state]
    except NotJson as error:
        return _ENDS[claim.fail("result_no_json", f"The handler's result is not JSON: {error.why}.").job.state]
    except _LOST:
        done.undo()
        raise


def _mapping(result: object) -> dict[str, Any]:
    """Return a result as it is stored; a handler may return what its type forbids.

    Raises:
        NotJson: It is not an object.
    """
    if not isinstance(result, Mapping):
        raise NotJson("report", type(result).__name__)
    return dict(result)
