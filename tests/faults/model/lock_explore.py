"""Everything that may happen to a lock: its tenures, the network and time."""

from tests.faults.model import lock_world
from tests.faults.model.lock_tenure import Holding, LockSteps
from tests.faults.model.lock_world import LockPromise, LockSetup, LockWorld
from tests.faults.model.search import Broken, Explored, Rulebook, Search

#: Asking alone takes no more: by memory, refused, read, take.
_STEPS_ALONE = 6


class LockExplorer:
    """Explore one setup.

    Args:
        setup: Of the run.
    """

    def __init__(self, setup: LockSetup) -> None:
        self._setup = setup
        self._tenures = [Holding(number, setup.fault) for number in (1, 2, 3)]

    def run(self) -> Explored:
        """Explore all.

        Raises:
            Broken: A promise does not hold; with the shortest trace to it.
        """
        rules = Rulebook(
            begins=(lock_world.begin(self._setup),),
            steps=self._steps,
            alike=lock_world.alike,
            holds=self._holds,
            rests=lock_world.rests,
            ends=LockPromise.ENDS,
        )
        return Search(rules).run()

    def _steps(self, world: LockWorld) -> LockSteps:
        for number, holding in enumerate(self._tenures, 1):
            for name, after in holding.steps(world):
                yield f"tenure {number} {name}", after
        if world.row is not None and world.row.lock.owner is not None and not world.row.lapsed:
            yield "its lease lapses", lock_world.passed(world)
        if world.ghost is not None:
            cleared = world._replace(ghost=None)
            yield "the late write is dropped", cleared
            if lock_world.applies(cleared, world.ghost, self._setup.fault):
                yield "the late write arrives", lock_world.apply(cleared, world.ghost, self._setup.fault)

    def _holds(self, world: LockWorld) -> None:
        """Check a world by itself, and that a lock which nobody holds goes to each who asks alone."""
        lock_world.holds(world)
        row = world.row
        if row is not None and row.lock.owner is not None and not row.lapsed:
            return
        for number, tenure in enumerate(world.tenures, 1):
            if tenure.phase == "idle" and not self._takes(world._replace(asks=world.asks + 1, losses=0), number):
                raise Broken(LockPromise.TAKEABLE, (f"tenure {number} asks in vain",))

    def _takes(self, world: LockWorld, number: int) -> bool:
        for _ in range(_STEPS_ALONE):
            _, world = next(iter(self._tenures[number - 1].steps(world)))
            if world.tenures[number - 1].phase == "holds":
                return True
        return False
