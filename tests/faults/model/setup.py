"""What a run of the model is given."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.model.planted import Fault
from tests.faults.model.rules import Rules
from tests.faults.model.world import Left, Outsider, Recorder, Worker, World

Steps = Iterator[tuple[str, World]]

#: Planted faults that write over what they have not seen: who holds an old row is not refused then.
_UNCONDITIONAL = frozenset(
    {
        Fault.UPSERT_CLAIM,
        Fault.CANCEL_UNGUARDED,
        Fault.BURY_UNGUARDED,
        Fault.RESCHEDULE_UNGUARDED,
        Fault.COMPLETE_BY_ID,
        Fault.COMPLETE_BY_STATUS,
        Fault.PURGE_UNGUARDED,
        Fault.PURGE_UNKEYED,
    }
)


@dataclass(frozen=True)
class Setup:
    """One run.

    Attributes:
        left: Bounds of what would go on for ever.
        uploads: Versions in the order in which they come to stand there, 1 first; 0 is the blob's deletion.
        events: From which upload on each recorder may be told of the blob.
        deliveries: How often a message sent is delivered; without any, sweeps alone begin an analysis.
        lists: Whether a sweep lists due rows first, and reads the jobs later.
        memory_runs_out: Whether an attempt may fail in a way that passes.
        recorders_die: Whether a recorder may die, and its event come again.
        workers: 1 or 2.
        outsiders: How many may end, open or send jobs at once, 0 to 2.
        resends: Whether sweeps send the messages of due jobs again.
        purges: Whether retention passes, outsiders purge, and thumbnails are looked at.
        kills: Versions whose analysis kills the worker, one world each; 0 is none.
        fault: What is planted into store and actors.
        rules: Changes jobs.
    """

    left: Left
    uploads: tuple[int, ...] = (1,)
    events: tuple[int, ...] = (1,)
    deliveries: int = 2
    lists: bool = False
    memory_runs_out: bool = True
    recorders_die: bool = True
    workers: int = 2
    outsiders: int = 1
    resends: bool = False
    purges: bool = False
    kills: tuple[int, ...] = (0,)
    fault: Fault | None = None
    rules: Rules = field(default_factory=Rules)

    @property
    def doomed(self) -> bool:
        """Whether everybody who holds an old row will be refused."""
        return self.fault not in _UNCONDITIONAL

    @property
    def returns(self) -> int:
        """How often a version comes back."""
        versions = [version for version in self.uploads if version]
        return len(versions) - len(set(versions))

    def stands(self, upload: int) -> int:
        """Return the version of an upload; 0 when the blob is gone."""
        return self.uploads[upload - 1]

    def begin(self) -> tuple[World, ...]:
        """Return the worlds in which the first upload has just been made."""
        return tuple(
            World(
                blob=1,
                kills=kills,
                rows=(None, None),
                key=None,
                messages=(0, 0),
                workers=(Worker(),) * self.workers,
                recorders=(Recorder(),) * len(self.events),
                outsiders=(Outsider(),) * self.outsiders,
                ghost=None,
                proofs=frozenset(),
                commits=(0, 0),
                shown=(False, False),
                left=self.left,
            )
            for kills in self.kills
        )
