"""Tell this app's workers of a job that waits. The row stands already, so nothing depends on this."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import ContentRefused, StorageOut, Undecided
from shared.ports.queue import WorkQueue
from shared.rules import messages
from shared.rules.flows import flow_of
from shared.rules.jobs import Job
from shared.settings.settings import Settings
from shared.telemetry import LogEvent, emit

#: The queue hides no message longer (Azure Queue Storage); what is due later is left to its due row.
LONGEST_DELAY = timedelta(days=7)


@dataclass(kw_only=True)
class Announce:
    """Send the messages of jobs.

    Attributes:
        queue: Where they go.
        settings: The dispatch strategy and the grace.
        handled_types: Types that this app works on; external workers ask for the others, and no message starts these.
    """

    queue: WorkQueue
    settings: Settings
    handled_types: Collection[str]

    def grace(self, kind: str) -> timedelta:
        """Return how long the sweep leaves a job to its message; no time at all where none is sent."""
        return self.settings.grace if kind in self.handled_types else timedelta(0)

    def announce(self, job: Job, *, delay: timedelta = timedelta(0)) -> None:
        """Send a job's message, where messages start jobs of its type.

        A queue that is out, or takes no such message, delays the job and fails nothing: its due row brings it before
        the sweep.

        Costs: 1 message.
        """
        if not self.settings.sends or job.type not in self.handled_types or delay > LONGEST_DELAY:
            return
        try:
            flow = flow_of(job.ref) if job.is_image else None
            self.queue.send(messages.write(job.id, job.traceparent, flow=flow), delay=delay)
        except (StorageOut, Undecided, ContentRefused) as error:
            emit(LogEvent.UNANNOUNCED, job=job.id, error=str(error))

    def defer(self, job_id: str, flow: str | None, *, delay: timedelta) -> bool:
        """Send a job's message to the tail of the queue, as the one in hand says that it has been there.

        Args:
            job_id: The job.
            flow: Of its image.
            delay: Until the message may be received again.

        Returns:
            Whether it was sent; if not, the one in hand is to be worked on.

        Costs: 1 message.
        """
        if not self.settings.sends:
            return False
        try:
            self.queue.send(messages.write(job_id, None, flow=flow, hop=True), delay=delay)
        except (StorageOut, Undecided, ContentRefused):
            return False
        emit(LogEvent.DEFERRED, job=job_id, flow=flow, seconds=delay.total_seconds())
        return True
