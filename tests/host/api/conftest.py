"""A host for each file that asks for one, and a client that sends bytes to it."""

from collections.abc import Iterator

import pytest

from localhost.azurite import Azurite
from tests.host.api.api_host import ApiHost, start_host
from tests.host.api.raw_client import RawClient
from tests.rig import empty

#: Of an uploaded image; little more than JSON may have.
MAX_BYTES = 300_000


@pytest.fixture(scope="module", name="host")
def _host(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[ApiHost]:
    settings = {"MAX_BYTES": str(MAX_BYTES), "MAX_JOB_TYPES": "100"}
    empty(azurite)
    with start_host(tmp_path_factory.mktemp("host"), storage=azurite, **settings) as host:
        yield host


@pytest.fixture(scope="module", name="client")
def _client(host: ApiHost) -> RawClient:
    return RawClient(host.port, [host.account_key])
