import pytest

from tests.unit.http.client import Client, Response


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def claim(client: Client) -> Response:
    """Let a worker claim a job."""
    return client.claim_job()
