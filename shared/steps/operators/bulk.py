"""Act on many ids in one call, side by side, each as if it were alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from shared.errors import DarkroomError, Outage
from shared.rules.actions import Action, Outcome
from shared.runtime import Pools
from shared.steps.operators.cancel import Cancel
from shared.steps.operators.redrive import Redrive
from shared.steps.operators.rejected import Readmit
from shared.steps.operators.remove import Remove

#: Ids that are acted on at once.
AT_ONCE = 8
#: Once so many ids have met an outage, no other is begun: one broken row, or one slow partition, stops nothing else.
MOST_OUTAGES = AT_ONCE


@dataclass(frozen=True)
class Decision:
    """What came of an action at one id.

    Attributes:
        id: Of the job or the rejected message.
        outcome: What came of it.
        error: Why it was not done.
    """

    id: str
    outcome: Outcome
    error: DarkroomError | None = None


@dataclass(kw_only=True)
class Bulk:
    """Cancel, redrive and delete many jobs, or rejected messages.

    Attributes:
        cancel: Cancels one job.
        redrive: Opens one again.
        remove: Deletes one.
        readmit: Redrives and deletes rejected messages.
        pool: Makes threads that act side by side.
    """

    cancel: Cancel
    redrive: Redrive
    remove: Remove
    readmit: Readmit
    pool: Pools

    def act(
        self, action: Action, ids: Sequence[str], *, as_of: datetime | None = None, forget: bool = False
    ) -> list[Decision]:
        """Act on each id; what one is refused, or fails with, keeps no other from its turn.

        Args:
            action: What to do; no purge.
            ids: Of jobs, or of rejected messages where the action is for them; each once.
            as_of: Refuse jobs that are no longer what they were at this moment, as the steps for one job say.
            forget: Whether to forget the references of deleted jobs too.

        Returns:
            A decision for each id, in their order. UNKNOWN is everything that met an outage, and everything that was
            not begun because too much else had.

        Raises:
            Outage: No id was decided.

        Costs: those of the step, for each id.
        """
        acts: dict[Action, Callable[[str], object]] = {
            Action.CANCEL: lambda one: self.cancel.cancel(one, as_of=as_of),
            Action.REDRIVE: lambda one: self.redrive.redrive(one, as_of=as_of),
            Action.DELETE: lambda one: self.remove.remove(one, forget=forget, as_of=as_of),
            Action.REDRIVE_REJECTED: self.readmit.redrive,
            Action.DELETE_REJECTED: self.readmit.delete,
        }
        turns = _Turns(acts[action])
        with self.pool(AT_ONCE, "bulk") as pool:
            decisions = list(pool.map(turns.decide, ids))
        outages = [each.error for each in decisions if each.outcome is Outcome.UNKNOWN and each.error is not None]
        if outages and all(each.outcome is Outcome.UNKNOWN for each in decisions):
            raise outages[0]
        return decisions


@dataclass
class _Turns:
    """The turns of one call's ids."""

    act: Callable[[str], object]
    _outages: int = 0
    _guard: Lock = field(default_factory=Lock)

    def decide(self, one: str) -> Decision:
        """Act on one id, unless storage is out."""
        with self._guard:
            if self._outages >= MOST_OUTAGES:
                return Decision(one, Outcome.UNKNOWN)
        try:
            self.act(one)
        except Outage as outage:
            with self._guard:
                self._outages += 1
            return Decision(one, Outcome.UNKNOWN, outage)
        except DarkroomError as refusal:
            return Decision(one, Outcome.REFUSED, refusal)
        return Decision(one, Outcome.DONE)
