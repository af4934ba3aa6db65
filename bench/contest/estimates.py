"""How long a bench takes, said before it begins. What it takes was measured on two cores."""

import sys

_MINUTE = 60


def in_words(seconds: float) -> str:
    """Return a time as people say it: in seconds up to two minutes, in minutes beyond."""
    return f"{seconds:.0f} seconds" if seconds < 2 * _MINUTE else f"{seconds / _MINUTE:.0f} minutes"


def announce(seconds: float) -> None:
    """Say on stderr how long it takes from here: stdout has the figures."""
    print(f"This takes about {in_words(seconds)}.", file=sys.stderr, flush=True)
