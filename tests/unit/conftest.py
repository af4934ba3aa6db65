"""What most unit tests begin with."""

import pytest

from tests.doubles.world import World


@pytest.fixture
def world() -> World:
    """Give Darkroom in memory, with every setting at its default."""
    return World()
