"""One turn of one contestant: started, warmed, paused, fed, and let go; what its work has cost."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.service import Service
from shared import clock

#: Working processes, or hosts.
PROCESSES = 2
_WARM_SECONDS, _IMAGE_SECONDS = 120.0, 2.0
#: The share of the results at either end that the rate leaves out.
_EDGE = 1 / 8
Maker = Callable[[Service, Path, int], Contestant]


@dataclass(frozen=True)
class Turn:
    """What a turn has cost.

    Attributes:
        per_second: Images, from the first eighth of the results to the last: before it a process may have no message
            yet, behind it none any more.
        client_ms: Processor time of the contestant's processes, an image.
        azurite_ms: The same of Azurite.
        requests: By kind, an image.
    """

    per_second: float
    client_ms: float
    azurite_ms: float
    requests: dict[str, float]

    @property
    def cpu_ms(self) -> float:
        """Processor time of both, an image: what bounds the rate where nothing else uses the cores."""
        return self.client_ms + self.azurite_ms

    @property
    def requests_total(self) -> float:
        """All requests, an image."""
        return sum(self.requests.values())


def take(contestant: Contestant, service: Service, *, warm: Sequence[str], names: Sequence[str]) -> Turn:
    """Let a contestant work on images, all of whose messages wait before it begins.

    Args:
        contestant: Who; ended afterwards.
        service: Where everything is.
        warm: Images before the measurement, so that each process has begun.
        names: Images to be measured.

    Raises:
        TimeoutError: Results are missing.
    """
    try:
        contestant.start(PROCESSES)
        contestant.feed(warm)
        contestant.wait_for(len(warm), seconds=_WARM_SECONDS)
        contestant.group.pause()
        contestant.feed(names)
        begin, cpu = service.mark(), (contestant.cpu_ms(), service.cpu_ms())
        contestant.group.resume()
        per_second = rate(contestant, warm=len(warm), count=len(names))
        contestant.wait_for(len(warm) + len(names), seconds=_WARM_SECONDS + _IMAGE_SECONDS * len(names))
        client, azurite = contestant.cpu_ms() - cpu[0], service.cpu_ms() - cpu[1]
        requests: Counter[str] = service.requests(begin, service.mark())
    finally:
        contestant.stop()
    return Turn(
        per_second=per_second,
        client_ms=client / len(names),
        azurite_ms=azurite / len(names),
        requests={kind: count / len(names) for kind, count in sorted(requests.items())},
    )


def rate(contestant: Contestant, *, warm: int, count: int) -> float:
    """Wait for results, and return those a second; those at either end are left out.

    Args:
        contestant: Who works.
        warm: Results of before.
        count: Images that are fed.
    """
    marks = []
    for share in (_EDGE, 1 - _EDGE):
        results = warm + math.ceil(share * count)
        contestant.wait_for(results, seconds=_WARM_SECONDS + _IMAGE_SECONDS * count)
        marks.append((clock.monotonic(), len(contestant.ends.names)))
    (first, fewer), (last, more) = marks
    return (more - fewer) / (last - first)
