"""What a test has counted, told to whoever sums it up; tests may run in several processes."""

from typing import Protocol


class Count(Protocol):
    """Count for the sum of this tier."""

    def __call__(self, **counts: int) -> None:
        """Add to what is told at the end, by name."""


class Most(Protocol):
    """Tell the most that a test has seen; of all tests' the most is printed."""

    def __call__(self, what: str, figure: float, text: str) -> None:
        """Tell a figure, and what is printed when it is the most."""
