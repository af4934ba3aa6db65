"""Rejected texts, for operators: list them, follow one once more, delete one."""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.clock import ServerClock
from shared.errors import Lost, Mismatch, NoSuchMessage, Refused
from shared.ports.rejections import RejectedMessage, Rejections
from shared.steps.intake.admit import Admit
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording

#: Each says that a job stands for what was named; of all others, something may still be missing.
ADMITTED = frozenset({*Recording, Disposition.LIVE, Disposition.ENDED})
#: What a list reads at once where it leaves some out, and how often for one page: the service gives no more than 1,000.
PAGE, PAGES = 1_000, 5


@dataclass(frozen=True, kw_only=True)
class RejectedPage:
    """A page of rejected texts, cut.

    Attributes:
        items: In the order of their ids.
        after: Id behind which the next page begins; None at the end.
    """

    items: Sequence[RejectedMessage]
    after: str | None


@dataclass(frozen=True, kw_only=True)
class RejectedList:
    """Look rejected texts up.

    Attributes:
        rejections: Where they are kept.
        clock: The service's time.
    """

    rejections: Rejections
    clock: ServerClock

    def get(self, rejected_id: str) -> RejectedMessage:
        """Read one, whole.

        Raises:
            NoSuchMessage: None of that id is kept.

        Costs: 1 read.
        """
        row = self.rejections.get(rejected_id)
        if row is None:
            raise NoSuchMessage
        return row

    def list(
        self, *, limit: int, after: str = "", codes: Collection[str] = (), older_than: timedelta | None = None
    ) -> RejectedPage:
        """List texts. A page may be short, or empty, and yet have one behind it.

        Args:
            limit: 1 to 1,000.
            after: Of the page before.
            codes: Reasons for which they were rejected; every one without it.
            older_than: How long ago they were rejected last, at least; however long without it.

        Costs: 1 query; up to ``PAGES`` where some are left out.
        """
        is_filtered = bool(codes) or older_than is not None
        found: list[RejectedMessage] = []
        for _ in range(PAGES):
            size = PAGE if is_filtered else limit
            rows = self.rejections.list(limit=size, after=after)
            before = None if older_than is None else self.clock.now() - older_than
            for row in rows:
                after = row.id
                if (not codes or row.code in codes) and (before is None or row.at <= before):
                    found.append(row)
                    if len(found) == limit:
                        return RejectedPage(items=found, after=after)
            if len(rows) < size:
                return RejectedPage(items=found, after=None)
        return RejectedPage(items=found, after=after)


@dataclass(kw_only=True)
class Readmit:
    """Redrive or delete one rejected text.

    Attributes:
        rejections: Where it is kept.
        admit: Records and announces what it names.
    """

    rejections: Rejections
    admit: Admit

    def readmit(self, rejected_id: str) -> list[StrEnum]:
        """Admit all that a rejected text names, then forget it; when not all of it could be admitted, keep it.

        It is deleted last and as it was read: a crash before, or the same text rejected once more meanwhile, leaves it.

        Returns:
            As ``Admit``; ``[UNKNOWN]`` when no such text is kept, ``[REJECTED]`` for bytes that are no text.

        Raises:
            StorageOut: Storage is out; the text is still kept, or all of it was admitted.
            Undecided: The same.

        Costs: get, those of ``Admit``, delete.
        """
        row = self.rejections.get(rejected_id)
        if row is None:
            return [Disposition.UNKNOWN]
        if row.code == "not_text":  # what is kept of it says what the bytes were, and is not what was sent
            return [Disposition.REJECTED]
        outcomes = self.admit.admit(row.text.encode())
        if ADMITTED.issuperset(outcomes):
            with contextlib.suppress(Lost):
                self.rejections.delete(row)
        return outcomes

    def redrive(self, rejected_id: str) -> None:
        """Readmit a text, and refuse where it is still kept for a reason.

        Raises:
            NoSuchMessage: None of that id is kept.
            Refused: ``still_rejected``: it still names nothing real; ``not_recorded``: a part of it could not be
                recorded yet.
            Others as ``readmit``.

        Costs: as ``readmit``.
        """
        for outcome in self.readmit(rejected_id):
            if outcome is Disposition.UNKNOWN:
                raise NoSuchMessage
            if outcome is Disposition.REJECTED:
                raise Refused("still_rejected", "The message still names no image and no job.")
            if outcome not in ADMITTED:
                raise Refused("not_recorded", "Part of the message could not be recorded yet.")

    def delete(self, rejected_id: str) -> None:
        """Forget a text as it stands.

        Raises:
            NoSuchMessage: None of that id is kept.
            Mismatch: It was rejected once more meanwhile, or is gone.
            StorageOut: Storage is out.
            Undecided: Whether it is gone is not known; ask again.

        Costs: get, delete = 2.
        """
        row = self.rejections.get(rejected_id)
        if row is None:
            raise NoSuchMessage
        try:
            self.rejections.delete(row)
        except Lost:
            raise Mismatch from None
