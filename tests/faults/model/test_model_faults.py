"""Planted faults: what the exploration must find, by the name of the promise that each breaks."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum

import pytest

from shared import jobs
from shared.jobs import Event, Guard, Job, Transition
from tests.faults.model.checks import Promise
from tests.faults.model.explore import Explorer
from tests.faults.model.planted import Fault
from tests.faults.model.rules import NOW, Cell, Rules
from tests.faults.model.search import Broken
from tests.faults.model.setup import Setup
from tests.faults.model.world import Left

QUIET = Setup(Left())
OVERWRITTEN = Setup(Left(redrives=1), uploads=(1, 2), events=(1, 2))
SWEPT = Setup(Left(), deliveries=0, lists=True)
RESENT = replace(QUIET, resends=True, outsiders=2, workers=1)
LAST_ATTEMPT = Setup(Left(cancels=1), rules=Rules(1))
RETURNED = replace(OVERWRITTEN, left=Left(), uploads=(1, 2, 1), events=(1, 3), rules=Rules(1), workers=1, outsiders=0)
PURGED = Setup(Left(redrives=1), rules=Rules(1), deliveries=1, workers=1, outsiders=2, recorders_die=False, purges=True)
TOLD_TWICE = replace(PURGED, left=Left(), events=(1, 1), outsiders=1, memory_runs_out=False)
REPLACED = replace(TOLD_TWICE, uploads=(1, 2), events=(1, 2), deliveries=0)

STORE_AND_ACTORS = {
    Fault.COMPLETE_BY_ID: (QUIET, Promise.STALE_SILENT),
    Fault.CLIENT_CLOCK: (QUIET, Promise.LEASE_KEPT),
    Fault.UPSERT_CLAIM: (SWEPT, Promise.BEGUN_ONCE),
    Fault.NO_RECHECK: (QUIET, Promise.PROTECTED),
    Fault.ABSENT_IS_LOST: (Setup(Left(losses=1)), Promise.REST),
    Fault.OLD_HEAD: (OVERWRITTEN, Promise.NEWEST_STAYS),
    Fault.UNGUARDED_KEY: (OVERWRITTEN, Promise.ONE_LIVE),
    Fault.SUPERSEDE_APART: (OVERWRITTEN, Promise.ONE_LIVE),
    Fault.REDRIVE_UNKEYED: (OVERWRITTEN, Promise.OPENS_NEWEST),
    Fault.REDRIVE_UNMATCHED: (replace(OVERWRITTEN, rules=Rules(1), deliveries=0), Promise.ONE_LIVE),
    Fault.CANCEL_UNGUARDED: (LAST_ATTEMPT, Promise.ATTEMPTS_RISE),
    Fault.BURY_UNGUARDED: (LAST_ATTEMPT, Promise.LEASE_KEPT),
    Fault.RESCHEDULE_UNGUARDED: (RESENT, Promise.SENT_ONCE),
    Fault.REOPENED_APART: (RETURNED, Promise.ONE_LIVE),
    Fault.RETURN_IGNORED: (RETURNED, Promise.REST),
    Fault.OWN_MISSED: (RETURNED, Promise.REST),
    Fault.SPARED_BLINDLY: (replace(QUIET, kills=(1,)), Promise.ATTEMPTS_BOUNDED),
    Fault.GONE_GIVEN_BACK: (replace(QUIET, uploads=(1, 0)), Promise.ATTEMPTS_BOUNDED),
    Fault.READ_ANY: (OVERWRITTEN, Promise.OWN_VERSION),
    Fault.PURGE_UNJUDGED: (PURGED, Promise.RIPE),
    Fault.PURGE_UNGUARDED: (PURGED, Promise.RIPE),
    Fault.PURGE_UNKEYED: (REPLACED, Promise.NEWEST_STAYS),
    Fault.KEY_PURGED: (TOLD_TWICE, Promise.KNOWN),
    Fault.THUMBNAILS_ALL: (PURGED, Promise.SHOWN),
}


class Bent(Rules):
    """Changes what production's moves have made, against the rules.

    Args:
        event: Which move.
        columns: From the job before and after, what shall stand instead.
    """

    def __init__(self, event: Event, columns: Callable[[Job, Job], dict[str, object]]) -> None:
        super().__init__()
        self._event = event
        self._columns = columns

    def end(self, event: Event, cell: Cell, *, lapsed: bool) -> Cell | Guard | None:
        """Bend an end by another."""
        return self._bent(event, cell, super().end(event, cell, lapsed=lapsed))

    def own(self, event: Event, cell: Cell, held: Cell) -> Cell | Guard | None:
        """Bend an owner's move."""
        return self._bent(event, cell, super().own(event, cell, held))

    def claim(self, cell: Cell, *, lapsed: bool, spared: bool = False) -> Cell | Guard | None:
        """Bend a claim."""
        return self._bent(Event.CLAIM, cell, super().claim(cell, lapsed=lapsed, spared=spared))

    def _bent(self, event: Event, cell: Cell, after: Cell | Guard | None) -> Cell | Guard | None:
        if event is not self._event or not isinstance(after, Cell):
            return after
        return Cell(replace(after.job, **self._columns(cell.job, after.job)))


BENT = {
    "end by another without a token bump": (Event.CANCEL, lambda old, _: {"token": old.token}, Promise.FENCED),
    "claim that is not counted": (Event.CLAIM, lambda old, _: {"attempts": old.attempts}, Promise.ATTEMPTS_RISE),
    "claim that leaves its due row where it was": (Event.CLAIM, lambda _, __: {"due": NOW}, Promise.OUT_OF_SIGHT),
    "retry without a due row": (Event.RETRY, lambda _, __: {"due": None}, Promise.DUE),
    "retry that takes the token back": (Event.RETRY, lambda old, _: {"token": old.token - 1}, Promise.TOKENS_RISE),
}


def broken(setup: Setup) -> StrEnum:
    """Explore until a promise breaks; print the trace."""
    with pytest.raises(Broken) as found:
        Explorer(setup).run()
    print(found.value.promise, *(step for step in found.value.trace if not step.startswith("World(")), sep="\n  ")
    return found.value.promise


def without(event: Event, guard: Guard | None) -> tuple[Transition, ...]:
    """Return the table with an event's rows taken out, or with one guard less on them."""
    if guard is None:
        return tuple(row for row in jobs.TRANSITIONS if row.event is not event)
    return tuple(
        replace(row, guards=tuple(kept for kept in row.guards if kept is not guard)) if row.event is event else row
        for row in jobs.TRANSITIONS
    )


def also(event: Event, sources: Iterable[jobs.State], target: jobs.State | None) -> tuple[Transition, ...]:
    """Return the table with rows more."""
    return (*jobs.TRANSITIONS, *(Transition(event, source, target) for source in sources))


@pytest.mark.parametrize("fault", STORE_AND_ACTORS, ids=str)
def test_model_finds_a_fault_of_store_or_actors(fault: Fault) -> None:
    setup, promise = STORE_AND_ACTORS[fault]
    assert broken(replace(setup, fault=fault)) is promise


def test_model_finds_a_completion_that_asks_for_the_status_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.GUARDS, Guard.OWN, lambda _job, _facts: True)
    assert broken(replace(QUIET, fault=Fault.COMPLETE_BY_STATUS)) is Promise.STALE_SILENT


def test_model_finds_a_recorder_that_runs_in_circles() -> None:
    setup = replace(RETURNED, uploads=(1, 2), events=(1, 2), recorders_die=False, deliveries=1)
    assert broken(replace(setup, fault=Fault.KEY_UNREAD, memory_runs_out=False)) is Promise.ENDS


@pytest.mark.parametrize("name", BENT)
def test_model_finds_a_move_that_is_bent(name: str) -> None:
    event, columns, promise = BENT[name]
    assert broken(Setup(Left(cancels=1), rules=Bent(event, columns))) is promise


TABLES = {
    "redrive of a completed job": (
        also(Event.REDRIVE, [jobs.State.COMPLETED], jobs.State.PENDING),
        Promise.ONE_COMMIT,
    ),
    "claim of a live lease": (without(Event.CLAIM, Guard.LAPSED), Promise.LEASE_KEPT),
    "claim after the last attempt": (without(Event.CLAIM, Guard.ATTEMPTS_LEFT), Promise.ATTEMPTS_BOUNDED),
    "claim of a completed job": (
        also(Event.CLAIM, [jobs.State.COMPLETED], jobs.State.RUNNING),
        Promise.ENDED_STAYS,
    ),
    "bury of a live lease": (without(Event.BURY, Guard.LAPSED), Promise.LEASE_KEPT),
    "bury with attempts left": (without(Event.BURY, Guard.SPENT), Promise.ATTEMPTS_KEPT),
    "purge within its retention": (without(Event.PURGE, Guard.EXPIRED), Promise.SHOWN),
    "purge of a live job": (also(Event.PURGE, [jobs.State.PENDING], None), Promise.RIPE),
    "no end for a job that kills": (
        tuple(row for row in without(Event.EXHAUST, None) if row.event is not Event.BURY),
        Promise.REST,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_model_finds_a_wrong_row_of_the_table(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table, promise = TABLES[name]
    monkeypatch.setattr(jobs, "TRANSITIONS", table)
    purges = promise in (Promise.RIPE, Promise.SHOWN)
    setup = Setup(Left(redrives=1), kills=(1,) if promise is Promise.REST else (0,), purges=purges)
    assert broken(setup) is promise


def test_model_has_a_planted_fault_against_every_promise() -> None:
    tables = (STORE_AND_ACTORS.values(), BENT.values(), TABLES.values())
    assert {row[-1] for table in tables for row in table} | {Promise.ENDS} == set(Promise)
    assert set(STORE_AND_ACTORS) | {Fault.COMPLETE_BY_STATUS, Fault.KEY_UNREAD} == set(Fault)
