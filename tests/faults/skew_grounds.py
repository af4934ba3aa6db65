"""Where workers with clocks of their own meet: the doubles, and Azurite; and what they are after: a job, a lock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from shared.darkroom import Darkroom
from shared.errors import LockHeld
from shared.heartbeat import Heartbeat
from shared.invariants import Finding
from shared.ports import LockRow, Row
from shared.runtime import Runtime
from shared.steps.attempt import Attempt, Attempts
from shared.steps.claims import Claims
from shared.steps.locking import TableLock
from shared.steps.refusals import Refusals
from shared.storage.patience import Patience
from tests.doubles.jobs import MemoryJobs
from tests.doubles.locks import MemoryLocks
from tests.doubles.world import World
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_wire import Line
from tests.faults.skew import SLOW, SOUND, Service, Skew, Watch

#: A retried job waits for this share of the bound of its back-off, so that a test knows for how long.
CHANCE = 0.9
BACKOFF_SECONDS = 40.0
LOCK = "nightly"


@dataclass
class Worker:
    """A process with a clock of its own."""

    attempts: Attempts
    lock: TableLock
    heartbeat: Heartbeat

    def answered_late(self, service: Service, seconds: float) -> None:
        """Let so much time pass between each of its writes and the reply."""
        self.attempts.claims.jobs = Late(self.attempts.jobs, service, seconds)  # type: ignore[assignment]
        self.lock._store = Late(self.lock._store, service, seconds)  # type: ignore[assignment]


class Late:
    """A store whose writes are applied at once and answered late."""

    def __init__(self, store: Any, service: Service, seconds: float) -> None:  # noqa: ANN401 - either store
        self._store, self._service, self._seconds = store, service, seconds
        self.get = store.get

    def insert(self, *row: Any) -> Any:  # noqa: ANN401 - as the store has it
        """Insert; the reply is long on its way."""
        written = self._store.insert(*row)
        self._service.go(self._seconds)
        return written

    def replace(self, *row: Any, **options: Any) -> Any:  # noqa: ANN401 - as the store has it
        """Replace; the reply is long on its way."""
        written = self._store.replace(*row, **options)
        self._service.go(self._seconds)
        return written


class Held(Protocol):
    """A claim or a tenure."""

    @property
    def lost(self) -> bool:
        """Whether its holder must stop, by the holder's own view."""


class Ground(Protocol):
    """One storage, and the service's time."""

    service: Service
    job_id: str

    def worker(self, skew: Skew) -> Worker:
        """Start a process whose clock is off."""

    def row(self) -> Row:
        """Return the job as it stands."""

    def lock_row(self) -> LockRow:
        """Return the lock as it stands."""

    def commits(self) -> int:
        """Return how often the job was committed."""

    def proven(self) -> None:
        """Prove that the table is as it must be."""


class Prize(Protocol):
    """What workers are after."""

    def take(self, worker: Worker) -> Held | None:
        """Try to get it, once."""

    def written_at(self, ground: Ground) -> datetime:
        """Return when its holder has written last, by the service's clock."""


class ClaimPrize:
    """The claim of a job."""

    def __init__(self, ground: Ground) -> None:
        self._job_id = ground.job_id

    def take(self, worker: Worker) -> Attempt | None:
        """See ``Prize``."""
        begun = worker.attempts.begin(self._job_id, owner="queue/1")
        return begun if isinstance(begun, Attempt) else None

    def written_at(self, ground: Ground) -> datetime:
        """See ``Prize``."""
        return ground.row().modified_at


class LockPrize:
    """A lock."""

    def __init__(self, ground: Ground) -> None:
        """Take one as good as another: all grounds have the same name for it."""

    def take(self, worker: Worker) -> Held | None:
        """See ``Prize``."""
        try:
            return worker.lock.try_acquire(LOCK, owner="timer/1")
        except LockHeld:
            return None

    def written_at(self, ground: Ground) -> datetime:
        """See ``Prize``."""
        return ground.lock_row().modified_at


class MemoryGround:
    """The doubles; every worker sees the same rows through a store of its own, by its own clock."""

    def __init__(self) -> None:
        self.service = Service()
        self._world = World(BACKOFF_SECONDS=f"{BACKOFF_SECONDS:g}", JOB_BUCKETS="1")
        self._true = Watch(self.service, Skew())
        self._world.jobs._clock = self._world.locks._clock = self._true  # type: ignore[assignment]
        self.job_id = self._world.recorded()

    def worker(self, skew: Skew) -> Worker:
        """See ``Ground``."""
        watch, world, settings = Watch(self.service, skew), self._world, self._world.settings
        jobs = MemoryJobs(watch, buckets=1, kept=world.jobs.kept)  # type: ignore[arg-type]
        locks = MemoryLocks(watch)  # type: ignore[arg-type]
        locks._rows, locks._etags, locks._mutex = world.locks._rows, world.locks._etags, world.locks._mutex
        drawn: dict[str, Any] = {"draw": world.draw, "chance": lambda: CHANCE}
        runtime = Runtime(monotonic=watch, **drawn)
        heartbeat = Heartbeat(margin=settings.margin, runtime=runtime, threaded=False)
        claims = Claims(jobs=jobs, announce=world.announce, settings=settings, clock=watch.server, **drawn)
        refusals = Refusals(jobs=jobs, marks=world.marks, clock=watch.server)
        held: dict[str, Any] = {"heartbeat": heartbeat, "lease": settings.lease}
        attempts = Attempts(claims=claims, refusals=refusals, monotonic=watch, **held)
        lock = TableLock(locks, margin=settings.margin, runtime=runtime, **held)
        return Worker(attempts, lock, heartbeat)

    def row(self) -> Row:
        """See ``Ground``."""
        return self._world.jobs.kept.jobs[self.job_id]

    def lock_row(self) -> LockRow:
        """See ``Ground``."""
        return self._world.locks._rows[LOCK]

    def commits(self) -> int:
        """See ``Ground``."""
        ends = [columns.get("outcome") for columns in self._world.jobs.kept.attempts.values()]
        return ends.count("complete")

    def proven(self) -> None:
        """See ``Ground``; the doubles have their own suite."""


class AzureGround(Case):
    """A storage of its own on Azurite; real requests, whose replies are told anew."""

    def __init__(self, connection: str, wire: HttpTransport[Any, Any]) -> None:
        self.service = Service()
        super().__init__(connection, wire, BACKOFF_SECONDS=f"{BACKOFF_SECONDS:g}")
        self.job_id = self.recorded()

    def worker(self, skew: Skew = Skew()) -> Any:  # noqa: ANN401, B008 - a Case's worker, and ours; frozen
        """Start a process whose clock is off."""
        line, watch = Line(self._wire, self.service, self.ledger), Watch(self.service, skew)  # type: ignore[arg-type]
        patience = Patience(within=timedelta(seconds=10), monotonic=watch, pause=self.service.go)
        runtime = Runtime(monotonic=watch, pause=self.service.go, chance=lambda: CHANCE)
        darkroom = wiring.build(self._environ, transport=line, runtime=runtime, patience=patience, threaded=False)
        attempts = darkroom.work._attempts
        return _Wired(attempts, darkroom.sweep._lock, attempts._heartbeat, darkroom, line)

    def row(self) -> Row:
        """See ``Ground``."""
        row = self.user.darkroom.storage.jobs.get(self.job_id)
        assert row is not None
        return row

    def lock_row(self) -> LockRow:
        """See ``Ground``."""
        row = self.user.darkroom.storage.locks.get(LOCK)
        assert row is not None
        return row

    def commits(self) -> int:
        """See ``Ground``."""
        return self.ledger.commits[self.job_id]

    def proven(self) -> None:
        """See ``Ground``."""
        found: list[Finding] = []
        done = self.user.darkroom.verify(found.append, repair=False, blobs=True)
        assert done.jobs == 1
        assert [finding for finding in found if finding.violation] == []


@dataclass
class _Wired(Worker):
    darkroom: Darkroom
    line: Line


@dataclass(frozen=True)
class Terrain:
    """Which clocks meet on a kind of ground, and how fine its time is.

    Attributes:
        begin: Makes a ground.
        holders: Clocks of holders who keep their lease by a heartbeat.
        rivals: Clocks of rivals.
        pairs: A holder who dies, and a rival who follows.
        slow: Clocks of holders who believe in their lease for too long.
        alive: How long a holder is watched who lives.
        step: Seconds between two tries of a rival while nothing should happen.
    """

    begin: Callable[[], Ground]
    holders: tuple[Skew, ...]
    rivals: tuple[Skew, ...]
    pairs: tuple[tuple[Skew, Skew], ...]
    slow: tuple[Skew, ...]
    alive: float
    step: float


def memory_terrain() -> Terrain:
    """Return all clocks against all, on the doubles."""
    rivals = SOUND + SLOW
    pairs = tuple((holder, rival) for holder in SOUND for rival in rivals)
    return Terrain(MemoryGround, SOUND + SLOW, rivals, pairs, SLOW, alive=200.0, step=0.25)


def azure_terrain(connection: str, wire: HttpTransport[Any, Any]) -> Terrain:
    """Return some clocks that differ in every way, on Azurite."""
    holders = (Skew(10.0, 2.0), Skew(-10.0, 0.5))
    rivals = (Skew(-10.0, 2.0), Skew(10.0, 1.0))
    pairs = ((Skew(10.0, 1.0), Skew(-10.0, 2.0)), (Skew(-10.0, 2.0), Skew(10.0, 0.5)))
    return Terrain(lambda: AzureGround(connection, wire), holders, rivals, pairs, SLOW[:1], alive=130.0, step=2.5)


def passing(service: Service, seconds: float, *, step: float) -> Iterator[None]:
    """Let time pass in steps, until so many seconds from now are over."""
    end = service.seconds + seconds
    while service.seconds < end:
        service.go(min(step, end - service.seconds))
        yield
