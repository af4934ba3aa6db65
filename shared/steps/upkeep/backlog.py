"""Send what a sweep does not work on itself to the queue again, each job once in a while and not once a sweep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.clock import DATE_STEP, ServerClock
from shared.errors import IllegalTransition, Lost, NoSuchJob, Unreadable
from shared.ports.jobs import JobStore, Row, read
from shared.ports.queue import WorkQueue
from shared.rules import moves
from shared.rules.jobs import State
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce
from shared.steps.upkeep.turns import Turns
from shared.telemetry import LogEvent, emit

#: However often nobody has come for a job, its message is sent again as often as this.
LONGEST_WAIT = timedelta(hours=1)


class Resend(StrEnum):
    """What became of a due job that was to be sent to the queue again."""

    ANNOUNCED = "announced"  #: its due row was moved on, and its message sent again
    ENDED = "ended"  #: it had ended
    BUSY = "busy"  #: a worker is at it, or has just moved it on
    UNKNOWN = "unknown"  #: there is no such job
    LEFT = "left"  #: left to instances of a newer release


@dataclass(kw_only=True)
class Backlog:
    """Send messages of due jobs.

    The due row is moved on first, the message sent second: so a crash between the two sends too little, for a while,
    and no backlog is sent again by each sweep.

    Attributes:
        jobs: Where the rows are.
        queue: Tells how long it is.
        announce: Sends the messages.
        settings: Times, and how long the queue may become.
        clock: The service's time.
    """

    jobs: JobStore
    queue: WorkQueue
    announce: Announce
    settings: Settings
    clock: ServerClock

    def send(self, job_ids: Sequence[str], *, stop: Callable[[], bool], turns: Turns) -> dict[str, Resend]:
        """Send as many as the queue has room for, in the order given.

        Args:
            job_ids: Due jobs.
            stop: Says that it is time to end.
            turns: Keeps what a job raises, so that the others have their turn.

        Returns:
            An outcome for each job that was looked at and has raised nothing: ANNOUNCED, or why there was no need.

        Raises:
            StorageOut: Nothing is known of the queue; what was not looked at is due still.

        Costs: 1 read of the queue's length, if there is a job at all; get, transaction, send = 3 a job.
        """
        if not job_ids or stop():
            return {}
        room = max(0, self.settings.max_backlog - self.queue.backlog())
        if room < len(job_ids):
            emit(LogEvent.BACKLOG, unsent=len(job_ids) - room)
        outcomes: dict[str, Resend] = {}
        for job_id in job_ids[:room]:
            if stop():
                break
            with turns.turn():
                outcomes[job_id] = self._one(job_id)
        return outcomes

    def _one(self, job_id: str) -> Resend:
        try:
            row = read(self.jobs, job_id)
        except NoSuchJob:
            return Resend.UNKNOWN
        except Unreadable:
            return Resend.LEFT
        now, lapsed = self.clock.now(), row.lapsed(margin=self.settings.margin)
        try:
            moved = self.jobs.replace(row, moves.reschedule(row.job, due=now + self._wait(row), lapsed=lapsed, now=now))
        except IllegalTransition:
            return Resend.ENDED if row.job.state.ended else Resend.BUSY
        except Lost:
            return Resend.BUSY
        # A claim that has lapsed counts as live for the margin after this write; a message that finds it so is spent.
        delay = self.settings.margin + DATE_STEP if row.job.state is State.RUNNING else timedelta(0)
        self.announce.announce(moved.job, delay=delay)
        return Resend.ANNOUNCED

    def _wait(self, row: Row) -> timedelta:
        """Return how long to wait for the message's effect: twice as long as the last time."""
        last = row.job.due - row.modified_at if row.job.due is not None else timedelta(0)
        return min(max(2 * last, self.announce.grace(row.job.type)), LONGEST_WAIT)
