"""The queue that starts analyses. Costs and errors are told as in ``shared.ports``."""

from datetime import timedelta
from typing import Protocol


class WorkQueue(Protocol):
    """The queue that starts analyses."""

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """Put in one message, perhaps more than once, visible after ``delay`` (7 days at most). Costs: 1 message."""

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""
