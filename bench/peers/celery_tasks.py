"""Celery on Azure storage queues, its results in blobs: the tasks, and the producer of their messages.

The worker is ``celery --app bench.peers.celery_tasks worker``; ``python -m bench.peers.celery_tasks`` sends a message
for each name on stdin, and answers each with an empty line. ``BENCH_ENDS`` is the file that says whose result stands.
"""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_success

from bench.peers import thumbnail_task

app = Celery(
    "bench",
    broker=f"azurestoragequeues://{os.environ['BENCH_KEY']}@{os.environ['BENCH_QUEUES']}",
    backend=f"azureblockblob://{os.environ['BENCH_CONNECTION']}",
)
# Remote control has a queue of its own, polled as often as that of the tasks: off, in favour of Celery's figures.
app.conf.update(
    task_default_queue=os.environ["BENCH_QUEUE"],
    azureblockblob_container_name=os.environ["BENCH_RESULTS"],
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)
thumbnail = app.task(name="thumbnail")(thumbnail_task.run)


def _note_end(result: dict[str, Any], **_: object) -> None:
    """Note a result; Celery has stored it before it says so."""
    thumbnail_task.note("BENCH_ENDS", result["name"])


task_success.connect(_note_end, weak=False)

if __name__ == "__main__":
    for line in sys.stdin:
        thumbnail.delay(line.strip())
        print(flush=True)
