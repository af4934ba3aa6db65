"""Two releases on one account: which one a process starts as, and when those of the other are replaced.

A process that is replaced is ended wherever it is, as hosts end those that take too long.
"""

from dataclasses import dataclass

from tests.simulation.chance import Chance

#: Share of the worlds in which processes of the release before take part.
_ROLLOUTS = 0.06


@dataclass(frozen=True)
class Rollout:
    """How releases follow each other.

    Attributes:
        shares: Of processes that start as the release before, in each part of the storm; the last one holds from then
            on.
    """

    shares: tuple[float, ...]

    def share(self, moment: float) -> float:
        """Return the share at a moment, given as a share of the storm."""
        return self.shares[max(0, min(int(moment * len(self.shares)), len(self.shares) - 1))]


#: An upgrade, a rollback, an upgrade that is rolled back, a rollback that is made good, and both releases at once.
KINDS = (Rollout((1, 0)), Rollout((0, 1)), Rollout((1, 0, 1)), Rollout((0, 1, 0)), Rollout((0.5,)))


def draw_rollout(chance: Chance) -> Rollout | None:
    """Draw whether the release before takes part in a world, and how; None where it does not."""
    return chance.choose("rollout/kind", *KINDS) if chance.share("releases") < _ROLLOUTS else None
