"""Breadth-first search of every world that can come about, shortest trace first; knows nothing of what a world is."""

import gc
from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar

#: More worlds than this are not explored; a run that meets it proves nothing.
BOUND = 400_000

W = TypeVar("W", bound=Hashable)


class Broken(Exception):
    """A promise does not hold.

    Args:
        promise: Which.
        trace: What led there, oldest first.
    """

    def __init__(self, promise: StrEnum, trace: tuple[str, ...] = ()) -> None:
        super().__init__(": ".join((promise, *trace)))
        self.promise = promise
        self.trace = trace


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

    def __str__(self) -> str:
        return f"{self.worlds:,} worlds, {self.edges:,} edges, {self.resting} at rest"


@dataclass(frozen=True)
class Rulebook(Generic[W]):
    """What happens, and what must hold.

    Attributes:
        begins: The first worlds.
        steps: Yields what may happen next in a world, each with its name.
        alike: Returns the one world that stands for all that differ in nothing that matters.
        holds: Raises ``Broken`` for a world that must not be.
        rests: Raises ``Broken`` for a world in which nothing more happens, and that must not be the last.
        ends: What is broken when a world leads to none at rest.
    """

    begins: tuple[W, ...]
    steps: Callable[[W], Iterable[tuple[str, W]]]
    alike: Callable[[W], W]
    holds: Callable[[W], None]
    rests: Callable[[W], None]
    ends: StrEnum


class Search(Generic[W]):
    """One search.

    Args:
        rules: Of what is searched.
    """

    def __init__(self, rules: Rulebook[W]) -> None:
        self._rules = rules
        self._known: dict[W, int] = {}
        self._worlds: list[W] = []
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
        for world in self._rules.begins:
            self._met(world, -1)
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
        last: tuple[str, ...] = ()
        try:
            for name, after in self._rules.steps(world):
                last = (name,)
                number += self._met(after, at)
                last = ()
            if not number:
                self._rules.rests(world)
        except Broken as broken:
            raise Broken(broken.promise, (*self._trace(at), *last, *broken.trace)) from broken
        return number

    def _met(self, world: W, parent: int) -> bool:
        """Take a world in; say whether it is another than its parent."""
        world = self._rules.alike(world)
        number = self._known.setdefault(world, len(self._worlds))
        if number == len(self._worlds):
            self._worlds.append(world)
            self._parents.append(parent)
            self._rules.holds(world)
        if parent in (-1, number):
            return False
        self._edges[0].append(parent)
        self._edges[1].append(number)
        return True

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
            raise Broken(self._rules.ends, self._trace(stuck))

    def _trace(self, at: int) -> tuple[str, ...]:
        """Name the steps to a world, by finding each again."""
        path = [at]
        while self._parents[path[-1]] >= 0:
            path.append(self._parents[path[-1]])
        path.reverse()
        names = []
        for source, goal in pairwise(path):
            steps = self._rules.steps(self._worlds[source])
            names.append(next(name for name, after in steps if self._rules.alike(after) == self._worlds[goal]))
        return (*names, "…", repr(self._worlds[at]))
