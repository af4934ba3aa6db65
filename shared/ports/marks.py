"""Small rows that tell where a walk stands. Costs and errors are told as in ``shared.ports``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Mark:
    """Where a walk stands.

    Attributes:
        name: Of the walk.
        value: What the walk keeps; plain JSON, up to 32,768 characters of it.
        etag: Of the row; a write against an older one is ``Lost``.
    """

    name: str
    value: Mapping[str, Any]
    etag: str

    def count(self, name: str) -> int | None:
        """Return a count that it keeps; None for anything else."""
        count = self.value.get(name)
        return count if type(count) is int and count >= 0 else None

    def moment(self, name: str) -> datetime | None:
        """Return a moment that it keeps, aware; None for anything else."""
        text = self.value.get(name)
        try:
            moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            return None
        return None if moment is None or moment.tzinfo is None else moment


class Marks(Protocol):
    """Small rows that tell where a walk through something large stands."""

    def get(self, name: str) -> Mark | None:
        """Read one mark. Costs: 1 read."""

    def insert(self, name: str, value: Mapping[str, Any]) -> Mark:
        """Write a mark that must be new. Costs: 1 transaction.

        Raises:
            Lost: There is one.
        """

    def replace(self, mark: Mark, value: Mapping[str, Any]) -> Mark:
        """Write over a mark as it was read. Costs: 1 transaction.

        Raises:
            Lost: It has moved on since.
        """
