"""By which seed each planted fault is found; ``python -m tests.simulation.planted_search`` prints them."""

SEEDS: dict[str, int] = {}
#: What no world can show, and why.
ELSEWHERE: dict[str, str] = {}
