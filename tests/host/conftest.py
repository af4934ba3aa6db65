"""An Azurite with a request log, for all rigs that follow each other: one a test, or one for all tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import AzuriteWithLog, Rig, azurite_with_log, rig


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzuriteWithLog]:
    """A storage service for one rig at a time, which empties it."""
    with azurite_with_log(tmp_path_factory.mktemp("service")) as made:
        yield made


@pytest.fixture(name="rig")
def _rig(tmp_path: Path, service: AzuriteWithLog) -> Iterator[Rig]:
    """A rig for one test."""
    with rig(tmp_path, service) as made:
        yield made


@pytest.fixture(scope="module")
def shared_rig(tmp_path_factory: pytest.TempPathFactory, service: AzuriteWithLog) -> Iterator[Rig]:
    """A rig for all tests of a file."""
    with rig(tmp_path_factory.mktemp("rig"), service) as made:
        yield made
