"""Images that no event announces, in a world where candidates are looked at one by one, and pages too."""

from datetime import timedelta

from shared.steps.upkeep.reconcile import WalkResult
from tests.doubles.world import World

GRACE = timedelta(seconds=300)


def world_of_old_images(*names: str, age: timedelta = GRACE, apart: bool = False, **environ: str) -> World:
    """Upload images that no event announces, and let them grow old.

    Args:
        names: Theirs.
        age: How old they become.
        apart: Whether each is recorded by itself: they are empty, and a list does not know whether they are folders.
        environ: App settings.
    """
    world = World(**{"RECONCILE_PARALLELISM": "1", "LEASE_SECONDS": "3600", **environ})
    world.darkroom.reconcile.pages = 1
    for name in names:
        world.upload(name, b"" if apart else None)
    world.clock.advance(age.total_seconds())
    return world


def job_names(world: World) -> list[str]:
    """Return the names of all recorded images, with repetitions."""
    return sorted(row.job.ref.partition("/")[2] for row in world.jobs.table.jobs.values())


def walk(world: World) -> WalkResult:
    """Walk one slice."""
    return world.darkroom.reconcile.reconcile(owner="timer/1")
