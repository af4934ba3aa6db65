"""Run one flow once for each of its requests and each strike, and judge how it ends."""

import json
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial
from typing import Any

from shared import wiring
from shared.errors import StorageOut, Undecided
from shared.rules.jobs import State
from tests import proving
from tests.faults.enumeration import ASKED_AGAIN, SETTINGS, WRITES_ONLY, Died, Strike
from tests.faults.enumeration_case import Case, jobs_in, live
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_wire import reads
from tests.faults.enumeration_workers import Build, Worker


class End(Enum):
    """How the worker's part ends."""

    RETURNED = "it returned"
    RAISED = "it raised, so that the host brings back what it was about"
    DIED = "the process died"


@dataclass
class Tally:
    """What schedules came to.

    Attributes:
        counts: points: requests that were struck; schedules: runs, each with one strike at one point; lost: versions
            without an end, and events and messages that nobody can take; doubled: commits beyond the first of a
            version; of workers that are processes, kills, pauses, refused: late writes of those that were paused, and
            zombies: among them those of workers whose claim had gone to another.
        failures: What went wrong, by schedule.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **counts: int) -> None:
        """Count, for schedules that run at once."""
        with self._mutex:
            self.counts.update(counts)

    def attempt(self, name: str, schedule: Callable[[], object]) -> None:
        """Run a schedule; what goes wrong in it is a failure of its name, whatever it is."""
        try:
            schedule()
        except Exception as error:  # noqa: BLE001 - every schedule has its turn
            self.failures.append(f"{name}: {error!r}")


class Run:
    """One flow on an account of its own, as it stands before the worker's part.

    Args:
        flow: What is prepared already.
        case: Where it stands.
    """

    def __init__(self, flow: Flow, case: Case) -> None:
        self.flow, self.case = flow, case
        self.flow.begin(case)
        self.worker = case.worker()
        self.worker.line.arm({}, lambda: flow.meanwhile(case))
        self._messages = case.ledger.messages

    def conclude(self, end: End, tally: Tally) -> None:
        """Do what follows, and judge it."""
        line, flow, case = self.worker.line, self.flow, self.case
        strike = line.hits[0] if line.hits else None
        assert (end is End.DIED) is (strike is not None and strike.kills), "something went on after the death"
        if end is End.RETURNED and not (strike is not None and (strike.pauses or strike.lasts)):
            self._see_messages(strike)
        line.mend()
        violations, known = case.violations(), case.ledger.writes
        flow.afterwards(case)
        rows = case.recover()
        if strike is not None:
            unknown = set(case.versions) - set(jobs_in(rows)) - set(flow.final_states(case))
            lost = [*unknown, *live(rows), *case.events, *case.inbox, *case.poison]
            tally.add(schedules=1, lost=len(lost), doubled=case.ledger.doubles)
        judge(flow, case, rows)
        if case.ledger.writes > known:
            case.prove()
        assert violations == [], f"healed since: {violations}"

    def _see_messages(self, strike: Strike | None) -> None:
        """See that one failure has not cost the rest; who hears of duplicates leaves those to the sweep."""
        sent, wanted = self.case.ledger.messages - self._messages, self.flow.messages
        wanted -= self.flow.together if strike is Strike.ARRIVES_TWICE else 0
        if not self.flow.locked_out():
            assert sent >= wanted, f"{sent} messages: one failure has cost the rest"


@dataclass
class Enumeration:
    """A flow, tried with every strike at every request.

    Attributes:
        flow: Its class; it is prepared once, and each schedule begins with a copy.
        build: Wires a process.
        tally: Of all that was tried.
    """

    flow: type[Flow]
    build: Build = wiring.build
    tally: Tally = field(default_factory=Tally)

    def every(self, *, part: int = 1) -> Tally:
        """Run the flow without a fault, and with each strike at each of its requests, to the end.

        What does not end well without a fault is raised; what does not with one is a failure of the tally.

        Args:
            part: Of the strikes at a request, one in so many is tried, and those beside it at the requests beside it.
        """
        for nth, label in self.points():
            for strike in self._strikes(nth, label)[nth % part :: part]:
                name = f"{self.flow.__name__}, {strike.name} at request {nth} ({label})"
                self.tally.attempt(name, partial(self.strike, nth, strike))
        return self.tally

    def points(self) -> list[tuple[int, str]]:
        """Run the flow once without a fault; return the number and label of each request to strike."""
        run = self._run()
        end = play(run.flow, run.case, run.worker)
        sent = tuple(run.worker.line.requests)
        run.conclude(end, self.tally)
        begins = next((nth for nth, label in enumerate(sent) if self.flow.first in label), len(sent))
        points = [(nth, label) for nth, label in enumerate(sent, 1) if nth > begins and self.flow.only in ("", label)]
        self.tally.add(points=len(points))
        return points

    def strike(self, nth: int, strike: Strike) -> None:
        """Run one schedule to its end, and judge it."""
        run = self._run()
        run.worker.line.arm({nth: strike}, lambda: run.flow.meanwhile(run.case))
        end = play(run.flow, run.case, run.worker)
        assert run.worker.line.hits == [strike], f"request {nth} was not reached"
        run.conclude(end, self.tally)

    def _strikes(self, nth: int, label: str) -> Sequence[Strike]:
        """Return what may happen at a request; every day one of what makes a read be asked again, in turn."""
        if not reads(label):
            return self.flow.strikes
        others = {*ASKED_AGAIN} - {ASKED_AGAIN[nth % len(ASKED_AGAIN)]} if proving.everyday() else set[Strike]()
        return [strike for strike in self.flow.strikes if strike not in others.union(WRITES_ONLY)]

    def _run(self) -> Run:
        return Run(*pickle.loads(self._prepare))  # noqa: S301 - our own

    @cached_property
    def _prepare(self) -> bytes:
        """Prepare the flow; return it and its case, to be copied."""
        flow, case = self.flow(), Case(partial(self.build, works=self.flow.works), **self.flow.settings)
        flow.prepare(case)
        return pickle.dumps((flow, case))


def play(flow: Flow, case: Case, worker: Worker) -> End:
    """Do the worker's part as a host calls it, which bears with outages and deaths."""
    try:
        flow.run(case, worker)
    except Died:
        return End.DIED
    except (StorageOut, Undecided):
        return End.RAISED
    return End.RETURNED


def judge(flow: Flow, case: Case, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """See that nothing is lost and nothing is done twice."""
    jobs, gone = jobs_in(rows), flow.final_states(case)
    states = [gone[identity] if identity in gone else State(jobs[identity]["state"]) for identity in case.versions]
    thumbnails = case.thumbnails()
    for identity, state in zip(case.versions, states, strict=True):
        commits, starts = case.ledger.commits[identity], case.ledger.claims[identity]
        assert commits == int(state is State.COMPLETED), f"{state}, {commits} commits"
        assert starts <= flow.starts, f"{starts} analyses"
        if state is State.COMPLETED and identity not in gone and identity.startswith(SETTINGS.image_type):
            name = json.loads(jobs[identity]["report"])["thumbnail"]["name"]
            assert name in thumbnails, f"no thumbnail {name}"
    assert set(jobs) == set(case.versions) - set(gone), f"jobs of nobody's: {set(jobs) ^ set(case.versions)}"
    _check_keys(case, rows, gone)
    assert flow.ended_well(case, states), f"ended {states}"
    flow.check(case)


def _check_keys(case: Case, rows: Mapping[str, Mapping[str, Any]], gone: Mapping[str, State]) -> None:
    """See that each name's newest version stands in its key row, and that of a job that is gone nothing else does."""
    named = {row["job_id"]: row.get("final_state") for key, row in rows.items() if key.startswith("key:")}
    assert sorted(named) == sorted(case.newest.values()), f"the key rows name {named}"
    finals = {identity: gone[identity].value if identity in gone else None for identity in named}
    assert named == finals, f"the key rows say {named}"
    left = [name for name in (*rows, *case.thumbnails()) if any(identity in name for identity in gone)]
    assert left == [], f"left of what was purged: {left}"
