"""Actions on jobs as they were at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Mismatch
from shared.rules.actions import is_since
from shared.rules.jobs import State
from tests.doubles.world import World
from tests.unit.acts import note
from tests.unit.test_add import add, added_id

SECOND = timedelta(seconds=1)
#: The world begins at this moment.
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def _canceled(world: World) -> str:
    """Add a job, and cancel it a second later."""
    job_id = added_id(add(world))
    world.clock.advance(1)
    world.darkroom.cancel.cancel(job_id)
    return job_id


def _act(world: World, act: str, job_id: str, as_of: datetime) -> None:
    if act == "remove":
        world.darkroom.remove.remove(job_id, forget=False, as_of=as_of)
    else:
        {"cancel": world.darkroom.cancel.cancel, "redrive": world.darkroom.redrive.redrive}[act](job_id, as_of=as_of)


def test_what_has_happened_at_the_moment_itself_has_happened_since() -> None:
    for moment, as_of, expected in (
        (BEGIN, BEGIN, True),
        (BEGIN, BEGIN + SECOND, False),
        (BEGIN + SECOND, BEGIN, True),
        (None, BEGIN, False),
        (BEGIN, None, False),
    ):
        with note(moment, as_of):
            assert is_since(moment, as_of) is expected


@pytest.mark.parametrize("act", ["redrive", "remove"])
def test_a_job_that_has_ended_since_is_left_as_it_is(world: World, act: str) -> None:
    job_id = _canceled(world)
    before = world.job(job_id)
    with pytest.raises(Mismatch):
        _act(world, act, job_id, BEGIN + SECOND)
    assert world.job(job_id) == before
    _act(world, act, job_id, BEGIN + 2 * SECOND)


def test_a_job_that_was_added_since_is_not_canceled(world: World) -> None:
    job_id = added_id(add(world))
    with pytest.raises(Mismatch):
        _act(world, "cancel", job_id, BEGIN)
    assert world.job(job_id).state is State.PENDING
    _act(world, "cancel", job_id, BEGIN + SECOND)


@pytest.mark.parametrize("act", ["redrive", "remove"])
def test_a_job_that_runs_and_ends_again_behind_the_look_at_it_is_left_as_it_is(world: World, act: str) -> None:
    job_id = _canceled(world)
    world.clock.advance(1)
    as_of = world.clock.server.now()

    def end_again() -> None:
        world.darkroom.redrive.redrive(job_id)
        world.darkroom.cancel.cancel(job_id)

    door = world.jobs if act == "redrive" else world.ended
    door.before("replace" if act == "redrive" else "purge", end_again)
    with pytest.raises(Mismatch):
        _act(world, act, job_id, as_of)
    assert world.job(job_id).state is State.CANCELED


def test_a_job_that_was_purged_since_is_not_forgotten(world: World) -> None:
    job_id = _canceled(world)
    world.darkroom.remove.remove(job_id, forget=False)
    with pytest.raises(Mismatch):
        world.darkroom.remove.remove(job_id, forget=True, as_of=BEGIN + SECOND)
    world.darkroom.remove.remove(job_id, forget=True, as_of=BEGIN + 2 * SECOND)
    assert add(world).created
