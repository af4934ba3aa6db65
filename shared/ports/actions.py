"""What operators have done. Costs and errors are told as in ``shared.ports``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.rules.actions import Action, Counts
from shared.rules.keys import Role

#: Operations in one transaction (Azure Tables, entity group transactions).
FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class NewAction:
    """An action that is about to begin.

    Attributes:
        at: When, the service's time, aware UTC.
        who: The caller's name; may be empty.
        role: The caller's; None where nobody has given one.
        action: What is done.
        selection: By what the caller has picked the ids; plain JSON, up to 1 KB of it.
        operation: 32 hex digits that the calls of one bulk operation have in common.
        ids: To how many jobs or rejected messages; 0 where the selection alone says it.
        first_ids: The first of them.
    """

    at: datetime
    who: str
    role: Role | None
    action: Action
    selection: Mapping[str, Any] | None = None
    operation: str | None = None
    ids: int = 0
    first_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActionRow:
    """An action as it is kept.

    Attributes:
        id: Of the row; a later action has a smaller one.
        new: What was about to be done.
        counts: What came of it; None while it goes on, or where its process has died.
        ended: When that was known; likewise.
        etag: Of the row.
    """

    id: str
    new: NewAction
    counts: Counts | None
    ended: datetime | None
    etag: str


class ActionLog(Protocol):
    """What operators have done, the newest first."""

    def insert(self, new: NewAction) -> ActionRow:
        """Keep an action before it begins. Costs: 1 transaction; 2 more where there is no table yet."""

    def end(self, row: ActionRow, counts: Counts, *, now: datetime) -> None:
        """Add what came of it; its caller waits, so storage gets a few seconds and no more.

        Raises:
            Lost: The row is gone, or has an end.

        Costs: 1 transaction.
        """

    def list(self, *, limit: int, after: str = "") -> Sequence[ActionRow]:
        """List actions, the newest first; what has not the form of one is left out.

        Args:
            limit: 1 to 1,000.
            after: Begin behind this id; at the newest without it.

        Costs: 1 query.
        """

    def old(self, *, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """List ids and ETags of actions that began before a moment, the newest first.

        Args:
            before: That moment, in whole milliseconds.
            limit: 1 to 1,000.

        Costs: 1 query.
        """

    def forget(self, rows: Sequence[tuple[str, str]]) -> int:
        """Delete actions by id and ETag, at most 100; return how many are gone.

        One that has moved on is kept, and keeps no other from being deleted.

        Costs: 1 transaction; 1 more, and a read, for each that has moved on.
        """
