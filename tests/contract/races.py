"""Many who act on the same thing at once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.errors import DarkroomError

RIVALS = 20


def at_once(act: Callable[[int], object]) -> Counter[Any]:
    """Act in twenty threads that begin together; count what they return, or by what they are refused."""
    together = threading.Barrier(RIVALS)

    def one(number: int) -> object:
        together.wait()
        try:
            return act(number)
        except DarkroomError as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(RIVALS) as pool:
        return Counter(pool.map(one, range(RIVALS)))


def race(act: Callable[[int], object]) -> Counter[str]:
    """Do the same; count how many have ``won``, and by what the others were refused."""

    def win(number: int) -> str:
        act(number)
        return "won"

    return at_once(win)
