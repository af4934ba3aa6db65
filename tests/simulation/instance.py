"""One process of Darkroom: production code, wired by its own composition root, over our time, chance and threads."""

from collections.abc import Callable, Mapping
from functools import partial

from tests.simulation import entry_points
from tests.simulation.chance import Chance
from tests.simulation.clocks import Watch
from tests.simulation.scheduler import Home, Scheduler, Task
from tests.simulation.threads import Event, Lock, Pool
from tests.simulation.wire import SdkTransport, Wire


class Instance(Home):
    """A process, from its start to its death.

    Args:
        name: The same in each run of the same seed.
        scheduler: Runs its tasks.
        wire: Carries its requests.
        watch: Its clock.
        chance: What it draws.
        environ: App settings.
        longest: Seconds that an analysis takes at most; none at all where the image library does it.
        crashes: Returns the share of analyses whose child dies.
        goes_on: Called with the process, and an image's reference and version, whenever a
            worker does not stop.
        is_earlier: Whether it is of the release before.

    Attributes:
        darkroom: Everything, wired.
        calls: Calls of triggers that are under way.
    """

    def __init__(
        self,
        name: str,
        *,
        scheduler: Scheduler,
        wire: Wire,
        watch: Watch,
        chance: Chance,
        environ: Mapping[str, str],
        longest: float,
        crashes: Callable[[], float],
        goes_on: Callable[["Instance", str, str], object],
        is_earlier: bool = False,
    ) -> None:
        super().__init__(name)
        self.scheduler = scheduler
        self.wire = wire
        self.watch = watch
        self.is_earlier = is_earlier
        self.calls = 0
        drawn, luck = chance.stream(f"drawn/{name}"), chance.stream(f"chance/{name}")
        threads = entry_points.Threads(
            monotonic=watch,
            pause=lambda seconds: scheduler.sleep(watch.span(seconds)),
            draw=lambda: f"{drawn.getrandbits(128):032x}",
            chance=luck.random,
            pool=lambda most, kind: Pool(scheduler, self, most, kind),
            start=lambda call, *, name: self.begin(name, call),
            lock=lambda: Lock(scheduler),
            event=lambda: Event(scheduler, watch),
        )
        fate = entry_points.Fate(chance.stream(f"analyses/{name}"), longest, crashes)
        analyst = entry_points.QuickAnalyst(fate, threads, partial(goes_on, self)) if longest else None
        transport = SdkTransport(wire, watch)
        self.darkroom = entry_points.build(environ, transport, threads, analyst, is_earlier=is_earlier)

    def begin(self, name: str, call: Callable[[], object]) -> Task:
        """Start a thread of it."""
        return self.scheduler.spawn(f"{self.name}/{name}", call, self)
