"""Keep who has done what: an action goes into the log before it begins, and what came of it behind it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from shared.errors import DarkroomError, Lost, Outage
from shared.ports.actions import ActionLog, ActionRow, NewAction
from shared.rules.actions import Action, Counts
from shared.rules.callers import Caller
from shared.rules.terminal import escape
from shared.steps.now import Now
from shared.telemetry import LogEvent, emit

#: Ids of an action that are kept; it may have a hundred.
FIRST_IDS = 10


@dataclass
class Entry:
    """An action that is under way.

    Attributes:
        counts: What came of it; whoever acts says so.
    """

    counts: Counts | None = None


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The log of actions.

    Attributes:
        actions: Where it is kept.
        now: The service's time.
    """

    actions: ActionLog
    now: Now

    @contextmanager
    def record(
        self,
        caller: Caller,
        action: Action,
        ids: Sequence[str] = (),
        *,
        selection: Mapping[str, Any] | None = None,
        operation: str | None = None,
    ) -> Iterator[Entry]:
        """Act in the ``with`` block, which says in the entry what came of it.

        The row comes first: so nothing is done of which nobody knows who has done it. Where the process dies, or
        storage is out by then, the row has no end: something may have been done.

        Args:
            caller: Who acts.
            action: What is done.
            ids: To what; without any the selection says it.
            selection: By what the caller has picked them; plain JSON.
            operation: What the calls of one bulk operation have in common.

        Raises:
            StorageOut: Storage is out, and nothing was begun.
            Undecided: The same.

        Costs: 2 transactions; 1 query more, the first time in a process that has not talked to storage.
        """
        row = self.actions.insert(
            NewAction(
                at=self.now(),
                who=escape(caller.name),
                role=caller.role,
                action=action,
                selection=selection,
                operation=operation,
                ids=len(ids),
                first_ids=tuple(ids[:FIRST_IDS]),
            )
        )
        entry = Entry()
        try:
            yield entry
        except DarkroomError:
            self._end(row, entry)
            raise
        self._end(row, entry)

    def list(self, *, limit: int, after: str = "") -> Sequence[ActionRow]:
        """List actions, the newest first.

        Args:
            limit: 1 to 1,000.
            after: Id of the last one of the page before.

        Costs: 1 query.
        """
        return self.actions.list(limit=limit, after=after)

    def _end(self, row: ActionRow, entry: Entry) -> None:
        """Add what came of it; where that fails, its caller is still told what was done."""
        if entry.counts is None:
            return
        try:
            with suppress(Lost):  # it has an end already, where the request has arrived twice
                self.actions.end(row, entry.counts, now=self.now())
        except Outage:
            emit(LogEvent.ACTION_OPEN, action=row.new.action)
