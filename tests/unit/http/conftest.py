import pytest

from tests.unit.http.calling import Site


@pytest.fixture
def site() -> Site:
    return Site()
