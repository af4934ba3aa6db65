from collections.abc import Iterator

import pytest

from tests.unit.http.client import Client, Response
from tests.unit.http.dashboard_browser import Browser, browser


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def claim(client: Client) -> Response:
    """Let a worker claim a job."""
    return client.claim_job()


@pytest.fixture(scope="session")
def page() -> Iterator[Browser]:
    with browser() as page:
        yield page
