"""A whole worker in virtual time, and who uploads images beside it."""

from collections import Counter
from functools import partial

from shared.rules.images import ImageRef
from shared.wiring.steps import Darkroom
from shared.worker.worker import Worker
from tests.simulation import entry_points
from tests.simulation.outside import Client
from tests.simulation.scheduler import Task
from tests.simulation.worker.worker_ground import Ground

HOUR = 3_600.0
#: What only one chore sends, and how often each time: a sweep that finds no work, once for each bucket.
SIGNS = {"sweep": ("query due", 4), "reconcile": ("GET images list", 1), "purge": ("query rejected", 1)}


class Site:
    """A worker on a ground of its own.

    Args:
        longest: Seconds that an analysis takes at most.
        slots: Messages at once.
        leads: Whether it does chores, and looks at the queue while idle too.
        environ: App settings; defaults for the rest.
    """

    def __init__(self, *, longest: float = 0.05, slots: int = 4, leads: bool = True, **environ: str) -> None:
        self.ground = Ground(longest=longest, **environ)
        self._slots = slots
        self.worker = Worker(self.ground.darkroom, slots=slots, leads=leads)

    def start(self) -> Task:
        """Begin to work."""
        return self.ground.process.begin("worker", self.worker.run)

    def start_another(self, name: str) -> Worker:
        """Start a worker with chores in another process, as another container does."""
        self.ground.begin(name)
        worker = Worker(self.ground.darkroom, slots=self._slots)
        self.ground.process.begin("worker", worker.run)
        return worker

    def replace_process(self) -> None:
        """End the process as ``kill -9`` does, and start a worker without chores in another."""
        self.ground.replace_process()
        self.worker = Worker(self.ground.darkroom, slots=self._slots, leads=False)
        self.start()

    def upload(self, *names: str, by: Darkroom | None = None) -> None:
        """Upload and record images, in a process that the worker does not know by default."""
        darkroom = by or self.ground.darkroom
        for number, name in enumerate(names):
            ref, data = ImageRef("images", name), entry_points.png(number)
            self.ground.call(partial(darkroom.upload.upload, ref, data, content_type="image/png"))

    def upload_without_event(self, name: str) -> None:
        """Upload an image of which no event tells."""
        self.ground.call(lambda: Client(self.ground.process.wire).put_image(name, entry_points.png(1)))

    def states(self) -> Counter[str]:
        """Count the jobs by state."""
        jobs = self.ground.call(self.ground.darkroom.statistics.count).jobs["image-analysis"]
        return +Counter(jobs)

    def times_of(self, chore: str) -> list[float]:
        """Return when a chore was done."""
        label, count = SIGNS[chore]
        return [sent.at for sent in self.ground.sendings if sent.label == label][::count]

    def idle(self) -> None:
        """Work for a moment, let ten minutes pass without work, and forget what was sent meanwhile."""
        self.start()
        self.upload("first.png")
        self.ground.go(700)
        self.ground.sendings.clear()
