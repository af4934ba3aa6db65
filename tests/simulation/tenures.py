"""Who believes in which lease, and until when: by each holder's own clock, from what was really written.

A holder counts from before it has sent the write that won or renewed its lease; so what is kept here is the longest
that it may believe. Whoever takes over must come later, and a holder must not publish anything after it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.operations import Place
from tests.simulation.service.clock import ServiceClock
from tests.simulation.wire import Passage

#: What is lost when seconds are written as text.
_CRUMB = 0.01


@dataclass
class Tenure:
    """One lease.

    Attributes:
        home: The process that holds it; its name.
        task: The thread that has won it.
        token: Of the lease.
        until: The process's own monotonic second up to which it may believe in the lease.
        clock: Of the process.
        since: Virtual second at which the thread that has won it has begun; 0 where its holder does not know.
        is_used: Whether its thread has done anything under it: one that took too long to win it leaves it alone.
    """

    home: str
    task: str
    token: int
    until: float
    clock: Callable[[], float]
    since: float
    is_used: bool = False


@dataclass
class Tenures:
    """All leases of jobs and locks.

    Attributes:
        clock: The services' time.
        margin: Seconds that a holder keeps back, and that others leave to it.
        drift: Seconds by which the services' clocks are off at most.
        alive: Says whether a process still runs, by name.
        calm_at: Returns the virtual second from which on nothing goes wrong for a process, by name: its last stop is
            over, too.
    """

    clock: ServiceClock
    margin: float
    drift: float
    alive: Callable[[str], bool]
    calm_at: Callable[[str], float]
    _by_place: dict[Place, Tenure] = field(default_factory=dict)
    _by_task: dict[str, Tenure] = field(default_factory=dict)
    _last: dict[tuple[str, Place], Tenure] = field(default_factory=dict)
    _by_thumbnail: dict[str, Tenure] = field(default_factory=dict)
    _written_at: dict[Place, float] = field(default_factory=dict)
    _own_thumbnails: dict[str, str] = field(default_factory=dict)
    _claims: dict[str, int] = field(default_factory=dict)

    def of(self, place: Place) -> Tenure | None:
        """Return a lease; None where nobody holds it, or somebody from outside."""
        return self._by_place.get(place)

    def end(self, place: Place) -> None:
        """Nobody holds it any more."""
        self._by_place.pop(place, None)
        self._written_at.pop(place, None)

    def lapsed(self, place: Place, row: Mapping[str, Any]) -> bool:
        """Say whether anybody may take over."""
        waited = self.clock.seconds - self._written_at.get(place, self.clock.seconds)
        return waited > float(row.get("lease_seconds", 0.0)) + self.margin + self.drift

    def on_write(self, passage: Passage, place: Place, row: Mapping[str, Any], *, inside: bool) -> None:
        """Take in a write of a row that is held.

        Args:
            passage: What has written it.
            place: Of the row.
            row: As it stands now.
            inside: Whether a process of Darkroom holds it.
        """
        self._written_at[place] = self.clock.seconds
        lease = float(row.get("lease_seconds", 0.0))
        if not inside or not lease:
            return
        home, until = passage.sender.home.name, passage.sent_at + lease - self.margin
        tenure = self._by_place.get(place)
        if tenure is not None and tenure.token == row["token"]:
            tenure.until = max(tenure.until, until)
            return
        task = passage.sender.name
        since = passage.sender.begun_at if passage.waits else 0.0  # who has given up does not know of its lease
        tenure = Tenure(home, task, row["token"], until, passage.clock, since)
        self._by_place[place] = self._last[home, place] = tenure
        if place[2].startswith("job:"):
            thumbnail = f"{place[2][4:]}/{row['token']}"
            self._by_thumbnail[thumbnail] = tenure
            if passage.number >= self._claims.get(task, 0):  # an older claim may arrive behind the next one
                self._claims[task], self._own_thumbnails[task], self._by_task[task] = passage.number, thumbnail, tenure

    def on_takeover(self, place: Place, held: bool, before: Mapping[str, Any]) -> Iterator[str]:  # noqa: FBT001 - a fact
        """Judge that somebody takes over.

        Args:
            place: Of the row.
            held: Whether the row has named a holder.
            before: The row as it stood.
        """
        if not held:
            return
        waited = self.clock.seconds - self._written_at.get(place, 0.0)
        needed = float(before.get("lease_seconds", 0.0)) + self.margin - self.drift
        if waited < needed - _CRUMB:
            yield f"{place[2]}: taken over {waited:.2f} s after its last write, and not {needed:.2f}"
        holder = self._by_place.get(place)
        if holder is None or not self.alive(holder.home):
            return
        if holder.clock() < holder.until - _CRUMB:
            yield f"{place[2]}: taken over while {holder.home} had {holder.until - holder.clock():.3f} s left"
        if holder.since > self.calm_at(holder.home) and holder.is_used:
            yield f"{place[2]}: taken over from {holder.home}, which lives and has not renewed its lease"

    def gone_on(self, home: str, place: Place) -> Iterator[str]:
        """Judge that a holder works on: it must not once its lease is over by its own clock."""
        tenure = self._last.get((home, place))
        if tenure is not None and tenure.clock() > tenure.until + _CRUMB:
            yield f"{place[2]}: {home} works on {tenure.clock() - tenure.until:.2f} s after its lease"

    def on_request(self, passage: Passage) -> Iterator[str]:
        """Judge what a holder sends: nothing of an image once its lease is over by its own clock."""
        request = passage.request
        for tenure in self._by_place.values():
            tenure.is_used = tenure.is_used or tenure.task == passage.sender.name
        if request.service != "blob" or len(request.segments) < 2:
            return
        claimed, thumbnail = None, request.segments[1].rpartition(".")[0]
        if request.method == "PUT" and not request.query:
            claimed = self._by_thumbnail.get(thumbnail)
            if thumbnail != self._own_thumbnails.get(passage.sender.name, thumbnail):
                yield f"{passage.sender.name}: publishes {thumbnail}, under a token that is not its own"
        elif request.method == "GET":
            claimed = self._by_task.pop(passage.sender.name, None)
        if claimed is None or claimed.home != passage.sender.home.name:
            return
        late = passage.sent_at - claimed.until
        if late > _CRUMB:
            yield f"{passage.sender.name}: {passage.label} {late:.2f} s after its own lease was over"
