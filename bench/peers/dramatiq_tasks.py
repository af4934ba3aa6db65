"""dramatiq on Azure storage queues by dramatiq-azure, without a result backend, which it has none of on Azure.

The worker is ``dramatiq bench.peers.dramatiq_tasks``; ``python -m bench.peers.dramatiq_tasks`` sends a message for each
name on stdin, and answers each with an empty line. ``BENCH_ENDS`` is the file that says which messages are done with.
"""

import os
import sys
from typing import Any

import dramatiq
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Pipelines, Retries, ShutdownNotifications, TimeLimit
from dramatiq_azure import ASQBroker

from bench.peers import thumbnail_task


class EndNotes(Middleware):  # type: ignore[misc] # a class of the peer's environment
    """Note each message whose task has returned; it is deleted right behind that."""

    def after_process_message(
        self,
        broker: Any,  # noqa: ANN401, ARG002 - as dramatiq calls it
        message: Any,  # noqa: ANN401
        *,
        result: object = None,  # noqa: ARG002
        exception: BaseException | None = None,
    ) -> None:
        """Note it, unless it has failed."""
        if exception is None:
            thumbnail_task.note("BENCH_ENDS", message.args[0])


# What dramatiq has by default, without the server of its Prometheus figures.
broker = ASQBroker(
    middleware=[AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Pipelines(), Retries(), EndNotes()]
)
dramatiq.set_broker(broker)
thumbnail = dramatiq.actor(actor_name="thumbnail", queue_name=os.environ["BENCH_QUEUE"])(thumbnail_task.run)

if __name__ == "__main__":
    for line in sys.stdin:
        thumbnail.send(line.strip())
        print(flush=True)
