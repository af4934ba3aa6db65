"""Join each trigger to the worker: by its listener, and by hand through the admin API."""

import uuid
from datetime import UTC, datetime

from azure.functions.meta import Datum

from localhost.host import delivery, ncrontab, timer_status
from localhost.host.admin import Run
from localhost.host.blobs import BlobQueue
from localhost.host.host_context import Runtime
from localhost.host.index import Function
from localhost.host.message_lease import Held
from localhost.host.queues import Source
from localhost.host.singleton import Singleton
from localhost.host.timer_status_blob import StatusBlob
from localhost.host.timers import Timer


def queue_source(function: Function, runtime: Runtime) -> Source:
    """Return the queue of a queue trigger, joined to its function."""
    name = str(function.trigger["queueName"]).lower()
    queues = runtime.connections.queues(function.connection)
    poison_name = delivery.poison_queue(name)
    poison = None if poison_name is None else queues.get_queue_client(poison_name)

    def deliver(held: Held, body: bytes) -> bool:
        return _call_queue(function, runtime, body, held.metadata(body.decode(errors="replace")), name)

    return Source(name=name, queue=queues.get_queue_client(name), deliver=deliver, poison=lambda _body: poison)


def _call_queue(function: Function, runtime: Runtime, body: bytes, metadata: dict[str, object], queue: str) -> bool:
    try:
        datum = Datum(body.decode(), "string")
    except UnicodeDecodeError:
        datum = Datum(body, "bytes")
    reason = f"New queue message detected on {queue!r}."
    return runtime.worker.invoke(function, datum, delivery.overwrite(metadata, body), reason=reason).succeeded


def queue_run(function: Function, runtime: Runtime) -> Run:
    """Return what calls a queue function with a text as if a message had come."""

    def run(text: str) -> None:
        now = datetime.now(UTC).isoformat()
        metadata: dict[str, object] = {
            "QueueTrigger": text,
            "Id": str(uuid.uuid4()),
            "PopReceipt": "",
            "DequeueCount": 0,
        }
        metadata |= dict.fromkeys(("InsertionTime", "ExpirationTime", "NextVisibleTime"), now)
        _call_queue(function, runtime, text.encode(), metadata, "admin")

    return run


def blob_run(function: Function, queue: BlobQueue) -> Run:
    """Return what calls a blob function with the blob ``container/name``."""

    def run(text: str) -> None:
        container, _, name = text.partition("/")
        queue.call(function, container, name, reason="This function was programmatically called via the host APIs.")

    return run


def make_timer(function: Function, lock: Singleton, runtime: Runtime) -> Timer:
    """Return the timer of a timer trigger, joined to its function."""
    schedule = ncrontab.parse(function.trigger["schedule"])
    asked = function.trigger.get("useMonitor", True) is not False
    monitored = timer_status.is_monitored(schedule, runtime.clock.now(), asked=asked)

    def call(request: str) -> None:
        with runtime.activity:
            reason = f"Timer fired at {runtime.clock.now().isoformat()}"
            runtime.worker.invoke(function, Datum(request, "json"), {}, reason=reason)

    return Timer(
        name=function.name,
        schedule=schedule,
        run_on_startup=bool(function.trigger.get("runOnStartup")),
        lock=lock,
        statuses=StatusBlob(runtime.state, function.id, runtime.log) if monitored else None,
        call=call,
        clock=runtime.clock,
        wait=runtime.stop.wait,
        retry_seconds=runtime.options.singleton_lease.total_seconds() / 4,
        log=runtime.log,
    )
