"""The double of the API, for clients that are processes of their own."""

from collections.abc import Iterator

import pytest

from tests.doubles.api import Api


@pytest.fixture
def api() -> Iterator[Api]:
    """Serve the double."""
    with Api() as service:
        yield service
