"""Each port on its double and on Azurite; the storage of one test is nobody else's."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from shared import wiring
from shared.darkroom import Darkroom
from shared.storage import clients
from shared.storage.patience import Patience
from tests.contract.audited import Audited
from tests.contract.benches import (
    AzureImages,
    AzureJobs,
    AzureLocks,
    AzureQueue,
    ImagesBench,
    JobsBench,
    LocksBench,
    QueueBench,
)
from tests.contract.memory import DoubledImages, DoubledJobs, DoubledLocks, DoubledQueue
from tests.contract.table_wire import AzuriteWire, Compare, Conversation, DoubleWire, Operation
from tests.contract.torn import Torn
from tests.doubles.clock import FakeClock
from tests.doubles.transports import FaultyTransport, Passing
from tests.simulation.service.account import storage_account

either = pytest.fixture(params=["memory", "azurite"])


@pytest.fixture(scope="session")
def wire() -> Iterator[HttpTransport[Any, Any]]:
    """Give one pool of connections to the whole session, and close it at the end."""
    with clients.default_transport() as transport:
        yield Passing(transport)


@pytest.fixture
def environ(azurite: Azurite) -> Mapping[str, str]:
    """Give app settings with names of the test's own."""
    drawn = uuid.uuid4().hex[:12]
    return {
        "AzureWebJobsStorage": azurite.connection,
        "ANALYSIS_ISOLATION": "off",
        "IMAGES_CONTAINER": f"images-{drawn}",
        "THUMBNAILS_CONTAINER": f"thumbnails-{drawn}",
        "JOB_QUEUE": f"jobs-{drawn}",
        "JOBS_TABLE": f"jobs{drawn}",
        "LOCKS_TABLE": f"locks{drawn}",
    }


@pytest.fixture
def darkroom(environ: Mapping[str, str], wire: HttpTransport[Any, Any]) -> Darkroom:
    """Wire everything over Azurite; nothing is created yet."""
    return wiring.build(environ, transport=wire, threaded=False)


@either
def jobs(request: pytest.FixtureRequest) -> JobsBench:
    """Give an empty job table, which does not exist yet."""
    if request.param == "memory":
        return DoubledJobs()
    return AzureJobs(request.getfixturevalue("environ"), request.getfixturevalue("wire"))


@either
def locks(request: pytest.FixtureRequest) -> LocksBench:
    """Give an empty table of locks, which does not exist yet."""
    if request.param == "memory":
        return DoubledLocks()
    return AzureLocks(request.getfixturevalue("environ"), request.getfixturevalue("wire"))


@either
def images(request: pytest.FixtureRequest) -> ImagesBench:
    """Give an empty container of images; the one for thumbnails does not exist yet."""
    if request.param == "memory":
        return DoubledImages()
    return AzureImages(request.getfixturevalue("environ"), request.getfixturevalue("wire"))


@either
def queue(request: pytest.FixtureRequest) -> QueueBench:
    """Give an empty queue, which does not exist yet."""
    if request.param == "memory":
        return DoubledQueue()
    return AzureQueue(request.getfixturevalue("environ"), request.getfixturevalue("wire"))


@pytest.fixture
def torn(environ: Mapping[str, str], wire: HttpTransport[Any, Any]) -> Torn:
    """Give storage whose connection can be made to fail, in a process that has checked its buckets."""
    clock, faulty = FakeClock(), FaultyTransport(wire)
    patience = Patience(within=timedelta(seconds=10), monotonic=clock, pause=clock.advance)
    storage = wiring.build(environ, transport=faulty, patience=patience, threaded=False).storage
    rivals = wiring.build(environ, transport=wire, threaded=False).storage
    storage.create()
    return Torn(storage, faulty, AzureJobs(environ, wire), rivals, environ["IMAGES_CONTAINER"])


@pytest.fixture
def bench(environ: Mapping[str, str], wire: HttpTransport[Any, Any]) -> Audited:
    """Give an empty pipeline."""
    return Audited(environ, wire)


@pytest.fixture(scope="session")
def azurite_tables(azurite: Azurite) -> Iterator[AzuriteWire]:
    """Give one connection to Azurite's tables to the whole session."""
    with closing(AzuriteWire(azurite)) as wire:
        yield wire


@pytest.fixture
def compare_tables(azurite_tables: AzuriteWire) -> Compare:
    """Give what sends operations to the tables of Azurite and of the double, and compares reply by reply."""
    table = f"t{uuid.uuid4().hex}"

    def check(operations: list[Operation]) -> None:
        azurite, double = Conversation(azurite_tables, table), Conversation(DoubleWire(storage_account()), table)
        for operation in operations:
            assert double.say(operation) == azurite.say(operation), operation

    return check
