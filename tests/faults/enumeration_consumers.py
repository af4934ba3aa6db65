"""The flows of a worker outside Functions: it takes its messages from the queue itself, and settles each."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from shared.runtime import Pools
from shared.worker.worker import Worker as Consumer
from tests.faults.enumeration import LAPSE_SECONDS, SETTINGS
from tests.faults.enumeration_case import Case, live
from tests.faults.enumeration_flows import Analysis, Exhausting, slow_down
from tests.faults.enumeration_wire import READ_IMAGE
from tests.faults.enumeration_workers import Inline, Worker
from tests.sdk_clients import queue_of


class LastLook:
    """What a worker waits for once the queue has no more to give: it is told to stop then."""

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop

    def set(self) -> None:
        """See ``Event``."""

    def clear(self) -> None:
        """See ``Event``."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as every event
        """See ``Event``."""
        self._stop()
        return True


class Late(Inline):
    """Calls that are made when their pool is closed: by then their worker is to stop."""

    def __init__(self, workers: int, name: str) -> None:
        super().__init__(workers, name)
        self._calls: list[Callable[[], object]] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        """Call later."""
        self._calls.append(partial(call, *args, **kwargs))
        return Future()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Call now."""
        for call in self._calls:
            call()


def consume(worker: Worker, pool: Pools = Inline) -> None:
    """Take messages from the queue until it has no more to give, as a worker does that nobody else disturbs."""

    def stop() -> None:
        consumer.stop()

    runtime = replace(worker.darkroom.runtime, event=lambda: LastLook(stop), pool=pool)
    consumer = Consumer(replace(worker.darkroom, runtime=runtime), slots=1, leads=False)
    consumer.run()


class Consuming(Analysis):
    """A worker receives our own message, does what it asks for, and deletes it."""

    def prepare(self, case: Case) -> None:
        """Record; the message lies in the queue."""
        case.record()

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Consume."""
        consume(worker)

    def meanwhile(self, case: Case) -> None:
        """Sleep until the message comes back, too: that is later than leases lapse."""
        case.clock.go(LAPSE_SECONDS)
        super().meanwhile(case)

    def rival(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - the same
        """Consume as well: what is hidden no longer comes to another worker."""
        consume(worker)

    def afterwards(self, case: Case) -> None:
        """See that the message is there as long as its job has not ended."""
        assert case.user.darkroom.storage.queue.backlog() or not live(case.rows()), "deleted, and its work is not done"

    def check(self, case: Case) -> None:
        """See that the queue is empty as soon as a worker has had each message that was left."""
        case.clock.go(LAPSE_SECONDS + 3600)
        consume(case.user)
        assert case.user.darkroom.storage.queue.backlog() == 0


class ConsumingSlowly(Consuming):
    """The same, so slowly that the heartbeat renews message and job before the image is read."""

    first = READ_IMAGE

    def run(self, case: Case, worker: Worker) -> None:
        """Consume slowly."""
        slow_down(case, worker)
        super().run(case, worker)


class ConsumingTooOften(Consuming, Exhausting):
    """A worker receives a message too often whose only attempt has died: it ends the job, and deletes the message."""

    def prepare(self, case: Case) -> None:
        """Claim, and die; and let others receive the message as often as it may be."""
        super().prepare(case)
        case.worker().darkroom.claims.begin(case.versions[0], owner="queue/0")
        case.clock.go(LAPSE_SECONDS)
        queue = queue_of(case.user.darkroom.storage.queue)
        for _ in range(SETTINGS.max_dequeue_count):
            (one,) = next(queue.receive_messages(messages_per_page=1, visibility_timeout=60).by_page())
            queue.update_message(one, visibility_timeout=0)


class ConsumingNoMore(Consuming):
    """A worker that is to stop gives back the message that it has in hand, and that nobody works on."""

    starts = 1

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Receive it, and stop."""
        self.line = worker.line
        consume(worker, Late)

    def afterwards(self, case: Case) -> None:
        """See that nothing was begun; and where nothing was struck, that another worker has the message at once."""
        super().afterwards(case)
        if not self.line.hits:
            assert case.ledger.claims[case.versions[0]] == 0
            consume(case.user)
            assert case.ledger.commits[case.versions[0]] == 1
