"""What most unit tests begin with.

The world is imported with the first test: the process that only hands tests out needs none, and all others wait for it.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.doubles.world import World


@pytest.fixture
def world() -> "World":
    """Give Darkroom in memory, with every setting at its default."""
    from tests.doubles.world import World  # noqa: PLC0415 - as said above

    return World()


@pytest.fixture
def job_id(world: "World") -> str:
    """Upload and record an image in that world; give the id of its job."""
    return world.record_image()
