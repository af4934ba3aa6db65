"""Forget rejected texts: those past their retention, and those that an operator has picked; and old actions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import ServerClock
from shared.ports.actions import FORGOTTEN_AT_ONCE as ACTIONS_AT_ONCE
from shared.ports.actions import ActionLog
from shared.ports.rejections import FORGOTTEN_AT_ONCE, RejectedMessage, Rejections


@dataclass(frozen=True)
class ForgetResult:
    """What was forgotten.

    Attributes:
        texts: How many are gone.
        rejected_again: How many were picked and were rejected once more meanwhile.
        has_more: Whether the time was over before all had been looked at.
    """

    texts: int = 0
    rejected_again: int = 0
    has_more: bool = False


@dataclass(frozen=True)
class Forget:
    """Find and forget rejected texts.

    Attributes:
        rejections: Where they are kept.
        clock: The service's time.
        page: How many are read at once; the service gives no more than 1,000.
    """

    rejections: Rejections
    clock: ServerClock
    page: int = 1_000

    def find(
        self, *, codes: Collection[str] = (), older_than: timedelta | None = None
    ) -> Iterator[list[RejectedMessage]]:
        """Yield texts, cut, in the order of their ids: what is left of each page, which may be nothing.

        Args:
            codes: Reasons for which they were rejected; every one without it.
            older_than: How long ago they were rejected last, at least; however long without it.

        Costs: 1 query for each 1,000 that are kept.
        """
        after = ""
        while rows := self.rejections.list(limit=self.page, after=after):
            before = None if older_than is None else self.clock.now() - older_than
            yield [row for row in rows if (before is None or row.at <= before) and (not codes or row.code in codes)]
            after = rows[-1].id

    def forget(
        self, pages: Iterable[Sequence[RejectedMessage]], *, stop: Callable[[], bool] = lambda: False
    ) -> ForgetResult:
        """Delete texts as they were read; one that was rejected once more meanwhile is kept.

        Args:
            pages: As ``find`` yields them; it may read on while they are deleted.
            stop: Whether to begin nothing more.

        Raises:
            StorageOut: Storage is out; what is not deleted is still there.
            Undecided: The same.

        Costs: 1 transaction for 100 texts; 1 more, and a read, for each that has moved on.
        """
        texts = kept = 0
        for page in pages:
            for start in range(0, len(page), FORGOTTEN_AT_ONCE):
                if stop():
                    return ForgetResult(texts, kept, has_more=True)
                batch = page[start : start + FORGOTTEN_AT_ONCE]
                gone = self.rejections.forget(batch)
                texts, kept = texts + gone, kept + len(batch) - gone
            if stop():
                return ForgetResult(texts, kept, has_more=True)
        return ForgetResult(texts, kept)


@dataclass(frozen=True)
class ForgetActions:
    """Forget what operators have done.

    Attributes:
        actions: Where it is kept.
        clock: The service's time.
        page: How many are read at once; the service gives no more than 1,000.
    """

    actions: ActionLog
    clock: ServerClock
    page: int = 1_000

    def forget(self, *, older_than: timedelta, stop: Callable[[], bool]) -> tuple[int, bool]:
        """Delete actions that began longer ago.

        Args:
            older_than: How long ago.
            stop: Whether to begin nothing more.

        Returns:
            How many are gone, and whether the time was over before all had been looked at.

        Raises:
            StorageOut: Storage is out; what is not deleted is still there.
            Undecided: The same.

        Costs: 1 query for up to 999 and for each 1,000 beyond; 1 transaction for 100 that go.
        """
        gone, before = 0, self.clock.now() - older_than
        while not stop():
            rows = self.actions.old(before=before, limit=self.page)
            for start in range(0, len(rows), ACTIONS_AT_ONCE):
                if stop():
                    return gone, True
                gone += self.actions.forget(rows[start : start + ACTIONS_AT_ONCE])
            if len(rows) < self.page:
                return gone, False
        return gone, True
