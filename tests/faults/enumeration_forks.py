"""Copies of this process at a crossroads: each goes a way of its own to its end, and says what it has come to.

So what all ways have in common is gone once. A copy has one thread, that which has split: it must need no other.
"""

import gc
import os
import pickle
import warnings
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

Way = TypeVar("Way")


class Crossroads(Generic[Way]):
    """Where a process splits.

    Attributes:
        way: The one that this copy goes; None in the process that has split.
        told: What the copies have come to, in their order.
    """

    def __init__(self) -> None:
        self.way: Way | None = None
        self.told: list[Any] = []
        self._mouth = 0

    def split(self, ways: Iterable[Way]) -> Way | None:
        """Go each way in a copy of this process, one after the other; return that of a copy, None where all is done."""
        for way in ways:
            ear, mouth = os.pipe()
            if not _forked():
                os.close(ear)
                self.way, self._mouth = way, mouth
                return way
            os.close(mouth)
            with os.fdopen(ear, "rb") as heard:
                self.told.append(pickle.load(heard))  # noqa: S301 - from our own copy
            os.wait()
        return None

    def end(self, told: object) -> None:
        """Say what has come of it, and be no more; do nothing in the process that has split."""
        if self.way is not None:
            with os.fdopen(self._mouth, "wb") as mouth:
                pickle.dump(told, mouth)
            os._exit(0)  # nobody's atexit, and none of the frames that this process shares with the one that has split


def _forked() -> int:
    """Copy this process; return 0 in the copy."""
    with warnings.catch_warnings():
        # Python 3.12 warns that locks of other threads stay locked in a copy: those of pytest's do no harm there.
        warnings.simplefilter("ignore", DeprecationWarning)
        number = os.fork()
    if not number:
        gc.disable()  # it would copy, by looking at it, all that is shared
    return number
