"""Everything that is drawn, from one seed: a stream a concern, so that what one leaves out moves no other."""

import hashlib
import math
from collections.abc import Collection, Mapping
from random import Random
from typing import TypeVar

_BITS = 53
Option = TypeVar("Option")


class Chance:
    """The streams of one world.

    Args:
        seed: Of the world.
        omitted: Names of decisions that are drawn and not carried out: what a shortened script leaves out.

    Attributes:
        decisions: Names of decisions that were carried out, in order.
    """

    def __init__(self, seed: int, omitted: Collection[str] = ()) -> None:
        self.seed = seed
        self.decisions: list[str] = []
        self._omissions = frozenset(omitted)

    def stream(self, name: str) -> Random:
        """Return a stream that depends on the seed and its name alone."""
        return Random(f"{self.seed}/{name}")

    def share(self, name: str) -> float:
        """Draw one number, 0 to 1, that depends on the seed and its name alone; 1 is never drawn."""
        drawn = int.from_bytes(hashlib.sha256(f"{self.seed}/{name}".encode()).digest()[:8])
        return (drawn >> (64 - _BITS)) / (1 << _BITS)

    def choose(self, name: str, *options: Option) -> Option:
        """Choose one of some options, each as likely as the others."""
        return options[int(self.share(name) * len(options))]

    def pick(self, name: str, weights: Mapping[str, float]) -> str:
        """Choose by weight, so that an option that is added takes some of the choices, and moves none between others.

        Source:
            P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir", 2006: the highest of the keys
            ``share ** (1 / weight)`` wins.
        """
        return max(weights, key=lambda option: math.log(1.0 - self.share(f"{name}/{option}")) / weights[option])

    def takes(self, name: str) -> bool:
        """Say whether a decision that was drawn is carried out, and note it."""
        if name in self._omissions:
            return False
        self.decisions.append(name)
        return True
