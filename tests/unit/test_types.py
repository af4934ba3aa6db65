"""Types of jobs: known before their first job, gone after their last, and never gone under a job that was answered."""

from collections.abc import Callable

import pytest

from shared.errors import Refused
from shared.rules.jobs import State
from shared.steps.intake.add import NewJob
from shared.steps.intake.types import QUIET, TRUST
from tests.doubles.world import World
from tests.unit.test_add import add, added_id


def add_and_forget(world: World, kind: str) -> None:
    """Add a job of a type, and let it go without a trace."""
    job_id = added_id(add(world, kind=kind, ref="a"))
    world.darkroom.cancel.cancel(job_id)
    world.darkroom.remove.remove(job_id, forget=True)


def later(world: World, seconds: float = QUIET.total_seconds()) -> None:
    world.clock.advance(seconds)


@pytest.mark.case("security M5", was="409 for ever, with a hundred types that had no job")
def test_a_type_without_jobs_makes_room_for_another() -> None:
    world = World(MAX_JOB_TYPES="2")
    for kind in ("a", "b"):
        add_and_forget(world, kind)
    with pytest.raises(Refused, match="15 seconds after"):
        add(world, kind="c")
    later(world)
    assert add(world, kind="c").created
    later(world)
    assert add(world, kind="d").created
    assert world.index.types() == ["c", "d"]


def test_a_purge_forgets_all_types_without_jobs(world: World) -> None:
    for kind in ("a", "b", "c"):
        add_and_forget(world, kind)
    add(world, kind="b")
    later(world)
    world.darkroom.purge.purge(owner="timer/1")
    assert world.index.types() == ["b"]


@pytest.mark.parametrize("state", [State.PENDING, State.CANCELED])
def test_a_type_whose_jobs_live_or_have_ended_stays(world: World, state: State) -> None:
    added = add(world, kind="a").row
    assert added is not None
    if state is State.CANCELED:
        world.darkroom.cancel.cancel(added.job.id)
    later(world)
    assert (world.darkroom.types.collect(), world.index.types()) == (0, ["a"])


def test_an_add_that_trusts_what_it_has_written_keeps_its_type(world: World) -> None:
    add_and_forget(world, "a")
    later(world, TRUST.total_seconds() - 1)
    assert add(world, kind="a", ref="b").created  # writes no row of its type, which was written so lately
    later(world, 4)
    assert (world.darkroom.types.collect(), world.index.types()) == (0, ["a"])


#: When another adds a job of a type while its row is being taken away.
MOMENTS: dict[str, Callable[[World, Callable[[], object]], None]] = {
    "before the row is read": lambda world, act: world.index.before("quiet_types", act),
    "before the first look": lambda world, act: world.index.before("has_jobs", act),
    "before the row goes": lambda world, act: world.index.before("delete_type", act),
    "behind the row": lambda world, act: world.index.before("has_jobs", *[lambda: None] * 4, act),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_job_that_is_added_meanwhile_is_never_of_a_type_without_a_row(
    world: World, moment: str, *, fresh: bool
) -> None:
    add_and_forget(world, "a")
    later(world)
    adder = world.another() if fresh else world.darkroom
    MOMENTS[moment](world, lambda: adder.add.add(NewJob(kind="a", ref="b", params={}, unique=True)))
    world.darkroom.types.collect()
    assert len(world.jobs.table.jobs) == 1
    assert world.index.types() == ["a"]


def test_a_job_that_took_long_to_insert_makes_its_type_known_once_more(world: World) -> None:
    add_and_forget(world, "a")

    def slow() -> None:
        later(world)
        world.darkroom.types.collect()

    world.jobs.before("insert", slow)
    add(world, kind="a", ref="b")
    assert world.index.types() == ["a"]
