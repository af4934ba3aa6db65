import pytest

from tests.unit.http.client import Site


@pytest.fixture
def site() -> Site:
    return Site()
