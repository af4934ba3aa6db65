"""What both enumerations stand on: processes that try schedules, and this process's own connections."""

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from shared.storage import clients
from tests.doubles.transports import Passing
from tests.faults.enumeration_pool import processes


@pytest.fixture(scope="module")
def pool(azurite: Azurite) -> Iterator[Executor]:
    """Give the processes that try the schedules of all flows."""
    with processes(azurite.connection) as pool:
        yield pool


@pytest.fixture(scope="module")
def wire() -> Iterator[HttpTransport[Any, Any]]:
    """Give this process's connections."""
    with clients.default_transport() as transport:
        yield Passing(transport)
