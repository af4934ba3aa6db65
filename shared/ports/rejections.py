"""Texts that name nothing real. Costs and errors are told as in ``shared.ports``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

#: How much of a text a list shows.
SHOWN_CHARACTERS = 200
#: Operations in one transaction (Azure Tables, entity group transactions).
FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True)
class RejectedMessage:
    """A text that could not be followed.

    Attributes:
        id: 32 hex digits that stand for the text.
        code: Why, one of the codes in docs/design.md.
        message: One sentence for a person.
        at: When it was rejected last, the service's time, aware UTC.
        text: The whole of it; in a list its first 200 characters.
        etag: Its version: the same text, rejected once more, moves it on.
    """

    id: str
    code: str
    message: str
    at: datetime
    text: str
    etag: str


class Rejections(Protocol):
    """The texts that could not be followed."""

    def reject(self, text: str, *, code: str, message: str) -> None:
        """Keep a text, with the reason; the same text twice is kept once, and its row is moved on.

        Costs: 1 transaction; 1 read and 1 transaction more for a text that is kept already.
        """

    def list(self, *, limit: int, after: str = "") -> list[RejectedMessage]:
        """List at most ``limit`` texts, cut, in the order of their ids, but for rows that somebody else has written.

        Args:
            limit: 1 to 1,000.
            after: Begin behind this id; at the first without it.

        Costs: 1 query.
        """

    def get(self, rejected_id: str) -> RejectedMessage | None:
        """Read one text, whole.

        Raises:
            RowDamaged: Somebody else has written its row.

        Costs: 1 read.
        """

    def delete(self, row: RejectedMessage) -> None:
        """Forget a text as it was read.

        Raises:
            Lost: It is gone, or was rejected once more.

        Costs: 1 transaction.
        """

    def forget(self, rows: "Sequence[RejectedMessage]") -> int:
        """Forget texts as they were read, at most 100; return how many are gone.

        One that was rejected once more is kept, and keeps no other from being forgotten.

        Costs: 1 transaction; 1 more, and a read, for each that has moved on.
        """
