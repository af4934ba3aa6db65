"""Join each trigger to the worker: by its listener, and by hand through the admin API."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from localhost.channel import Data
from localhost.host import delivery, ncrontab, timer_status
from localhost.host.blobs import BlobQueue
from localhost.host.host_context import HostContext
from localhost.host.index import Function
from localhost.host.message_lease import MessageLease
from localhost.host.queues import Source
from localhost.host.singleton import Singleton
from localhost.host.timer_status_blob import StatusBlob
from localhost.host.timers import Timer

#: Runs a function by hand with the input given.
Run = Callable[[str], object]


def queue_source(function: Function, context: HostContext) -> Source:
    """Return the queue of a queue trigger, joined to its function."""
    name = str(function.trigger["queueName"]).lower()
    queues = context.connections.queues(function.connection)
    poison_name = delivery.poison_queue(name)
    poison = None if poison_name is None else queues.get_queue_client(poison_name)

    def deliver(message: MessageLease, body: bytes) -> bool:
        return _call_queue(function, context, body, message.metadata(body.decode(errors="replace")), name)

    return Source(name=name, queue=queues.get_queue_client(name), deliver=deliver, poison=lambda _body: poison)


def _call_queue(function: Function, context: HostContext, body: bytes, metadata: dict[str, object], queue: str) -> bool:
    data = Data("string" if _is_text(body) else "bytes", body)
    reason = f"New queue message detected on {queue!r}."
    return context.worker.invoke(function, data, delivery.overwrite(metadata, body), reason=reason).success


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def queue_run(function: Function, context: HostContext) -> Run:
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
        _call_queue(function, context, text.encode(), metadata, "admin")

    return run


def blob_run(function: Function, queue: BlobQueue) -> Run:
    """Return what calls a blob function with the blob ``container/name``."""

    def run(text: str) -> None:
        container, _, name = text.partition("/")
        queue.call(function, container, name, reason="This function was programmatically called via the host APIs.")

    return run


def timer_run(timer: Timer) -> Run:
    """Return what calls a timer function beside its schedule; the text means nothing to it."""

    def run(_text: str) -> None:
        timer.tick(None, past_due=False)

    return run


def make_timer(function: Function, lock: Singleton, context: HostContext) -> Timer:
    """Return the timer of a timer trigger, joined to its function."""
    schedule = ncrontab.parse(function.trigger["schedule"])
    use_monitor = function.trigger.get("useMonitor", True) is not False
    monitored = timer_status.is_monitored(schedule, context.clock.now(), use_monitor=use_monitor)

    def call(request: str) -> None:
        with context.activity:
            reason = f"Timer fired at {context.clock.now().isoformat()}"
            context.worker.invoke(function, Data("json", request.encode()), {}, reason=reason)

    return Timer(
        name=function.name,
        schedule=schedule,
        run_on_startup=bool(function.trigger.get("runOnStartup")),
        lock=lock,
        statuses=StatusBlob(context.state, function.id, context.log) if monitored else None,
        call=call,
        clock=context.clock,
        wait=context.stop.wait,
        retry_seconds=context.options.singleton_lease.total_seconds() / 4,
        log=context.log,
    )
