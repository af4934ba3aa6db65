"""Bring one job to its end, if it is free: claim it, let its handler work, commit what that returns."""

import logging
from collections.abc import Mapping
from typing import Any

from shared.errors import ContentRefused, NoSandbox, NotJson, Stale, StorageOut, TooLarge, Undecided
from shared.handlers import CancelJob, Done, FailJob, Handler, RetryJob
from shared.rules.ids import kind
from shared.rules.jobs import Event
from shared.settings.enums import Dispatch
from shared.steps.found import found
from shared.steps.outcomes import Outcome
from shared.steps.work.attempt import Attempt, Attempts
from shared.telemetry import LOGGER, LogEvent, emit

#: What says nothing about the job: it is given back, and the attempt does not count.
_OUTAGES = (StorageOut, Undecided, NoSandbox)


class Work:
    """Work on jobs.

    Args:
        attempts: Claims jobs.
        handlers: What works on each type.
        dispatch: Whether this app works at all.
    """

    def __init__(self, *, attempts: Attempts, handlers: Mapping[str, Handler], dispatch: Dispatch) -> None:
        self._attempts = attempts
        self._handlers = handlers
        self._dispatch = dispatch

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that are worked on here."""
        return tuple(self._handlers)

    def __call__(self, job_id: str, *, owner: str) -> Outcome:
        """Work on a job and commit the result, unless the job has ended or another worker holds it.

        Args:
            job_id: The job.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Returns:
            How it ended; LEFT for a type that only external workers work on.

        Raises:
            InvalidReference: That is no job id.
            StorageOut: Storage is out. The claim is given back uncounted, or its lease lapses.
            Undecided: The same.
            NoSandbox: This machine can start no child process; likewise.
            ContentRefused: Storage takes no claim of this job, or no end; where it was claimed, the attempt counts.

        Costs: get, claim, commit = 3, those of the handler, and a renewal each third of a lease; 1 for an ended job.
        """
        if self._dispatch is Dispatch.OFF:
            return Outcome.PAUSED
        handler = self._handlers.get(kind(job_id))
        if handler is None:
            row = found(self._attempts.jobs, job_id)
            return row if isinstance(row, Outcome) else Outcome.LEFT
        attempt = self._attempts.begin(job_id, owner=owner)
        if isinstance(attempt, Outcome):
            return attempt
        with attempt:
            try:
                return self._worked(attempt, handler)
            except NoSandbox:
                attempt.abandon("no_sandbox", "No child process could be started to analyse in.")
                raise
            except _OUTAGES as outage:
                attempt.abandon("storage_out", f"Storage was out: {outage}")
                raise
            except ContentRefused as refused:  # another attempt may have less to write; none would be no end
                return attempt.retry(refused.code, str(refused))
            except Exception as error:  # noqa: BLE001 - the edge of an attempt: what nobody foresaw is its end
                return _crashed(attempt, "unexpected_error", "The attempt met", error)

    def _worked(self, attempt: Attempt, handler: Handler) -> Outcome:
        try:
            returned = handler(attempt)
        except (FailJob, RetryJob, CancelJob) as told:
            return _ended(attempt, told)
        except Stale:
            return attempt.refuse()
        except MemoryError:
            return attempt.retry("out_of_memory", "The work ran out of memory.")
        except (*_OUTAGES, ContentRefused):
            raise
        except Exception as error:  # noqa: BLE001 - the edge to a handler's code
            return _crashed(attempt, "handler_crashed", "The handler raised", error)
        if not isinstance(returned, Done):
            returned = Done({} if returned is None else returned)
        return _committed(attempt, returned)


def _crashed(attempt: Attempt, code: str, what: str, error: Exception) -> Outcome:
    """Give the job back after an error that nobody foresaw: the attempt counts, and the job says which kind it was."""
    LOGGER.error("an attempt crashed", exc_info=error)
    emit(LogEvent.CRASHED, level=logging.ERROR, job=attempt.job.id, error=type(error).__name__)
    return attempt.retry(code, f"{what} {type(error).__name__}.")


def _ended(attempt: Attempt, told: FailJob | RetryJob | CancelJob) -> Outcome:
    """End the attempt as its handler wants it."""
    if isinstance(told, FailJob):
        return attempt.fail(told.code, str(told))
    if isinstance(told, RetryJob):
        return attempt.retry(told.code, str(told), delay=told.delay)
    if told.event is Event.SUPERSEDE and not attempt.still_own():
        return Outcome.CANCELED  # who recorded its successor has ended it in the same transaction
    return attempt.cancel(told.code, str(told), event=told.event)


def _committed(attempt: Attempt, done: Done) -> Outcome:
    """Commit; a loser takes back what it has published."""
    try:
        outcome = attempt.complete(_mapping(done.result), done.thumbnail)
    except TooLarge as error:
        return attempt.fail("result_too_large", str(error))
    except NotJson as error:
        return attempt.fail("result_no_json", f"The handler's result is not JSON: {error.why}.")
    if outcome is Outcome.LOST:
        done.undo()
    return outcome


def _mapping(result: object) -> dict[str, Any]:
    """Return a result as it is stored; a handler may return what its type forbids.

    Raises:
        NotJson: It is not an object.
    """
    if not isinstance(result, Mapping):
        raise NotJson("report", type(result).__name__)
    return dict(result)
