"""What counts, and what was the most, for what ``tests/conftest.py`` tells at the end."""

from collections.abc import Callable
from typing import Protocol

import pytest

from tests.faults.counting import Count as Count  # noqa: PLC0414 - tests take it from here


class Most(Protocol):
    """Tell the most that a test has seen; of all tests' the most is printed."""

    def __call__(self, what: str, figure: float, text: str) -> None:
        """Tell a figure, and what is printed when it is the most."""


@pytest.fixture
def count(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Count:
    """Give what counts for the sum; each test file is summed up by itself."""
    told = request.path.stem.removeprefix("test_")

    def counted(**counts: int) -> None:
        for name, number in counts.items():
            record_property(f"{told}: {name}", number)

    return counted


@pytest.fixture
def most(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Most:
    """Give what tells the most; each test file is looked at by itself."""
    of = request.path.stem.removeprefix("test_")

    def told(what: str, figure: float, text: str) -> None:
        record_property(f"{of}: {what}", [figure, text])

    return told
