"""Everything that is drawn, from one seed: a stream a concern, so that what one leaves out moves no other."""

from collections.abc import Collection
from random import Random


class Chance:
    """The streams of one world.

    Args:
        seed: Of the world.
        omitted: Names of decisions that are drawn and not carried out: what a shortened script leaves out.

    Attributes:
        taken: Names of decisions that were carried out, in order.
    """

    def __init__(self, seed: int, omitted: Collection[str] = ()) -> None:
        self.seed = seed
        self.taken: list[str] = []
        self._omitted = frozenset(omitted)

    def stream(self, name: str) -> Random:
        """Return a stream that depends on the seed and its name alone."""
        return Random(f"{self.seed}/{name}")

    def takes(self, name: str) -> bool:
        """Say whether a decision that was drawn is carried out, and note it."""
        if name in self._omitted:
            return False
        self.taken.append(name)
        return True
