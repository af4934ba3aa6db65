"""Production's worker outside Functions, as a process of a world has it: wired by production, judged at its entrances.

Beside ``entry_points`` and ``external_claims`` only this file knows names of production. It decides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import partial
from typing import Any

from shared.ports.queue import QueueMessage
from shared.worker.awake import AwakeQueue
from shared.worker.chores import Chore, Chores
from shared.worker.worker import Worker
from tests.simulation.entry_points import POISON, QUEUE, Darkroom

#: Makes a call, given what it is, what it is about, and who makes it; judges it, and lets it end as it does.
Judge = Callable[[Callable[[], object], str, str, str], object]
#: The steps that a worker calls, and what they are called where a host calls them.
_ENTRANCES = {"receive": QUEUE, "bury": POISON, "sweep": "sweep", "reconcile": "reconcile", "purge": "purge"}
#: Between two chores of an idle worker at most: a world is to come to its end.
_IDLE = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class JudgedDarkroom(Darkroom):
    """A Darkroom each of whose entrances is judged, whoever calls it.

    Attributes:
        judge: Makes the calls.
    """

    judge: Judge

    def __post_init__(self) -> None:
        """Stand before the steps that a worker calls; each has a method of its own name."""
        steps = {name: getattr(self, name) for name in _ENTRANCES}  # all are built first: some call others, unjudged
        for name, step in steps.items():
            setattr(step, name, partial(self._enter, getattr(step, name), _ENTRANCES[name]))

    def _enter(self, call: Callable[..., object], kind: str, body: bytes = b"", **options: Any) -> object:  # noqa: ANN401 - passed on
        given = (body,) if kind in (QUEUE, POISON) else ()
        return self.judge(lambda: call(*given, **options), kind, body.decode(), options.get("owner", ""))


@dataclass(frozen=True)
class ShownQueue(AwakeQueue):
    """A queue that is not asked while it has no message to give: that would only cost time.

    Attributes:
        is_visible: Says whether it has.
    """

    is_visible: Callable[[], bool]

    def receive(self, *, most: int, hidden: timedelta) -> list[QueueMessage]:
        """See ``WorkQueue.receive``."""
        return super().receive(most=most, hidden=hidden) if self.is_visible() else []


class PacedWorker(Worker):
    """A worker whose chores come as often as the timers of a world: storms are shorter than the time between them.

    Args:
        darkroom: Everything, wired.
        slots: Messages that are worked on at once.
        paces: Seconds between two, by the name of the chore; those of production without it.
        is_calm: Whether nothing goes wrong any more: chores come as in idle times then.
    """

    def __init__(
        self, darkroom: Darkroom, *, slots: int, paces: Mapping[str, float], is_calm: Callable[[], bool]
    ) -> None:
        self._paces = paces
        self._is_calm = is_calm
        super().__init__(darkroom, slots=slots)

    def _build_chores(self) -> Chores:
        chores = super()._build_chores()
        chores.chores = tuple(self._pace(chore) for chore in chores.chores)
        chores.is_idle = lambda: self._is_calm() or self.is_idle()
        return chores

    def _pace(self, chore: Chore) -> Chore:
        pace = timedelta(seconds=self._paces.get(chore.name, chore.busy.total_seconds()))
        return replace(chore, busy=min(chore.busy, pace), idle=min(chore.idle, _IDLE), first=min(chore.first, pace))


def build_worker(
    darkroom: Darkroom,
    *,
    slots: int,
    paces: Mapping[str, float],
    judge: Judge,
    is_visible: Callable[[], bool],
    is_calm: Callable[[], bool],
) -> PacedWorker:
    """Build the worker of a process.

    Args:
        darkroom: Of the process.
        slots: Messages that are worked on at once.
        paces: Seconds between two chores of a name.
        judge: Makes each call.
        is_visible: Says whether the job queue has a message to give.
        is_calm: Whether nothing goes wrong any more.
    """
    parts = {each.name: getattr(darkroom, each.name) for each in fields(darkroom)}
    queue = ShownQueue(darkroom.storage.queue, int, is_visible)
    parts["storage"] = replace(darkroom.storage, queue=queue)
    return PacedWorker(JudgedDarkroom(**parts, judge=judge), slots=slots, paces=paces, is_calm=is_calm)
