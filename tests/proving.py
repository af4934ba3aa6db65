"""What the everyday run leaves out, and how far the rest of it goes: one marker, one variable.

``@pytest.mark.prove("why it is not of every day")`` leaves a test to ``python3 dev.py prove``. It still runs where the
command line names its file, or itself. Tests that draw, or go on for a time, take their number from ``at_length``.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

import pytest

MARK, VARIABLE = "prove", "DARKROOM_PROVE"


def rounds(environ: Mapping[str, str]) -> int:
    """Return how many times the long way the tests go; 0 for an everyday run.

    Raises:
        pytest.UsageError: The variable has another value than a whole number.
    """
    text = environ.get(VARIABLE) or "0"
    if not text.isdecimal():
        raise pytest.UsageError(f"{VARIABLE} is a whole number of rounds, not {text!r}.")
    return int(text)


def everyday() -> bool:
    """Tell whether this run is one of every day."""
    return not rounds(os.environ)


def at_length(usual: int, long: int) -> int:
    """Choose a number: that of an everyday run, or the long one, times the rounds that are to be proved."""
    return long * rounds(os.environ) or usual


def left_out(items: Iterable[pytest.Item], arguments: Sequence[str]) -> dict[pytest.Item, str]:
    """Return what is left to ``dev.py prove``, each with the reason; never a file or test that the command line names.

    Args:
        items: All tests that were found.
        arguments: The paths and node ids of the command line.

    Raises:
        pytest.UsageError: A mark gives no reason.
    """
    marked = {item: _reason(item, marker) for item in items for marker in item.iter_markers(MARK)}
    named = any(".py" in argument for argument in arguments)
    return marked if everyday() and not named else {}


def _reason(item: pytest.Item, marker: pytest.Mark) -> str:
    if len(marker.args) != 1 or not isinstance(marker.args[0], str):
        raise pytest.UsageError(f"{item.nodeid}: prove takes one argument, why the test is not of every day.")
    return marker.args[0]


def summary(reasons: Mapping[str, int]) -> list[str]:
    """Say what was left out: how many tests for each reason, most first."""
    lines = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return [f"{number:>5}  {reason}" for reason, number in lines]
