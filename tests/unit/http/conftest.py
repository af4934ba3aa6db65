from collections.abc import Iterator

import pytest

from tests.unit.http.client import Client
from tests.unit.http.dashboard_browser import Browser, browser


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    with browser() as page:
        yield page
