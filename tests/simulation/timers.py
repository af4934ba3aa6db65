"""The timers of the host, and what starts a process in place of one that has died."""

from collections.abc import Callable

from tests.simulation import entry_points
from tests.simulation.instance import Instance
from tests.simulation.scheduler import Task
from tests.simulation.stage import Stage

#: How often a purge comes during one storm.
_PURGES = 1.5
_RESTART_SECONDS = 10.0
#: Between two processes that are replaced: one of so many parts of a storm.
_REPLACED = 12
#: The singleton that keeps two timers apart is not fenced.
_TWO = 0.15


class Timers:
    """Ticks, each on one process, now and then on two.

    Args:
        stage: The world.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._calls: dict[str, Callable[[Instance, str], object]] = {
            "sweep": stage.sweep,
            "reconcile": lambda process, owner: entry_points.reconcile(process.darkroom, owner),
            "purge": lambda process, owner: entry_points.purge(process.darkroom, owner),
        }
        self._running: dict[tuple[str, str], Task] = {}
        self._debts: dict[str, float] = {}

    def begin(self) -> None:
        """Tick until all is calm; who settles the world ticks then."""
        plan = self.stage.plan
        self._every(plan.ticks, "sweep")
        if plan.reconciles:
            self._every(plan.span / plan.walks, "reconcile", plan.lull)
        if plan.purges:
            self._every(plan.span / _PURGES, "purge", plan.lull)
        self._restart()
        if plan.rollout is not None:
            self._replace()

    @property
    def running(self) -> bool:
        """Whether a tick is under way, or a chore of a worker is yet to come."""
        ticks, chores = self._running.values(), self.stage.chores
        return any(not task.ended for task in ticks) or any(
            chores.get(name, -1.0) < moment for name, moment in self._debts.items()
        )

    def tick_at_last(self, name: str) -> None:
        """Call a timer on a process; where all are workers, expect one of them to do it by itself."""
        if self.stage.plan.workers == 1:
            self._debts[name] = self.stage.scheduler.now
        else:
            self.tick(name)

    def tick(self, name: str) -> None:
        """Call a timer on a process that has a host; one that still runs there is left alone."""
        process = self.stage.pick(f"for {name}", with_host=True)
        if process is None:
            return
        running = self._running.get((process.name, name))
        if running is not None and not running.ended:
            return
        host, owner = self.stage.hosts[process.name], f"timer/{name}-{self.stage.scheduler.now:.0f}"
        task = process.begin(name, lambda: host.call(lambda: self._calls[name](process, owner), name, owner=owner))
        self._running[process.name, name] = task

    def _every(self, seconds: float, name: str, lull: float = 0.0) -> None:
        scheduler, luck = self.stage.scheduler, self.stage.chance.stream(f"timers/{name}")

        def tick() -> None:
            if self.stage.calm:
                return
            self.tick(name)
            if luck.random() < _TWO:
                self.tick(name)
            scheduler.at(scheduler.now + seconds, tick)

        scheduler.at(scheduler.now + lull + luck.random() * seconds, tick)

    def _restart(self) -> None:
        self.stage.restart()
        self.stage.scheduler.at(self.stage.scheduler.now + _RESTART_SECONDS, self._restart)

    def _replace(self) -> None:
        """Have one process after the other ended that is not of the release by now, wherever it is."""
        stage = self.stage
        if stage.calm:
            return
        for process in stage.living():
            due = [stage.plan.is_earlier(drawn, stage.scheduler.now) for drawn in (0.0, 1.0 - 1e-9)]
            if process.is_earlier not in due and stage.chance.takes(f"{process.name} is replaced"):
                stage.scheduler.kill(process)
                break
        stage.scheduler.at(stage.scheduler.now + stage.plan.span / _REPLACED, self._replace)
