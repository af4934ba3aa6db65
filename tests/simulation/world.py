"""One world: a seed decides all of it. It storms for a while, it comes to rest, and then it is judged."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from tests.simulation import crowds, entry_points, reader
from tests.simulation.actors import Actors, draw_acts
from tests.simulation.events import Delivery
from tests.simulation.faults import Fault
from tests.simulation.instance import Instance
from tests.simulation.scheduler import Stuck
from tests.simulation.service.clock import EPOCH
from tests.simulation.stage import Stage
from tests.simulation.timers import Timers

#: Virtual seconds within which a world must come to rest.
_REST_SECONDS = 3 * 3600.0
#: Seconds that a request or a reply is on its way at most, when nothing goes wrong any more.
_CALM_SECONDS = 0.02
#: Requests that a world may take; one that takes more goes in circles.
_MOST_REQUESTS = 2_500
#: Ends that only the trouble explains: an operator opens such a job again when it is over.
_TROUBLE = frozenset(
    {"attempts_exhausted", "time_limit", "poison", "analysis_crashed", "blob_changed", "blob_unreadable"}
)


@dataclass(frozen=True)
class Outcome:
    """What became of a world.

    Attributes:
        seed: Of the world.
        wrong: Sentences; empty when all is well.
        hash: Of everything that has happened, in order.
        requests: How many there were.
        workers: Processes that have claimed a job.
        hostless: Processes that were workers in place of hosts.
        earlier: Processes that were of the release before.
        faults: How often each came.
        coverage: How often each kind of request met each fault.
        commits: Results.
        decisions: Faults and acts that were carried out, in order.
        trace: Every request, in order.
    """

    seed: int
    wrong: tuple[str, ...]
    hash: str
    requests: int
    workers: int
    hostless: int
    earlier: int
    faults: Counter[Fault]
    coverage: Counter[tuple[str, Fault]]
    commits: int
    decisions: tuple[str, ...]
    trace: tuple[str, ...] = field(repr=False)


class Enough(Exception):
    """Something is wrong, and nobody wants to know what else."""


class World:
    """Run one world.

    Args:
        seed: Decides everything.
        omitted: Names of decisions that are not carried out.
        hasty: Whether to stop as soon as anything is wrong.
    """

    def __init__(self, seed: int, omitted: Collection[str] = (), *, hasty: bool = False) -> None:
        self.seed = seed
        self._hasty = hasty
        self.stage = Stage(seed, omitted)
        self.actors = Actors(self.stage)
        self.events = Delivery(self.stage)
        self.timers = Timers(self.stage)
        self.stage.wire.observers.append(self.events)

    def run(self) -> Outcome:
        """Let everything happen, and judge it."""
        stage = self.stage
        wrong: list[str] = []
        with entry_points.quiet():
            try:
                self._storm()
                self._rest()
                wrong += reader.judge(stage.account, stage.ledger, jobs=entry_points.JOBS, images=entry_points.IMAGES)
                wrong += stage.publications.leftovers(
                    stage.ledger.jobs(), {job_id for job_id, _ in stage.ledger.graves}
                )
                self._verify()
            except Enough:
                pass
            except Stuck as stuck:
                wrong.append(f"stuck: {stuck}")
            finally:
                stage.scheduler.close()
        wrong = [*stage.ledger.wrong, *stage.crashes, *wrong]
        faults = Counter(dict.fromkeys(Fault, 0))
        for (_, fault), count in stage.coverage.items():
            faults[fault] += count
        del faults[Fault.NONE]
        return Outcome(
            seed=self.seed,
            wrong=tuple(wrong),
            hash=stage.hash,
            requests=len(stage.trace),
            workers=len(stage.ledger.claimants),
            hostless=len(stage.hands.workers),
            earlier=stage.earlier,
            faults=+faults,
            coverage=stage.coverage,
            commits=sum(stage.ledger.commits.values()),
            decisions=tuple(stage.chance.decisions),
            trace=tuple(stage.trace),
        )

    def _storm(self) -> None:
        """Let everybody act while things go wrong."""
        stage = self.stage
        stage.prepare()
        self.timers.begin()
        for act in draw_acts(stage):
            self.actors.expect(act)
        self._run(stage.plan.lull + stage.plan.span)

    def _rest(self) -> None:
        """Let nothing go wrong any more, and wait until all is done."""
        stage = self.stage
        stage.weather.calm_at = stage.scheduler.now
        stage.weather.slowness = min(stage.weather.slowness, _CALM_SECONDS)
        self._settle()
        if stage.plan.tiers:
            crowds.thaw(stage)
        # What was on its way for long lands in the rest, and is too young for the first walk.
        for _ in range(2 if stage.plan.reconciles else 0):
            stage.scheduler.run(stage.scheduler.now + 130.0)
            self.timers.tick_at_last("reconcile")
            self._settle()
        if stage.plan.reconciles:
            stage.ledger.wrong += stage.walks.neglects()
        if self._reopen():
            self._settle()
        if stage.plan.purges:
            self.timers.tick_at_last("purge")
            self._settle()

    def _reopen(self) -> bool:
        """Have an operator open again what the trouble has ended."""
        ended = [job_id for job_id, row in self.stage.ledger.jobs().items() if reader.end_of(row) in _TROUBLE]
        for job_id in ended:
            process = self.stage.pick("for redrive")
            if process is not None:
                self.actors.call(process, "redrive", partial(entry_points.redrive, process.darkroom, job_id))
        return bool(ended)

    def _settle(self) -> None:
        """Go on until nothing is left to do.

        Raises:
            Stuck: It does not come to that in time.
        """
        scheduler, until = self.stage.scheduler, self.stage.scheduler.now + _REST_SECONDS
        while not self._is_at_rest():
            if scheduler.now >= until:
                raise Stuck(f"not at rest: {self._remains()}")
            self._run(self._next_tick())
            if not self._is_at_rest():
                self.timers.tick("sweep")
                self.actors.work_outside()

    def _next_tick(self) -> float:
        """Return the next moment at which a sweep may find something."""
        now, dues = self.stage.scheduler.now, self.stage.ledger.dues()
        back = self.stage.mailboxes.comes_back_at()
        if back is not None:
            return max(now + 1.0, back)  # at that very moment: a host that looks first hides it again
        soonest = min(dues) - EPOCH.timestamp() if dues else now + 600.0
        return max(now + 60.0, min(soonest + 2.0, now + 600.0))

    def _run(self, until: float) -> None:
        stage = self.stage
        stage.scheduler.run(
            until,
            enough=lambda: (
                (stage.calm and self._is_at_rest())
                or len(stage.trace) > _MOST_REQUESTS
                or (self._hasty and self._has_failed)
            ),
        )
        if self._hasty and self._has_failed:
            raise Enough
        if len(stage.trace) > _MOST_REQUESTS:
            raise Stuck(f"more than {_MOST_REQUESTS} requests: {self._remains()}")

    @property
    def _has_failed(self) -> bool:
        return bool(self.stage.ledger.wrong or self.stage.crashes)

    def _is_at_rest(self) -> bool:
        stage = self.stage
        return not (
            self.actors.under_way
            or self.events.pending
            or self.timers.running
            or any(process.calls for process in stage.processes)
            or any(stage.mailboxes.counts.values())
            or stage.ledger.live()
        )

    def _remains(self) -> str:
        stage = self.stage
        calls = {process.name: process.calls for process in stage.processes if process.calls}
        return (
            f"{self.actors.under_way} acts, {self.events.pending} events, calls {calls}, "
            f"messages {stage.mailboxes.counts}, live {list(stage.ledger.live())}"
        )

    def _verify(self) -> None:
        """Ask production's own verification; where two releases wrote rows each, and then for a repair."""
        stage = self.stage
        if stage.plan.rollout is None:
            self._finish(stage.start(), stage.listings.verify)
            return
        self._finish(stage.start(is_earlier=True), stage.listings.verify)
        last = stage.start(is_earlier=False)
        self._finish(last, stage.listings.verify)
        self._finish(last, partial(stage.listings.verify, repair=True))
        stage.listings.stale.clear()
        self._finish(last, stage.listings.verify)
        self._finish(last, stage.listings.look)

    def _finish(self, process: Instance, call: Callable[[Instance], None]) -> None:
        """Make a call in a process, and wait for its end."""
        task = process.begin("verify", lambda: call(process))
        self.stage.scheduler.run(self.stage.scheduler.now + 3600.0, enough=lambda: task.ended)
