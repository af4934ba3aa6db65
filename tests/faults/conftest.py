"""What counts for the sum that ``tests/conftest.py`` tells at the end."""

from collections.abc import Callable

import pytest

from tests.faults.counting import Count


@pytest.fixture
def count(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Count:
    """Give what counts for the sum; each test file is summed up by itself."""
    told = request.path.stem.removeprefix("test_")

    def counted(**counts: int) -> None:
        for name, number in counts.items():
            record_property(f"{told}: {name}", number)

    return counted
