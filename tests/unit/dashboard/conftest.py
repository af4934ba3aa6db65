from collections.abc import Iterator

import pytest

from tests.unit.dashboard.browser import Browser, browser


@pytest.fixture(scope="session")
def page() -> Iterator[Browser]:
    with browser() as page:
        yield page
