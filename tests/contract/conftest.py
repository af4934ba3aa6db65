"""Each port on its double, in process and on Azurite; the storage of one test is nobody else's.

A test that asks for storage runs in process every day: on the services that ``tests/simulation/service`` puts beneath
the SDKs. ``@pytest.mark.azurite`` lets it run on Azurite every day too, ``(only=True)`` there alone: what sockets,
connections and Azurite's own process show. ``dev.py prove`` runs all of them on both.
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.storage.blob import BlobServiceClient
from typer.testing import CliRunner, Result

from localhost.azurite import Azurite
from shared.cli.main import app
from shared.ports.locks import LockStore
from shared.storage import clients
from shared.storage.retries import RetryPolicy
from shared.wiring.steps import Darkroom
from tests.contract.benches import (
    AzureImages,
    AzureJobs,
    AzureQueue,
    ImagesBench,
    JobsBench,
    QueueBench,
)
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.index_bench import IndexBench
from tests.contract.memory_benches import DoubledImages, DoubledJobs, DoubledQueue
from tests.contract.places import AZURITE, MEMORY, PROCESS, Place, in_process, on_azurite
from tests.contract.poison_bench import AzurePoison, DoubledPoison, PoisonBench
from tests.contract.table_wire import TABLES, Compare, Conversation, Operation
from tests.contract.verify_bench import VerifyBench
from tests.contract.wires import AzuriteWire, DoubleWire
from tests.doubles.clock import FakeClock
from tests.doubles.index import MemoryIndex
from tests.doubles.locks import MemoryLocks
from tests.doubles.transports import FaultyTransport, Passing
from tests.simulation.service.account import storage_account

#: Fixtures of ports: what they give has a double in memory too.
PORTS = {"jobs", "locks", "life", "images", "queue", "poison", "rejections", "marks", "actions"}

_PROVED = pytest.mark.prove("it has run in process, on services that are held to Azurite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that needs storage on every place that it is for."""
    if "place" in metafunc.fixturenames:
        ports = PORTS.intersection(metafunc.fixturenames)
        metafunc.parametrize("place", _places(metafunc.definition, ports), indirect=True)


def _places(test: pytest.Item, ports: Collection[str]) -> list[object]:
    """Return where a test runs.

    In process it runs every day, and on a port's double; on Azurite too where it is marked, else when all is proved.
    """
    mark = test.get_closest_marker("azurite")
    if mark is not None and mark.kwargs.get("only"):
        return [AZURITE]
    here = [*([MEMORY] if ports else []), PROCESS]
    return [*here, AZURITE if mark is not None else pytest.param(AZURITE, marks=_PROVED)]


@pytest.fixture(scope="session")
def pool() -> Iterator[HttpTransport[Any, Any]]:
    """Give one pool of connections to the whole session, and close it at the end."""
    with clients.default_transport({}) as transport:
        yield Passing(transport)


@pytest.fixture
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place | None:
    """Give storage that is nobody else's; None where a port's double is to stand for it.

    In process, whatever makes a connection of its own, as the command does, is led to the same account.
    """
    if request.param == MEMORY:
        return None
    if request.param == PROCESS:
        process = in_process()
        monkeypatch.setattr(clients, "default_transport", lambda _: process.transport)
        return process
    return on_azurite(request.getfixturevalue("azurite"), request.getfixturevalue("pool"))


@pytest.fixture
def environ(place: Place) -> Mapping[str, str]:
    """Give app settings with names of the test's own."""
    return place.environ


@pytest.fixture
def wire(place: Place) -> HttpTransport[Any, Any]:
    """Give the way to the test's storage."""
    return place.transport


@pytest.fixture
def darkroom(place: Place) -> Darkroom:
    """Wire everything; nothing is created yet."""
    return place.build()


@pytest.fixture
def jobs(place: Place | None) -> JobsBench:
    """Give an empty job table, which does not exist yet."""
    return DoubledJobs() if place is None else AzureJobs(place)


@pytest.fixture
def locks(place: Place | None) -> LockStore:
    """Give an empty table of locks, which does not exist yet."""
    return MemoryLocks(FakeClock()) if place is None else place.build().storage.locks


@pytest.fixture
def images(place: Place | None) -> ImagesBench:
    """Give an empty container of images; the one for thumbnails does not exist yet."""
    return DoubledImages() if place is None else AzureImages(place)


@pytest.fixture
def queue(place: Place | None) -> QueueBench:
    """Give an empty queue, which does not exist yet."""
    return DoubledQueue() if place is None else AzureQueue(place)


@pytest.fixture
def poison(place: Place | None) -> PoisonBench:
    """Give a poison queue that is missing."""
    return DoubledPoison() if place is None else AzurePoison(place.build())


@pytest.fixture
def faulty(place: Place) -> FaultyStorage:
    """Give storage whose connection can be made to fail, in a process that has checked its buckets."""
    clock, faulty = FakeClock(), FaultyTransport(place.transport)
    retry = RetryPolicy(within=timedelta(seconds=10), monotonic=clock, pause=clock.advance)
    storage = place.build(faulty, retry=retry, create=True).storage
    rival = AzureJobs(place)
    return FaultyStorage(storage, faulty, rival, rival.darkroom.storage)


@pytest.fixture
def bench(place: Place) -> VerifyBench:
    """Give an empty pipeline."""
    return VerifyBench(place)


@pytest.fixture
def command(environ: Mapping[str, str], tmp_path: Path) -> Callable[..., Result]:
    """Run the command ``darkroom`` as an operator does, with the settings of the test, on a wide screen."""
    here = {**environ, "COLUMNS": "400", "XDG_STATE_HOME": str(tmp_path)}
    return lambda *words, **more: CliRunner().invoke(app, words, env={**here, **more})


@pytest.fixture(scope="session")
def azure_blobs(azurite: Azurite, pool: HttpTransport[Any, Any]) -> Iterator[BlobServiceClient]:
    """Give a client of Azurite's blobs that tries once."""
    with BlobServiceClient.from_connection_string(
        azurite.connection, api_version=clients.API_VERSION, transport=pool, retry_total=0
    ) as service:
        yield service


@pytest.fixture(scope="session")
def azurite_tables(azurite: Azurite) -> AzuriteWire:
    """Give what sends to Azurite's tables to the whole session."""
    return AzuriteWire(azurite, TABLES)


@pytest.fixture
def compare_tables(azurite_tables: AzuriteWire) -> Compare:
    """Give what sends operations to the tables of Azurite and of the double, and compares reply by reply."""
    table = f"t{uuid.uuid4().hex}"

    def check(operations: list[Operation]) -> None:
        double = Conversation(DoubleWire(storage_account(), TABLES), table)
        azurite = Conversation(azurite_tables, table)
        for operation in operations:
            assert double.say(operation) == azurite.say(operation), operation

    return check


@pytest.fixture
def index_bench(jobs: JobsBench) -> IndexBench:
    """Give an empty table, which does not exist yet."""
    if isinstance(jobs, DoubledJobs):
        return IndexBench(jobs, MemoryIndex(jobs.store.table, jobs._clock))
    return IndexBench(jobs, jobs.darkroom.storage.index)
