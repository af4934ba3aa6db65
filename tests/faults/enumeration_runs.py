"""Run one flow once for each of its requests and each strike, and judge how it ends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from shared.errors import StorageOut, Undecided
from shared.jobs import State
from tests.faults.enumeration import SETTINGS, WRITES_ONLY, Died, Strike
from tests.faults.enumeration_case import Build, Case, Worker, jobs_in, live
from tests.faults.enumeration_flows import Flow
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

    def __str__(self) -> str:
        return (
            f"{self.points} points, {self.schedules} schedules; {self.lost} lost, {self.doubled} double commits, "
            f"at most {self.starts} analyses of one version"
        )

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.points + other.points,
            self.schedules + other.schedules,
            self.lost + other.lost,
            self.doubled + other.doubled,
            max(self.starts, other.starts),
            self.failures + other.failures,
        )

    def add(self, case: Case, rows: Mapping[str, Mapping[str, Any]], gone: Mapping[str, State]) -> None:
        """Count one schedule."""
        unknown = set(case.versions) - set(jobs_in(rows)) - set(gone)
        self.schedules += 1
        self.lost += len([*unknown, *live(rows), *case.events, *case.inbox, *case.poison])
        self.doubled += sum(max(0, commits - 1) for commits in case.ledger.commits.values())
        self.starts = max([self.starts, *case.ledger.claims.values()])


@dataclass
class Enumeration:
    """A flow, tried with every strike at every request.

    Attributes:
        flow: Its class; each schedule gets a new one.
        connection: Of Azurite.
        wire: The connections, shared.
        build: Wires a process.
        tally: Of all that was tried.
    """

    flow: type[Flow]
    connection: str
    wire: HttpTransport[Any, Any]
    build: Build = wiring.build
    tally: Tally = field(default_factory=Tally)

    def points(self) -> list[tuple[int, str]]:
        """Run the flow once without a fault; return the number and label of each request to strike."""
        flow, case = self._prepared()
        worker = case.worker()
        self._end(flow, case, worker)
        sent = list(worker.line.sent)
        flow.afterwards(case)
        judge(flow, case, case.recover())
        start = next(number for number, label in enumerate(sent) if flow.first in label)
        return [(nth, label) for nth, label in list(enumerate(sent, 1))[start:] if flow.only in ("", label)]

    def schedules(self) -> list[tuple[int, str, Strike]]:
        """Return every strike at every request: its number, its label, the strike."""
        return [
            (nth, label, strike)
            for nth, label in self.points()
            for strike in self.flow.strikes
            if not (reads(label) and strike in WRITES_ONLY)
        ]

    def struck(self, nth: int, strike: Strike) -> None:
        """Run one schedule to its end, and judge it."""
        flow, case = self._prepared()
        worker, messages = case.worker(), case.ledger.messages
        worker.line.arm({nth: strike}, lambda: flow.meanwhile(case))
        end = self._end(flow, case, worker)
        assert worker.line.hits == [strike], f"request {nth} was not reached"
        assert (end is End.DIED) is strike.kills, "something went on after the death"
        if end is End.RETURNED and not (strike.pauses or strike.lasts):
            sent = case.ledger.messages - messages
            spared = flow.messages - (strike is Strike.ARRIVES_TWICE)  # who hears of a duplicate leaves it to the sweep
            assert sent >= spared, f"{sent} messages: one failure has cost the rest"
        worker.line.mend()
        violations = case.violations()
        flow.afterwards(case)
        rows = case.recover()
        self.tally.add(case, rows, flow.gone(case))
        judge(flow, case, rows)
        assert violations == [], f"healed since: {violations}"

    @staticmethod
    def _end(flow: Flow, case: Case, worker: Worker) -> End:
        """Do the worker's part as a host calls it, which bears with outages and deaths."""
        try:
            flow.run(case, worker)
        except Died:
            return End.DIED
        except (StorageOut, Undecided):
            return End.RAISED
        return End.RETURNED

    def failure(self, nth: int, label: str, strike: Strike) -> str | None:
        """Run one schedule; return what went wrong, with the schedule's name."""
        try:
            self.struck(nth, strike)
        except Exception as error:  # noqa: BLE001 - every schedule has its turn
            return f"{self.flow.__name__}, {strike.name} at request {nth} ({label}): {error!r}"
        return None

    def _prepared(self) -> tuple[Flow, Case]:
        flow = self.flow()
        case = Case(self.connection, self.wire, build=self.build, **flow.settings)
        flow.prepare(case)
        return flow, case


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
