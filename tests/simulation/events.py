"""The blob trigger of the host: it notices what is written, most of the time, and calls once, twice, late or never."""

from dataclasses import dataclass
from random import Random

from tests.simulation import entrances
from tests.simulation.service.exchange import Reply
from tests.simulation.stage import Stage
from tests.simulation.wire import Passage

_OK = 300
#: How often the host calls at once before it gives an event up.
_TRIES = 5
#: How long an event stays hidden whose host has died.
_HIDDEN_SECONDS = 600.0


@dataclass
class Delivery:
    """The blob trigger of all processes.

    Attributes:
        stage: The world.
        luck: Decides which events are lost, and which come twice.
        pending: Events that are yet to come, or under way.
    """

    stage: Stage
    luck: Random
    pending: int = 0

    def __call__(self, passage: Passage, reply: Reply) -> None:
        """Notice a request that was obeyed."""
        request = passage.request
        written = request.service == "blob" and request.method == "PUT" and reply.status < _OK
        if not written or len(request.segments) < 2 or request.segments[0] != entrances.IMAGES:
            return
        lost, doubled = self.luck.random() < self.stage.plan.lost, self.luck.random() < self.stage.plan.doubled
        waits = [self.luck.random() ** 3 * self.stage.plan.span for _ in range(2)]
        for wait in () if lost else waits if doubled else waits[:1]:
            self._expect("/".join(request.segments), wait)

    def _expect(self, path: str, wait: float) -> None:
        self.pending += 1
        self.stage.scheduler.at(self.stage.scheduler.now + wait, lambda: self._begin(path))

    def _begin(self, path: str) -> None:
        process = self.stage.pick()
        self.pending -= 1
        if process is None:
            self._expect(path, 10.0)
            return
        host, done = self.stage.hosts[process.name], [False]
        self.pending += 1

        def deliver() -> None:
            for _ in range(_TRIES):
                if host.call(lambda: entrances.announce(process.darkroom, path)):
                    break
            else:
                container, _, name = path.partition("/")
                done[0] = host.put(entrances.EVENT_POISON, entrances.blob_event(container, name))
                return
            done[0] = True

        task = process.begin("blob event", deliver)
        self.stage.scheduler.watch(task, lambda: self._end(path, done[0]))

    def _end(self, path: str, done: bool) -> None:  # noqa: FBT001 - private
        self.pending -= 1
        if not done:
            self._expect(path, _HIDDEN_SECONDS)
