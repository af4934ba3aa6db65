"""Run one flow once for each of its requests and each strike, and judge how it ends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from shared import wiring
from shared.errors import StorageOut, Undecided
from shared.jobs import State
from tests.faults.enumeration import SETTINGS, WRITES_ONLY, Died, Strike
from tests.faults.enumeration_case import Build, Case, jobs_in, live
from tests.faults.enumeration_flows import Analysis, Flow
from tests.faults.enumeration_forks import Crossroads
from tests.faults.enumeration_wire import reads


class End(Enum):
    """How the worker's part ends."""

    RETURNED = "it returned"
    RAISED = "it raised, so that the host brings back what it was about"
    DIED = "the process died"


@dataclass
class Tally:
    """What schedules came to.

    Attributes:
        points: Requests that were struck.
        schedules: Runs, each with one strike at one point.
        lost: Versions without an end, and events and messages that nobody can take.
        doubled: Commits beyond the first of a version.
        starts: The most analyses of one version that one schedule has started.
        failures: What went wrong, by schedule.
    """

    points: int = 0
    schedules: int = 0
    lost: int = 0
    doubled: int = 0
    starts: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, case: Case, rows: Mapping[str, Mapping[str, Any]], gone: Mapping[str, State]) -> None:
        """Count one schedule."""
        unknown = set(case.versions) - set(jobs_in(rows)) - set(gone)
        self.schedules += 1
        self.lost += len([*unknown, *live(rows), *case.events, *case.inbox, *case.poison])
        self.doubled += sum(max(0, commits - 1) for commits in case.ledger.commits.values())
        self.starts = max([self.starts, *case.ledger.claims.values()])

    def take(self, other: "Tally") -> None:
        """Add what the schedules of another came to."""
        self.schedules += other.schedules
        self.lost += other.lost
        self.doubled += other.doubled
        self.starts = max(self.starts, other.starts)
        self.failures += other.failures


class Run:
    """One flow on an account of its own, as it stands before the worker's part.

    Args:
        flow: Its class.
        build: Wires a process.
    """

    def __init__(self, flow: type[Flow], build: Build) -> None:
        self.flow = flow()
        self.case = Case(build=build, **flow.settings)
        self.flow.prepare(self.case)
        self.worker = self.case.worker()
        self.worker.line.arm({}, lambda: self.flow.meanwhile(self.case))
        self._messages = self.case.ledger.messages

    def play(self) -> End:
        """Do the worker's part as a host calls it, which bears with outages and deaths."""
        try:
            self.flow.run(self.case, self.worker)
        except Died:
            return End.DIED
        except (StorageOut, Undecided):
            return End.RAISED
        return End.RETURNED

    def conclude(self, end: End, tally: Tally) -> None:
        """Do what follows, and judge it."""
        line, flow, case = self.worker.line, self.flow, self.case
        strike = line.hits[0] if line.hits else None
        assert (end is End.DIED) is (strike is not None and strike.kills), "something went on after the death"
        if end is End.RETURNED and not (strike is not None and (strike.pauses or strike.lasts)):
            self._see_messages(strike)
        line.mend()
        violations = case.violations()
        flow.afterwards(case)
        rows = case.recover()
        if strike is not None:
            tally.add(case, rows, flow.gone(case))
        judge(flow, case, rows)
        assert violations == [], f"healed since: {violations}"

    def _see_messages(self, strike: Strike | None) -> None:
        """See that one failure has not cost the rest; who hears of a duplicate leaves it to the sweep."""
        sent, wanted = self.case.ledger.messages - self._messages, self.flow.messages
        if not self.flow.locked_out():
            assert sent >= wanted - (strike is Strike.ARRIVES_TWICE), f"{sent} messages: one failure has cost the rest"


@dataclass
class Enumeration:
    """A flow, tried with every strike at every request.

    Attributes:
        flow: Its class; each schedule gets a new one.
        build: Wires a process.
        tally: Of all that was tried.
    """

    flow: type[Flow]
    build: Build = wiring.build
    tally: Tally = field(default_factory=Tally)

    def every(self) -> Tally:
        """Run the flow without a fault, and at each of its requests each strike in a copy of this process, to the end.

        What does not end well without a fault is raised; what does not with one is a failure of the tally.
        """
        _import_late()
        run, ways, own = Run(self.flow, self.build), Crossroads[Strike](), Tally()
        line, name = run.worker.line, self.flow.__name__

        def cross(label: str) -> Strike | None:
            nonlocal name
            strike = ways.split(self._strikes(line.sent))
            if strike is not None:
                name = f"{name}, {strike.name} at request {len(line.sent)} ({label})"
            return strike

        line.crossroads = cross
        try:
            run.conclude(run.play(), own)
        except BaseException as error:
            own.schedules, own.failures = 1, [f"{name}: {error!r}"]
            ways.end(own)  # a copy gets no further, whatever it was
            raise
        ways.end(own)
        for told in ways.told:
            self.tally.take(told)
        return self.tally

    def points(self) -> list[tuple[int, str]]:
        """Run the flow once without a fault; return the number and label of each request to strike."""
        run, points = Run(self.flow, self.build), list[tuple[int, str]]()
        sent = run.worker.line.sent

        def note(label: str) -> None:
            points.extend((len(sent), label) for _ in self._strikes(sent)[:1])

        run.worker.line.crossroads = note
        run.conclude(run.play(), self.tally)
        return points

    def strike(self, nth: int, strike: Strike) -> None:
        """Run one schedule to its end, and judge it."""
        run = Run(self.flow, self.build)
        run.worker.line.arm({nth: strike}, lambda: run.flow.meanwhile(run.case))
        end = run.play()
        assert run.worker.line.hits == [strike], f"request {nth} was not reached"
        run.conclude(end, self.tally)

    def _strikes(self, sent: Sequence[str]) -> Sequence[Strike]:
        """Return what may happen at the last of these requests."""
        if self.flow.only not in ("", sent[-1]) or not any(self.flow.first in label for label in sent):
            return ()
        self.tally.points += 1
        return [strike for strike in self.flow.strikes if not (reads(sent[-1]) and strike in WRITES_ONLY)]


@cache
def _import_late() -> None:
    """Import once what each copy of this process would import at its first analysis."""
    Enumeration(Analysis).points()


def judge(flow: Flow, case: Case, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """See that nothing is lost and nothing is done twice."""
    jobs, gone = jobs_in(rows), flow.gone(case)
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
    _known(case, rows, gone)
    assert flow.ended_well(case, states), f"ended {states}"
    flow.check(case)
    case.prove()


def _known(case: Case, rows: Mapping[str, Mapping[str, Any]], gone: Mapping[str, State]) -> None:
    """See that each name's newest version stands in its key row, and that of a job that is gone nothing else does."""
    named = {row["job_id"]: row.get("final_state") for key, row in rows.items() if key.startswith("key:")}
    assert sorted(named) == sorted(case.newest.values()), f"the key rows name {named}"
    finals = {identity: gone[identity].value if identity in gone else None for identity in named}
    assert named == finals, f"the key rows say {named}"
    left = [name for name in (*rows, *case.thumbnails()) if any(identity in name for identity in gone)]
    assert left == [], f"left of what was purged: {left}"
