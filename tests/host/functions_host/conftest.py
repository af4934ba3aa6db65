"""Hosts in this process and in processes of their own, on the session's Azurite, under names of one test."""

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from localhost.azurite import Azurite
from localhost.host.connections import API_VERSION
from localhost.host.host import Host
from localhost.host.host_options import HostOptions
from localhost.worker.converters import thread_count
from tests.host.functions_host import worker_threads
from tests.host.functions_host.hosts import APPS, Events, HostUnderTest, Launch, Spawn, Storage
from tests.host.functions_host.one_function import Make, OneFunction
from tests.rig import HostProcess


@contextlib.contextmanager
def storage_names(azurite: Azurite) -> Iterator[Storage]:
    """Give names that nobody else uses."""
    with (
        BlobServiceClient.from_connection_string(azurite.connection, api_version=API_VERSION) as blobs,
        QueueServiceClient.from_connection_string(azurite.connection, api_version=API_VERSION) as queues,
    ):
        yield Storage(azurite.connection, blobs, queues)


@contextlib.contextmanager
def launcher(storage: Storage) -> Iterator[Launch]:
    """Start hosts and their workers in this process; they drain at the end."""
    running: list[HostUnderTest] = []

    def start(app: str | Path, *, settings: dict[str, str] | None = None, **options: Any) -> HostUnderTest:  # noqa: ANN401
        log = Events()
        times = {"scan": timedelta(seconds=0.1), "poll_max": timedelta(seconds=0.1), **options}
        chosen = HostOptions(app=APPS / app, port=0, singleton_lease=timedelta(seconds=15), **times)
        environ = {**storage.settings, **(settings or {})}
        host = Host(chosen, worker_threads.of_app(APPS / app, threads=thread_count(environ)), environ=environ, log=log)
        running.append(HostUnderTest(host, log, vars(sys.modules["function_app"])))
        host.start()
        return running[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", sys.path[:])
        patch.delitem(sys.modules, "function_app", raising=False)
        yield start
        for one in running:
            if "GO_ON" in one.names:
                one.go_on.set()
            assert one.host.close()


@pytest.fixture
def storage(azurite: Azurite) -> Iterator[Storage]:
    """Names that no other test uses."""
    with storage_names(azurite) as names:
        yield names


@pytest.fixture
def launch(storage: Storage) -> Iterator[Launch]:
    """Start hosts of one test."""
    with launcher(storage) as start:
        yield start


@pytest.fixture(scope="module")
def launch_shared(azurite: Azurite) -> Iterator[Launch]:
    """Start hosts that the tests of a module share: none may close one, or leave anything in it."""
    with storage_names(azurite) as names, launcher(names) as start:
        yield start


@pytest.fixture
def copy_app(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Copy an app with one text of its host.json replaced."""

    def copy(app: str, old: str, new: str) -> Path:
        shutil.copy(APPS / app / "function_app.py", tmp_path)
        text = (APPS / app / "host.json").read_text()
        assert old in text
        (tmp_path / "host.json").write_text(text.replace(old, new))
        return tmp_path

    return copy


@pytest.fixture
def spawn(storage: Storage, tmp_path: Path) -> Iterator[Spawn]:
    """Start hosts in processes of their own; what is left at the end of the test is killed."""
    running: list[HostProcess] = []

    def start(app: str, *options: str, settings: dict[str, str]) -> HostProcess:
        environ = {**storage.settings, "PATH": "/usr/bin:/bin", **settings}
        running.append(HostProcess(environ, tmp_path / f"host-{len(running)}.log", options, app=APPS / app))
        return running[-1]

    yield start
    for host in running:
        host.kill()


@pytest.fixture
def log() -> Events:
    """Keep what a host logs."""
    return Events()


@pytest.fixture
def make(log: Events) -> Iterator[Make]:
    """Make workers of one function each."""
    made: list[OneFunction] = []

    def start(call: Callable[..., Any]) -> OneFunction:
        made.append(OneFunction(log, call))
        return made[-1]

    yield start
    for one in made:
        one.worker.close()
