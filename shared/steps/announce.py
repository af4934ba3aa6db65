"""Tell the workers of a job that waits. The row stands already, so nothing depends on this."""

import logging
from datetime import timedelta

from shared import messages
from shared.errors import StorageOut, Undecided
from shared.jobs import Job
from shared.ports import WorkQueue
from shared.settings import Settings
from shared.telemetry import Happened, emit


def send_message(queue: WorkQueue, settings: Settings, job: Job, *, delay: timedelta = timedelta(0)) -> None:
    """Send a job's message, where messages start analyses.

    A queue that is out delays the job and fails nothing: its due row brings it before the sweep.

    Costs: 1 message.
    """
    if not settings.sends:
        return
    try:
        queue.send(messages.write(job.id, job.traceparent), delay=delay)
    except (StorageOut, Undecided) as error:
        emit(Happened.UNANNOUNCED, level=logging.WARNING, job=job.id, error=str(error))
