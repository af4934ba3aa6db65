"""One process of contenders for one lock; run in a process of its own.

Arguments: connection string, lock table, folder of the critical section, threads, seconds, share of replies lost,
seed. Prints how often its threads have held the lock, and how often they have met somebody inside.
"""

import json
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from azure.core.exceptions import ServiceResponseError

from shared import clock, wiring
from shared.errors import LockHeld
from shared.storage import clients
from shared.storage.patience import Patience
from tests.doubles.transports import Passing


class Forgetful(Passing):
    """Lose a share of the replies to writes, after the service has answered."""

    def __init__(self, inner: Any, share: float, seed: int) -> None:  # noqa: ANN401 - any transport
        super().__init__(inner)
        self._share = share
        self._chance = random.Random(seed)
        self.lost = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, and perhaps forget what came back."""
        reply = super().send(request, **kwargs)
        if request.method == "POST" and self._chance.random() < self._share:
            self.lost += 1
            raise ServiceResponseError("forgotten")
        return reply


class Section:
    """A critical section that tells when two are inside: a marker that must be new, and a counter without a lock."""

    def __init__(self, folder: Path) -> None:
        self._marker = folder / "inside"
        self._counter = folder / "counter"
        self.entered = 0
        self.violations = 0
        self._tally = threading.Lock()

    def visit(self) -> None:
        """Go in, count, go out."""
        try:
            self._marker.touch(exist_ok=False)
        except FileExistsError:
            with self._tally:
                self.violations += 1
            return
        self._counter.write_text(str(int(self._counter.read_text()) + 1))
        self._marker.unlink()
        with self._tally:
            self.entered += 1


def contend(darkroom: wiring.Darkroom, section: Section, stop_at: float, name: str) -> None:
    """Hold the lock again and again until the time is over."""
    lock = darkroom.sweep._lock
    while clock.monotonic() < stop_at:
        try:
            with lock.acquire("contended", owner=name, timeout=timedelta(seconds=1)) as tenure:
                if not tenure.lost:
                    section.visit()
        except LockHeld:
            continue


def main(words: list[str]) -> None:
    connection, table, folder, threads, seconds, share, seed = words
    wire = Forgetful(clients.default_transport(), float(share), int(seed))
    environ = {"AzureWebJobsStorage": connection, "LOCKS_TABLE": table, "LEASE_SECONDS": "60"}
    patience = Patience(first_pause=timedelta(seconds=0.01))
    darkroom = wiring.build(environ, transport=wire, patience=patience)
    section, stop_at = Section(Path(folder)), clock.monotonic() + float(seconds)
    with ThreadPoolExecutor(int(threads)) as pool:
        names = [f"{seed}-{number}" for number in range(int(threads))]
        for ended in [pool.submit(contend, darkroom, section, stop_at, name) for name in names]:
            ended.result()
    print(json.dumps({"entered": section.entered, "violations": section.violations, "lost": wire.lost}))


if __name__ == "__main__":
    main(sys.argv[1:])
