"""What most unit tests begin with."""

import pytest

from tests.doubles.world import World


@pytest.fixture
def world() -> World:
    """Give Darkroom in memory, with every setting at its default."""
    return World()


@pytest.fixture
def job_id(world: World) -> str:
    """Upload and record an image in that world; give the id of its job."""
    return world.record_image()
