from collections.abc import Iterator

import pytest

from tests.unit.http.client import Site
from tests.unit.http.dashboard_browser import Browser, browser


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    with browser() as made:
        yield made
