"""Run one flow, its worker a process behind the proxy, once for each request and each strike; judge how it ends."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shared.storage.job_table import JobTable
from tests.faults.enumeration import WRITES_ONLY, Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_runs import End, Tally, judge, play
from tests.faults.enumeration_workers import Worker
from tests.faults.proxy import Proxy
from tests.faults.proxy_http import Request
from tests.faults.proxy_workers import Elsewhere, ForkServer

#: By which a worker reaches an account in process, each service through a door of the proxy; nobody checks the key.
CONNECTION = ";".join(
    [
        "DefaultEndpointsProtocol=http",
        "AccountName=devstoreaccount1",
        "AccountKey=bm9ib2R5",
        *(
            f"{service}Endpoint=http://127.0.0.1:{port}/devstoreaccount1"
            for service, port in (("Blob", 10000), ("Queue", 10001), ("Table", 10002))
        ),
    ]
)
#: Schedules at once: many wait until a worker gives up.
AT_ONCE = 12


@dataclass
class ProxyRun:
    """A flow, tried with each strike at each request of a worker process.

    Attributes:
        flow: Its class; each schedule gets a new one.
        server: Starts the workers.
        table: The worker's job table, one that breaks a rule.
        tally: Of all that was tried.
    """

    flow: type[Flow]
    server: ForkServer
    table: type[JobTable] = JobTable
    tally: Tally = field(default_factory=Tally)

    def points(self) -> list[Request]:
        """Run the flow once without a fault; return its requests."""
        flow, case = self._prepare()
        with closing(Proxy(CONNECTION, case.ledger, account=case.account)) as proxy:
            flow.run(case, self._worker(case, proxy))
        flow.afterwards(case)
        judge(flow, case, case.recover())
        case.prove()
        return proxy.requests

    def try_all(self, strikes: Sequence[Strike]) -> Tally:
        """Try every request with each of these strikes."""
        points = self.points()
        schedules = {
            f"{self.flow.__name__}, {strike.name} at request {nth} ({asked})": partial(self.strike, nth, strike)
            for nth, asked in enumerate(points, 1)
            for strike in strikes
            if not (asked.reads and strike in WRITES_ONLY)
        }
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.tally.attempt, schedules.keys(), schedules.values()))
        self.tally.add(points=len(points))
        return self.tally

    def strike(self, nth: int, strike: Strike) -> None:
        """Run one schedule to its end, and judge it."""
        flow, case = self._prepare()
        with closing(Proxy(CONNECTION, case.ledger, account=case.account)) as proxy:
            proxy.arm(nth, strike, lambda: flow.meanwhile(case))
            died = play(flow, case, self._worker(case, proxy)) is End.DIED
        assert proxy.hit, f"request {nth} was not reached"
        assert died is strike.kills, "something went on after the death"
        flow.afterwards(case)
        rows = case.recover()
        self.tally.add(schedules=1, kills=died, pauses=strike.pauses, doubled=case.ledger.doubles)
        judge(flow, case, rows)
        case.prove()
        if strike.pauses:
            self._see_refusals(case, proxy)

    def _worker(self, case: Case, proxy: Proxy) -> Worker:
        """Return what flows take for a worker of this process."""
        darkroom: Any = Elsewhere(self.server, proxy, case._environ, self.table)
        line: Any = proxy
        return Worker(darkroom, line)

    def _see_refusals(self, case: Case, proxy: Proxy) -> None:
        """See that a worker whose claim has gone to another has tried to end its attempt, and was refused."""
        refused = [passed.request for passed in proxy.exchanges if passed.request.rows and not passed.has_effect]
        applied = [passed.request for passed in proxy.exchanges if passed.has_effect]
        self.tally.add(refused=len(refused))
        if any(asked.claims for asked in applied) and not any(asked.ends for asked in applied):
            assert any(asked.ends for asked in refused), f"no late end was refused: {[str(asked) for asked in refused]}"
            noted = [row.get("refused", 0) for key, row in case.rows().items() if key.startswith("try:")]
            assert sum(noted) == 1, f"noted on the attempts: {noted}"
            self.tally.add(zombies=1)

    def _prepare(self) -> tuple[Flow, Case]:
        flow = self.flow()
        case = Case(**flow.settings)
        flow.prepare(case)
        flow.begin(case)
        return flow, case
