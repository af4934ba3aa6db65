"""Production's moves on canonical jobs, remembered: the model changes a job in no other way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import moves
from shared.errors import IllegalTransition
from shared.jobs import Event, Facts, Guard, Job, JobError, Move, transition

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
#: All delays, leases and graces are one span: the model knows only whether it is over.
SPAN = timedelta(minutes=1)


class Frozen(dict[str, Any]):
    """A mapping that can stand in a hashed job; nobody writes to it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self))


@dataclass(frozen=True, eq=False)
class Cell:
    """One canonical job; equal jobs are one cell, so cells compare by identity."""

    job: Job


class Rules:
    """Calls ``shared.moves`` and canonicalises what it returns.

    Moments keep only whether they are set, a due one also whether it has come already; an error keeps only its code.
    ``lapsed`` says that the span since the row's last write is over: then a lease has lapsed, a delay is over and a
    due row has come up.

    Args:
        max_attempts: Of every job.
    """

    def __init__(self, max_attempts: int = 3) -> None:
        self._max_attempts = max_attempts
        self._cells: dict[Job, Cell] = {}
        self._known: dict[tuple[Any, ...], Cell | Guard | None] = {}

    def add(self, version: int) -> Cell:
        """Make the job of an image version."""

        def move() -> Move:
            return moves.add(
                kind="image",
                ref="images/a.png",
                version=str(version),
                params=Frozen(),
                max_attempts=self._max_attempts,
                now=NOW,
                grace=SPAN,
                add_nonce="",
            )

        added = self._once((Event.ADD, version), move)
        assert isinstance(added, Cell)
        return added

    def claim(self, cell: Cell, *, lapsed: bool, spared: bool = False) -> Cell | Guard | None:
        """Return the claimed job, or the guard against it; None when the state alone forbids it.

        Who is spared knows that an outage has ended the attempt before, which does not count then. The claim id is no
        more unique than the token: what holds here holds by the token alone.
        """

        def move() -> Move:
            name, now = str(cell.job.token + 1), LATER if lapsed else NOW
            job = moves.uncounted(cell.job) if spared else cell.job
            return moves.claim(job, owner="worker", claim_id=name, now=now, lapsed=lapsed, lease=SPAN)

        return self._once((Event.CLAIM, cell, lapsed, spared), move)

    def own(self, event: Event, cell: Cell, held: Cell) -> Cell | Guard | None:
        """Return what a worker who holds the claim in ``held`` makes of the job; refusals as in ``claim``."""
        mine, error = held.job.claim, JobError(event.value, "", NOW)
        assert mine is not None
        job = cell.job
        calls: dict[Event, Callable[[], Move]] = {
            Event.RENEW: lambda: moves.renew(job, claim=mine, now=NOW, lease=SPAN),
            Event.COMPLETE: lambda: moves.complete(job, claim=mine, report=Frozen(by=mine), now=NOW),
            Event.RETRY: lambda: moves.retry(job, claim=mine, error=error, now=NOW, delay=SPAN, grace=SPAN),
            Event.ABANDON: lambda: moves.abandon(job, claim=mine, now=NOW, grace=SPAN),
            Event.FAIL: lambda: moves.fail(job, claim=mine, error=error, now=NOW),
            Event.SUPERSEDE: lambda: moves.end(job, event=event, error=error, lapsed=False, now=NOW),
            Event.CANCEL: lambda: moves.end(job, event=event, error=error, lapsed=False, now=NOW),
        }
        return self._once((event, cell, mine), calls[event])

    def end(self, event: Event, cell: Cell, *, lapsed: bool) -> Cell | Guard | None:
        """End a job from outside; refusals as in ``claim``."""
        error = JobError(event.value, "", NOW)
        return self._once(
            (event, cell, lapsed), lambda: moves.end(cell.job, event=event, error=error, lapsed=lapsed, now=NOW)
        )

    def redrive(self, cell: Cell) -> Cell | Guard | None:
        """Open a failed or canceled job again; refusals as in ``claim``."""
        return self._once((Event.REDRIVE, cell), lambda: moves.redrive(cell.job, now=NOW, grace=SPAN))

    def reschedule(self, cell: Cell, *, lapsed: bool) -> Cell | Guard | None:
        """Move a job's due row on; refusals as in ``claim``."""
        due = NOW + SPAN
        return self._once(
            (Event.RESCHEDULE, cell, lapsed), lambda: moves.reschedule(cell.job, due=due, lapsed=lapsed, now=NOW)
        )

    def purge(self, cell: Cell, *, lapsed: bool) -> Cell | Guard | None:
        """Return the job that goes, as it stood; refusals as in ``claim``."""

        def move() -> Move:
            transition(Event.PURGE, cell.job, Facts(ended_before=LATER if lapsed else NOW))
            return Move(Event.PURGE, cell.job, NOW)

        return self._once((Event.PURGE, cell, lapsed), move)

    def _once(self, call: tuple[Any, ...], move: Callable[[], Move]) -> Cell | Guard | None:
        if call not in self._known:
            try:
                self._known[call] = self._cell(move())
            except IllegalTransition as refused:
                self._known[call] = None if refused.guard is None else Guard(refused.guard)
        return self._known[call]

    def _cell(self, move: Move) -> Cell:
        job = replace(
            move.job,
            created=NOW,
            started=None,
            due=move.job.due and (NOW if move.job.due <= move.at else NOW + SPAN),
            not_before=move.job.not_before and NOW + SPAN,
        )
        return self._cells.setdefault(job, Cell(job))
