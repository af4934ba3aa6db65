"""Run one flow once for each of its requests and each strike, and judge how it ends."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from shared.errors import StorageOut, Undecided
from shared.jobs import State
from tests.faults.enumeration import LAPSE_SECONDS, WRITES_ONLY, Died, Strike
from tests.faults.enumeration_case import Build, Case, Worker, jobs_in, live
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_wire import reads

#: Schedules at once: they wait for the SDK's pauses between reads more than for anything else.
AT_ONCE = 6


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

    def add(self, case: Case, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Count one schedule."""
        unknown = set(case.versions) - set(jobs_in(rows))
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
        flow.run(case, worker)
        sent = list(worker.line.sent)
        judge(flow, case, case.recover())
        start = next(number for number, label in enumerate(sent) if flow.first in label)
        return list(enumerate(sent, 1))[start:]

    def tried(self) -> Tally:
        """Try everything."""
        points = self.points()
        self.tally.points = len(points)
        schedules = [
            (nth, label, strike)
            for nth, label in points
            for strike in self.flow.strikes
            if not (reads(label) and strike in WRITES_ONLY)
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            failures = list(pool.map(lambda schedule: self._failure(*schedule), schedules))
        self.tally.failures += [failure for failure in failures if failure is not None]
        return self.tally

    def struck(self, nth: int, strike: Strike) -> None:
        """Run one schedule to its end, and judge it."""
        flow, case = self._prepared()
        worker = case.worker()
        worker.line.arm(nth, strike, lambda: self._rival(flow, case))
        died = self._died(flow, case, worker)
        assert worker.line.hit, f"request {nth} was not reached"
        assert died is strike.kills, "something went on after the death"
        case.rows()
        rows = case.recover()
        self.tally.add(case, rows)
        judge(flow, case, rows)

    @staticmethod
    def _died(flow: Flow, case: Case, worker: Worker) -> bool:
        """Do the worker's part as a host calls it, which bears with outages; return whether the process has died."""
        try:
            flow.run(case, worker)
        except Died:
            return True
        except (StorageOut, Undecided):
            pass
        return False

    def _failure(self, nth: int, label: str, strike: Strike) -> str | None:
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

    @staticmethod
    def _rival(flow: Flow, case: Case) -> None:
        if flow.lapses:
            case.time.go(LAPSE_SECONDS)
        flow.rival(case, case.worker())


def judge(flow: Flow, case: Case, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """See that nothing is lost and nothing is done twice."""
    jobs = jobs_in(rows)
    states = [State(jobs[identity]["state"]) for identity in case.versions]
    thumbnails = case.thumbnails()
    for identity, state in zip(case.versions, states, strict=True):
        commits, starts = case.ledger.commits[identity], case.ledger.claims[identity]
        assert commits == int(state is State.COMPLETED), f"{state}, {commits} commits"
        assert starts <= flow.starts, f"{starts} analyses"
        if state is State.COMPLETED:
            name = json.loads(jobs[identity]["report"])["thumbnail"]["name"]
            assert name in thumbnails, f"no thumbnail {name}"
    assert set(jobs) == set(case.versions), f"jobs of nobody's: {set(jobs) - set(case.versions)}"
    assert flow.ended_well(states), f"ended {states}"
    flow.check(case)
