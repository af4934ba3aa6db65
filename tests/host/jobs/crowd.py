"""Workers as processes of their own, killed at random and replaced at once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.rig import ROOT, until

WORKER = [sys.executable, str(ROOT / "docs" / "examples" / "worker.py")]
#: Seconds of a lease, and of each line of a text: a job in hand outlasts most of the time between two claims.
LEASE, PACE = 3, 0.2


class Crowd:
    """So many workers, always."""

    def __init__(self, url: str, kind: str, *, workers: int, kill_seconds: float, chance: random.Random) -> None:
        self._command = [*WORKER, "--url", url, "--type", kind, "--lease", str(LEASE), "--pace", str(PACE)]
        self._every = kill_seconds
        self._chance = chance
        self._killed: list[int] = []
        self._living = [self._start() for _ in range(workers)]
        self._kill_at = time.monotonic() + self._pause()

    def work(self, done: Callable[[], bool], *, seconds: float) -> None:
        """Go on until all is done; kill one, and start another, whenever it is time. None ends by itself."""

        def look() -> bool:
            assert [worker.poll() for worker in self._living] == [None] * len(self._living)
            if time.monotonic() >= self._kill_at:
                self._replace_one()
            return done()

        until(look, seconds=seconds, what="the end of all jobs")
        assert set(self.end()) <= {0, -signal.SIGTERM}  # one that has only begun does not hear a signal yet

    @property
    def kills(self) -> int:
        """How many are dead."""
        return len(self._killed)

    def has_killed(self, owner: str) -> bool:
        """Whether a job's owner is one of the dead."""
        return int(owner.rpartition("/")[2]) in self._killed

    def end(self) -> Sequence[int]:
        """Ask all of them to end; return their exit statuses."""
        for worker in self._living:
            worker.terminate()
        return [worker.wait(30) for worker in self._living]

    def _replace_one(self) -> None:
        victim = self._living.pop(self._chance.randrange(len(self._living)))
        victim.kill()
        victim.wait(10)
        self._killed.append(victim.pid)
        self._living.append(self._start())
        self._kill_at = time.monotonic() + self._pause()

    def _start(self) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(self._command, env=environ, stdin=subprocess.DEVNULL)

    def _pause(self) -> float:
        return self._every * self._chance.uniform(0.75, 1.25)


@contextmanager
def crowd(url: str, kind: str, *, workers: int, kill_seconds: float, seed: int) -> Iterator[Crowd]:
    """Have workers, and none left at the end."""
    made = Crowd(url, kind, workers=workers, kill_seconds=kill_seconds, chance=random.Random(seed))
    try:
        yield made
    finally:
        made.end()
