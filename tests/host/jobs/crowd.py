"""Workers as processes of their own, killed in the middle of a job, one drawn at random, and replaced at once."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.examples import command_of
from tests.rig import until

#: Seconds of each line of a text: a job in hand outlasts most of the time between two claims.
PACE = 0.2
#: For a job that comes; a signal to end is heard when it is over.
WAIT = 1


@dataclass(frozen=True)
class Plan:
    """How many there are, and how they die.

    Attributes:
        workers: At any time.
        lease_seconds: Of their jobs.
        kill_seconds: Between two deaths, on average.
        kills: How many die.
        seed: Of who dies, and when.
    """

    workers: int
    lease_seconds: int
    kill_seconds: float
    kills: int
    seed: int


class Crowd:
    """So many workers, always."""

    def __init__(self, url: str, kind: str, plan: Plan) -> None:
        times = (f"--lease={plan.lease_seconds}", f"--pace={PACE}", f"--wait={WAIT}")
        self._command, self._environ = command_of("py", url, kind, *times)
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._victims: list[int] = []
        self._living = [self._start() for _ in range(plan.workers)]
        self._kill_at = time.monotonic() + self._pause()

    def work(self, done: Callable[[], bool], owners: Callable[[], Collection[str]], *, seconds: float) -> None:
        """Go on until all is done; kill one, and start another, whenever it is time. None ends by itself.

        Args:
            done: Whether all is.
            owners: Of the jobs that are in hand.
            seconds: How long it may take.
        """

        def look() -> bool:
            assert [worker.poll() for worker in self._living] == [None] * len(self._living)
            if self.kills < self._plan.kills and time.monotonic() >= self._kill_at:
                self._replace_one(lambda: {_pid(owner) for owner in owners()})
            return done()

        until(look, seconds=seconds, what="the end of all jobs")
        assert set(self.end()) <= {0, -signal.SIGTERM}  # one that has only begun does not hear a signal yet

    @property
    def kills(self) -> int:
        """How many are dead."""
        return len(self._victims)

    def has_killed(self, owner: str) -> bool:
        """Whether a job's owner is one of the dead."""
        return _pid(owner) in self._victims

    def end(self) -> Sequence[int]:
        """Ask all of them to end; return their exit statuses."""
        for worker in self._living:
            worker.terminate()
        return [worker.wait(30) for worker in self._living]

    def _replace_one(self, busy: Callable[[], Collection[int]]) -> None:
        """Kill one of those who have a job in hand, still when they are stopped; nobody, while nobody has."""
        seen = busy()
        holders = [worker for worker in self._living if worker.pid in seen]
        if not holders:
            return
        victim = self._chance.choice(holders)
        victim.send_signal(signal.SIGSTOP)
        if victim.pid not in busy():  # it was done while it was looked at
            victim.send_signal(signal.SIGCONT)
            return
        self._living.remove(victim)
        victim.kill()
        victim.wait(10)
        self._victims.append(victim.pid)
        self._living.append(self._start())
        self._kill_at = time.monotonic() + self._pause()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, env=self._environ, stdin=subprocess.DEVNULL)

    def _pause(self) -> float:
        return self._plan.kill_seconds * self._chance.uniform(0.75, 1.25)


def _pid(owner: str) -> int:
    """Return the process that a job's owner names."""
    return int(owner.rpartition("/")[2])


@contextmanager
def crowd(url: str, kind: str, plan: Plan) -> Iterator[Crowd]:
    """Have workers, and none left at the end."""
    made = Crowd(url, kind, plan)
    try:
        yield made
    finally:
        made.end()
