"""Everything that may happen to a job: workers, recorders, outsiders, and what surrounds them."""

from collections.abc import Callable
from contextlib import suppress

from shared.errors import Duplicate, KeyTaken, Lost
from tests.faults.model import checks
from tests.faults.model.checks import Promise
from tests.faults.model.outsider import Acting
from tests.faults.model.recorder import DONE, Recording
from tests.faults.model.search import Explored, Rulebook, Search
from tests.faults.model.setup import Setup, Steps
from tests.faults.model.store import apply, forget
from tests.faults.model.symmetry import alike
from tests.faults.model.worker import Working
from tests.faults.model.world import Recorder, World, put


class Explorer:
    """Explore one setup.

    Args:
        setup: Of the run.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._workers = [Working(number + 1, setup) for number in range(setup.workers)]
        self._outsiders = [Acting(number + 1, setup) for number in range(setup.outsiders)]
        numbers = range(1, len(setup.events) + 1)
        self._recordings = [Recording(f"r{number}", _slot(number), setup) for number in numbers]

    def run(self) -> Explored:
        """Explore all.

        Raises:
            Broken: A promise does not hold; with the shortest trace to it.
        """
        rules = Rulebook(
            begins=self._setup.begin(),
            steps=self._steps,
            alike=lambda world: alike(world, doomed=self._setup.doomed),
            holds=lambda world: checks.holds(world, self._setup),
            rests=lambda world: checks.rests(world, self._setup),
            ends=Promise.ENDS,
        )
        return Search(rules).run()

    def _steps(self, world: World) -> Steps:
        for number, working in enumerate(self._workers, 1):
            for name, after in working.steps(world):
                yield f"worker {number} {name}", after
        for number, acting in enumerate(self._outsiders, 1):
            for name, after in acting.steps(world):
                yield f"outsider {number} {name}", after
        for number, recording in enumerate(self._recordings, 1):
            yield from self._recorded(world, number, recording)
        yield from self._surroundings(world)

    def _recorded(self, world: World, number: int, recording: Recording) -> Steps:
        if self._setup.events[number - 1] > world.blob:
            return
        recorder = world.recorders[number - 1]
        for name, after in recording.steps(world, recorder):
            yield f"recorder {number}: {name}", after
        if self._setup.recorders_die and recorder.phase not in ("new", "done", "gone"):
            again = _slot(number)(forget(world, f"r{number}"), Recorder())
            yield f"recorder {number} dies, its event comes again", again

    def _surroundings(self, world: World) -> Steps:
        """Yield what time, the user and the network may do."""
        if world.blob < len(self._setup.uploads):
            version = self._setup.stands(world.blob + 1)
            name = f"version {version} is uploaded" if version else "the blob is deleted"
            yield name, world.but(blob=world.blob + 1)
        if world.ghost is not None:
            yield "the late write is dropped", world.but(ghost=None)
            with suppress(Lost, Duplicate, KeyTaken):
                yield "the late write arrives", apply(world.but(ghost=None), world.ghost, self._setup.fault)
        for version in (1, 2):
            row = world.row(version)
            if row is not None and not row.lapsed and (self._setup.purges or not row.cell.job.state.ended):
                rows = put(world.rows, version, row._replace(lapsed=True))
                yield f"time of {version} passes", world.but(rows=rows)


def _slot(number: int) -> Callable[[World, Recorder], World]:
    def place(world: World, recorder: Recorder) -> World:
        ended = recorder.phase == DONE.phase  # nobody asks what it found
        return world.but(recorders=put(world.recorders, number, DONE if ended else recorder))

    return place
