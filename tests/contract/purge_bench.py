"""A pipeline in storage, seen by a purge of a later month."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared.clock import ServerClock
from shared.ports.jobs import Row
from shared.rules.jobs import State
from shared.rules.moves import complete
from shared.steps.upkeep.retention import edges
from tests.contract.places import Place
from tests.contract.verify_bench import VerifyBench
from tests.doubles.reports import report
from tests.doubles.transports import Passing
from tests.doubles.world import png


class Died(BaseException):
    """The process is no more."""


class Dying(Passing):
    """Let a process die before one of its writes: storage is then as it is after any request since the write before."""

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self._writes_left = math.inf

    def arm(self, nth: float) -> None:
        """Die before the nth write from now on."""
        self._writes_left = nth

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, or die."""
        self._writes_left -= request.method not in ("GET", "HEAD")
        if self._writes_left < 1:
            raise Died
        return super().send(request, **kwargs)


@dataclass
class Later:
    """The service's time, and some days."""

    clock: ServerClock
    days: float

    def now(self) -> datetime:
        """Return that."""
        return self.clock.now() + timedelta(days=self.days)


class PurgeBench(VerifyBench):
    """A pipeline whose purge and verify believe that a month has passed; all in one partition."""

    def __init__(
        self, place: Place, transport: HttpTransport[Any, Any] | None = None, *, days: float = 31, **more: str
    ) -> None:
        super().__init__(place, transport, **{"JOB_BUCKETS": "1", **more})
        later = Later(self.darkroom.clock, days)
        self.darkroom.purge.clock = later  # type: ignore[assignment] # it tells the time
        self.darkroom.verify.ended_before = lambda: edges(self.darkroom.settings, later.now())

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.darkroom.clock.now()

    def canceled(self, name: str) -> Row:
        """Record an image, let a worker begin, and cancel its job: the token is ahead of the attempts."""
        row = self.claim(self.record(name, png(7, 7)))
        assert self.darkroom.cancel.cancel(row.job.id).job.state is State.CANCELED
        return self.row(row.job.id)

    def exhaust_all_but_one(self, name: str, *, attempts: int) -> Row:
        """Record an image, and let so many attempts lapse but the last, which completes its job."""
        row = self.record(name)
        for _ in range(attempts):
            row = self.claim(row, lapsed=True)
        claim, now = row.job.claim, self.now
        assert claim is not None
        return self.darkroom.storage.jobs.replace(row, complete(row.job, claim=claim, report=report(), now=now))

    def strew(self, row: Row, *tokens: int) -> None:
        """Put thumbnails of attempts there."""
        for token in tokens:
            self.darkroom.storage.images.insert_thumbnail(f"{row.job.id}/{token}.webp", b"x", mime="image/webp")

    def remains(self) -> list[str]:
        """Return the kinds of the rows that stand, and the names of all thumbnails."""
        rows = [entity["RowKey"] for entity in self.table.list_entities(select=["RowKey"])]
        return sorted(key.partition(":")[0] for key in rows if ":" in key) + list(
            self.darkroom.storage.audit.thumbnails()
        )

    def reopen(self, row: Row) -> None:
        """Open a job again, as an operator does."""
        assert self.darkroom.redrive.redrive(row.job.id).job.state is State.PENDING
