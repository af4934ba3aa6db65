"""The blob trigger of the host: it notices what is written, most of the time, and calls once, twice, late or never.

A worker has none: where one is picked, the storage account sends its event to the job queue.
"""

from dataclasses import dataclass

from tests.simulation import crowds, entry_points
from tests.simulation.outside import Client
from tests.simulation.scheduler import Home
from tests.simulation.service.exchange import Reply
from tests.simulation.stage import Stage
from tests.simulation.wire import Passage

#: How often the host calls at once before it gives an event up.
_TRIES = 5


@dataclass
class Delivery:
    """The blob trigger of all processes.

    Attributes:
        stage: The world.
        pending: Events that are yet to come, or under way.
    """

    stage: Stage
    pending: int = 0

    def __post_init__(self) -> None:
        """Let the storage account send messages."""
        self._client = Client(self.stage.wire)

    def __call__(self, passage: Passage, reply: Reply) -> None:
        """Notice a request that was obeyed."""
        request = passage.request
        written = request.service == "blob" and request.method == "PUT" and reply.ok and "ETag" in reply.headers
        if not written or len(request.segments) < 2 or request.segments[0] != entry_points.IMAGES:
            return
        path, plan = "/".join(request.segments), self.stage.plan
        luck = self.stage.chance.stream(self.stage.scheduler.unique(f"event {path}"))
        lost, doubled = luck.random() < plan.lost, luck.random() < plan.duplicates
        lost = lost or (crowds.is_unannounced(path) and luck.random() >= crowds.ANNOUNCED)
        waits = [luck.random() ** 3 * plan.span for _ in range(2)]
        for wait in () if lost else waits if doubled else waits[:1]:
            self._expect(path, wait)

    def _expect(self, path: str, wait: float) -> None:
        self.pending += 1
        self.stage.scheduler.at(self.stage.scheduler.now + wait, lambda: self._begin(path))

    def _begin(self, path: str) -> None:
        process = self.stage.pick(f"for event {path}")
        self.pending -= 1
        if process is None:
            self._expect(path, 10.0)
            return
        host, done, is_worker = self.stage.hosts[process.name], [False], process.name in self.stage.hands.workers
        self.pending += 1
        container, _, name = path.partition("/")

        def deliver() -> None:
            for _ in range(_TRIES):
                if host.call(lambda: entry_points.announce(process.darkroom, path), "announce", path):
                    break
            else:
                done[0] = host.put(entry_points.EVENT_POISON, entry_points.blob_event(container, name))
                return
            done[0] = True

        def send() -> None:
            text = entry_points.storage_event(container, name)
            done[0] = any(self._client.send(entry_points.QUEUE, text) for _ in range(_TRIES))

        if is_worker:
            task = self.stage.scheduler.spawn("storage event", send, Home("storage event"))
        else:
            task = process.begin("blob event", deliver)
        self.stage.scheduler.watch(task, lambda: self._end(path, done[0]))

    def _end(self, path: str, done: bool) -> None:  # noqa: FBT001 - private
        self.pending -= 1
        if not done:
            self._expect(path, self.stage.plan.hide_seconds)
