"""An Azurite with a request log, for all rigs that follow each other."""

from collections.abc import Iterator

import pytest

from tests.rig import AzuriteWithLog, azurite_with_log


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzuriteWithLog]:
    """A storage service for one rig at a time, which empties it."""
    with azurite_with_log(tmp_path_factory.mktemp("service")) as made:
        yield made
