"""The client on the double of the API, whose pauses take no time."""

from collections.abc import Iterator

import pytest

from darkroom_client import Client
from tests.doubles.api import KEY, Api, Pauses
from tests.doubles.clock import FakeClock


@pytest.fixture
def api() -> Iterator[Api]:
    """Serve the double."""
    with Api() as service:
        yield service


@pytest.fixture
def pauses() -> Pauses:
    """Note pauses, and move the clock on."""
    return Pauses(FakeClock())


@pytest.fixture
def client(api: Api, pauses: Pauses) -> Iterator[Client]:
    """Call the double."""
    with Client(api.url, key=KEY, owner="me", monotonic=pauses.clock, sleep=pauses) as client:
        yield client
