"""Listen to one queue: receive, call, delete; renew meanwhile; poison what fails too often."""

import concurrent.futures
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from localhost.host import delivery
from localhost.host.app_settings import HostJson
from localhost.host.delivery import Verdict
from localhost.host.host_context import HostContext
from localhost.host.message_lease import MessageLease

#: How long to wait for room before looking at the stop signal again.
_LOOK_SECONDS = 0.2
#: The service grants at most this many messages a call.
_MOST_MESSAGES = 32


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much at once, and how often."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_seconds: int


def blob_limits(host_json: HostJson) -> Limits:
    """Return the limits of the blob triggers' queue: the parallelism is split into batch and threshold."""
    batch = min(_MOST_MESSAGES, host_json.blob_parallelism // 2 + 1)
    return Limits(
        batch_size=batch,
        new_batch_threshold=host_json.blob_parallelism - batch,
        max_dequeue_count=host_json.poison_blob_threshold,
        visibility_seconds=0,
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """A queue and what to do with its messages."""

    #: Stands in the log.
    name: str
    queue: QueueClient
    #: Call the function with a message and its decoded body; True when that succeeded.
    deliver: Callable[[MessageLease, bytes], bool]
    #: Where a message goes at its end, by its body (None: it could not be decoded); None: nowhere.
    poison: Callable[[bytes | None], QueueClient | None]
    #: Whether the queue is the host's own: made when it is missed. A user's queue is waited for.
    own: bool = False


class QueueListener:
    """One thread that receives; each message is carried by a thread of its own to its end."""

    def __init__(self, source: Source, limits: Limits, context: HostContext) -> None:
        self._source = source
        self._limits = limits
        self._context = context
        self._lease_seconds = int(context.options.message_lease.total_seconds())
        self._carriers = concurrent.futures.ThreadPoolExecutor(
            limits.batch_size + limits.new_batch_threshold, thread_name_prefix=f"carrier-{source.name}"
        )
        self._room = threading.Condition()
        self._in_flight = 0
        self._empty_polls = 0
        self._waits_for_queue = False
        self._wake = threading.Event()

    def run(self) -> None:
        """Listen until the host stops; an outage of storage slows it down and never ends it."""
        while not self._context.stop.is_set():
            try:
                found = self._poll()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must outlive any failure
                self._context.log.event("queue not read", level="error", queue=self._source.name, error=repr(error))
                found = False
            self._empty_polls = 0 if found else self._empty_polls + 1
            if found:
                self._wait_for_room()
            else:
                longest = self._context.poll_max_seconds(own=self._source.own)
                self._wake.wait(delivery.poll_seconds(self._empty_polls, longest, random.random()))  # noqa: S311
                self._wake.clear()

    def wake(self) -> None:
        """Poll now: a message is there, or the host stops."""
        self._empty_polls = 0
        self._wake.set()

    def close(self) -> None:
        """Wait for the carriers; nothing may be under way any more."""
        self._carriers.shutdown()

    def _poll(self) -> bool:
        """Receive a batch and send it on its way; False when there was nothing."""
        try:
            messages = self._receive()
        except ResourceNotFoundError:
            if self._source.own:
                make_queue(self._source.queue)
            elif not self._waits_for_queue:
                self._context.log.event("waiting for the queue to exist", queue=self._source.name)
            self._waits_for_queue = not self._source.own
            return False
        self._waits_for_queue = False
        for message in messages:
            with self._room:
                self._in_flight += 1
            self._context.activity.begin()
            self._carriers.submit(self._carry, MessageLease(self._source.queue, message, self._lease_seconds))
        return bool(messages)

    def _receive(self) -> list[QueueMessage]:
        size = min(self._limits.batch_size, _MOST_MESSAGES)
        pages = self._source.queue.receive_messages(
            messages_per_page=size, visibility_timeout=self._lease_seconds
        ).by_page()
        # One page is one request; a whole iteration would go on until the queue is empty.
        return list(next(pages, []))

    def _wait_for_room(self) -> None:
        with self._room:
            while self._in_flight > self._limits.new_batch_threshold and not self._context.stop.is_set():
                self._room.wait(_LOOK_SECONDS)

    def _carry(self, message: MessageLease) -> None:
        """Bring one message to its end."""
        try:
            self._settle(message, self._judge(message))
        except Exception as error:  # noqa: BLE001 - the edge of a carrier: the message comes back after its lease
            self._context.log.event(
                "message not settled", level="error", queue=self._source.name, message=message.id, error=repr(error)
            )
        finally:
            self._context.activity.end()
            with self._room:
                self._in_flight -= 1
                self._room.notify()

    def _judge(self, message: MessageLease) -> Verdict:
        """Call the function unless the message is beyond that; say what becomes of the message."""
        body = delivery.decode(message.content, base64_mode=self._context.host_json.base64_mode)
        has_poison = self._source.poison(body) is not None
        if body is None:
            return Verdict.POISON if has_poison else Verdict.LEAVE
        verdict = delivery.before_call(message.dequeue_count, self._limits.max_dequeue_count, has_poison=has_poison)
        if verdict is not Verdict.CALL:
            return verdict
        renewal = self._context.renewals.add(message.renew, self._lease_seconds / 2)
        try:
            succeeded = self._source.deliver(message, body)
        except Exception as error:  # noqa: BLE001 - what fails before the function fails the call, as on the real host
            self._context.log.event(
                "message not delivered", level="error", queue=self._source.name, message=message.id, error=repr(error)
            )
            succeeded = False
        finally:
            renewal.cancel()
        if succeeded:
            return Verdict.DELETE
        return delivery.after_failure(message.dequeue_count, self._limits.max_dequeue_count, has_poison=has_poison)

    def _settle(self, message: MessageLease, verdict: Verdict) -> None:
        if verdict is Verdict.POISON:
            # Copy, then delete: a crash between them leaves both, never none.
            self._copy_to_poison(message)
            message.delete()
        elif verdict is Verdict.DELETE:
            message.delete()
        elif verdict is Verdict.RETRY:
            message.release(self._limits.visibility_seconds)

    def _copy_to_poison(self, message: MessageLease) -> None:
        poison = self._source.poison(delivery.decode(message.content, base64_mode=self._context.host_json.base64_mode))
        if poison is None:
            return
        try:
            poison.send_message(message.content)
        except ResourceNotFoundError:
            make_queue(poison)
            poison.send_message(message.content)
        self._context.log.event(
            "message poisoned",
            level="warning",
            queue=self._source.name,
            message=message.id,
            poison=poison.queue_name,
            dequeue_count=message.dequeue_count,
        )


def make_queue(queue: QueueClient) -> None:
    """Create a queue unless it exists."""
    try:
        queue.create_queue()
    except HttpResponseError as error:
        if getattr(error, "error_code", None) != "QueueAlreadyExists":
            raise
