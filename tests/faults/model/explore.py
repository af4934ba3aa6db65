"""Breadth-first search of every world that can come about, shortest trace first."""

import gc
from array import array
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from shared.errors import Duplicate, KeyTaken, Lost
from shared.jobs import Event
from tests.faults.model import checks
from tests.faults.model.checks import Broken, Promise
from tests.faults.model.recorder import Recording
from tests.faults.model.rules import Cell
from tests.faults.model.setup import Setup, Steps
from tests.faults.model.store import GONE, Fault, apply, forget
from tests.faults.model.worker import Working
from tests.faults.model.world import CURRENT, Held, Recorder, World, Write, alike, begin, put

#: More worlds than this are not explored; a run that meets it proves nothing.
BOUND = 400_000


@dataclass(frozen=True)
class Explored:
    """What a run has seen.

    Attributes:
        worlds: How many.
        edges: How many steps lead from one to another.
        resting: In how many nothing can happen any more.
        whole: Whether all was explored.
    """

    worlds: int
    edges: int
    resting: int
    whole: bool


class Explorer:
    """Explore one setup.

    Args:
        setup: Of the run.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._workers = (Working(1, setup), Working(2, setup))
        self._recordings = tuple(Recording(f"r{number}", _slot(number), setup) for number in (1, 2))
        self._known: dict[World, int] = {}
        self._worlds: list[World] = []
        self._parents: list[int] = []
        self._edges: tuple[array[int], array[int]] = (array("i"), array("i"))

    def run(self) -> Explored:
        """Explore all.

        Raises:
            Broken: A promise does not hold; with the shortest trace to it.
        """
        gc.disable()  # nothing here is a cycle, and looking for them takes most of the time
        try:
            return self._run()
        finally:
            gc.enable()

    def _run(self) -> Explored:
        for kills in self._setup.kills:
            self._met(begin(kills, self._setup.left, events=self._setup.events), -1)
        resting = []
        at = 0
        while at < len(self._worlds) < BOUND:
            if not self._grow(at):
                resting.append(at)
            at += 1
        whole = at == len(self._worlds)
        if whole:
            self._check_ends(resting)
        return Explored(len(self._worlds), len(self._edges[0]), len(resting), whole)

    def _grow(self, at: int) -> int:
        world, number = self._worlds[at], 0
        try:
            for _, after in self._steps(world):
                number += self._met(after, at)
            if not number:
                checks.rests(world)
        except Broken as broken:
            raise Broken(broken.promise, self._trace(at)) from broken
        return number

    def _met(self, world: World, parent: int) -> bool:
        """Take a world in; say whether it is another than its parent."""
        world = self._alike(world)
        number = self._known.setdefault(world, len(self._worlds))
        if number == len(self._worlds):
            self._worlds.append(world)
            self._parents.append(parent)
            checks.holds(world, self._setup.left)
        if parent in (-1, number):
            return False
        self._edges[0].append(parent)
        self._edges[1].append(number)
        return True

    def _alike(self, world: World) -> World:
        return alike(world, doomed=self._setup.fault is not Fault.UPSERT_CLAIM)

    def _check_ends(self, resting: list[int]) -> None:
        """Walk all steps backwards from the worlds at rest; nobody may be left out."""
        before: list[list[int]] = [[] for _ in self._worlds]
        for source, goal in zip(*self._edges, strict=True):
            before[goal].append(source)
        reaching, waiting = bytearray(len(self._worlds)), list(resting)
        for number in resting:
            reaching[number] = 1
        while waiting:
            for source in before[waiting.pop()]:
                if not reaching[source]:
                    reaching[source] = 1
                    waiting.append(source)
        stuck = reaching.find(0)
        if stuck >= 0:
            raise Broken(Promise.ENDS, self._trace(stuck))

    def _trace(self, at: int) -> tuple[str, ...]:
        """Name the steps to a world, by finding each again."""
        path = [at]
        while self._parents[path[-1]] >= 0:
            path.append(self._parents[path[-1]])
        path.reverse()
        names = []
        for source, goal in pairwise(path):
            steps = self._steps(self._worlds[source])
            names.append(next(name for name, after in steps if self._alike(after) == self._worlds[goal]))
        return (*names, "…", repr(self._worlds[at]))

    def _steps(self, world: World) -> Steps:
        for number, working in enumerate(self._workers, 1):
            for name, after in working.steps(world):
                yield f"worker {number} {name}", after
        for number, recording in enumerate(self._recordings, 1):
            if number == 2 and world.left.overwrites:
                continue
            recorder = world.recorders[number - 1]
            for name, after in recording.steps(world, recorder):
                yield f"recorder {number}: {name}", after
            if self._setup.recorders_die and recorder.phase not in ("new", "done"):
                again = _slot(number)(forget(world, f"r{number}"), Recorder())
                yield f"recorder {number} dies, its event comes again", again
        yield from self._surroundings(world)

    def _surroundings(self, world: World) -> Steps:
        """Yield what time, the user, the network, operators and the poison queue may do."""
        if world.left.overwrites:
            fewer = world.left._replace(overwrites=0)
            yield "overwrite", world._replace(blob=2, left=fewer)
        if world.ghost is not None:
            yield "the late write is dropped", world._replace(ghost=None)
            with suppress(Lost, Duplicate, KeyTaken):
                yield "the late write arrives", apply(world._replace(ghost=None), world.ghost, self._setup.fault)
        for version in (1, 2):
            row = world.row(version)
            if row is None:
                continue
            if not row.lapsed and not row.cell.job.state.ended:
                yield (
                    f"time of {version} passes",
                    world._replace(rows=put(world.rows, version, row._replace(lapsed=True))),
                )
            yield from self._by_another(world, version)

    def _by_another(self, world: World, version: int) -> Steps:
        """Yield bury, cancel by hand and redrive: read and write in one step, since If-Match makes it one."""
        row, left = world.row(version), world.left
        assert row is not None
        held = Held(row.cell, CURRENT)
        rules, fault = self._setup.rules, self._setup.fault
        buried = rules.end(Event.BURY, row.cell, lapsed=row.lapsed)
        if isinstance(buried, Cell):
            yield f"bury {version}", apply(world, Write(GONE, version, held, buried, Event.BURY), fault)
        canceled = rules.end(Event.CANCEL, row.cell, lapsed=row.lapsed)
        if left.cancels and isinstance(canceled, Cell):
            fewer = world._replace(left=left._replace(cancels=left.cancels - 1))
            yield f"cancel {version}", apply(fewer, Write(GONE, version, held, canceled, Event.CANCEL), fault)
        opened = rules.redrive(row.cell)
        if left.redrives and isinstance(opened, Cell) and world.key is not None and world.key.version == version:
            fewer = world._replace(left=left._replace(redrives=left.redrives - 1))
            write = Write(GONE, version, held, opened, Event.REDRIVE, keyed=True, over=world.key)
            yield f"redrive {version}", apply(fewer, write, fault)


def _slot(number: int):  # noqa: ANN202 - a callable of the shape that Recording asks for
    def place(world: World, recorder: Recorder) -> World:
        return world._replace(recorders=put(world.recorders, number, recorder))

    return place
