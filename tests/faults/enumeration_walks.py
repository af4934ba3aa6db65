"""The flows of reconciling, which walks through everything that is there."""

from collections.abc import Mapping
from enum import StrEnum

from shared.ports.images import ImageListing
from shared.rules.images import ListedBlob, Page
from shared.rules.jobs import State
from shared.steps.upkeep.position import OVERLAP, Position
from shared.steps.upkeep.reconcile import WalkResult
from tests.faults.enumeration import SETTINGS, Strike
from tests.faults.enumeration_case import Case, jobs_in
from tests.faults.enumeration_flows import Flow, LiveRival
from tests.faults.enumeration_workers import Worker

#: Left to no event any more, and before the watermark of a walk that begins now.
OLD_SECONDS = (SETTINGS.reconcile_grace + OVERLAP).total_seconds() + 10
MISSED, OVERWRITTEN, ANNOUNCED, BEHIND = "b.png", "c.png", "d.png", "a.png"


class Short:
    """A listing whose pages hold a few blobs."""

    def __init__(self, listing: ImageListing, most: int) -> None:
        self._listing = listing
        self._most = most
        self.account = listing.account

    def page(self, marker: str | None, *, limit: int) -> Page:
        """See ``ImageListing.page``."""
        return self._listing.page(marker, limit=min(limit, self._most))


def walk(worker: Worker, *, page: int, name: str = "") -> WalkResult:
    """Walk on over pages of so many blobs; with a name, a walk of its own that begins with nothing."""
    reconcile, container = worker.darkroom.reconcile, worker.darkroom.settings.images_container
    reconcile.listing = Short(worker.darkroom.storage.listing, page)
    reconcile.name = name or f"reconcile:{container}"
    return reconcile.reconcile(owner="timer/1")


def _position(case: Case) -> Position:
    mark = case.user.darkroom.storage.marks.get(f"reconcile:{case.ref.container}")
    return Position() if mark is None else Position.of(mark.value)


class Reconciling(Flow):
    """A slice over two pages: an image that no event announced, a newer version likewise, and what was announced."""

    settings: Mapping[str, str] = {"RECONCILE_PARALLELISM": "1"}
    ends: tuple[State, ...] = (State.COMPLETED, State.CANCELED, State.COMPLETED, State.COMPLETED)
    messages = 2
    answer: WalkResult | None = None
    behind = 0
    page = 2

    def prepare(self, case: Case) -> None:
        """Analyse an image and record another, then upload one more and overwrite the other; that is long ago."""
        case.record(name=ANNOUNCED)
        case.hand(case.user)
        case.record(name=OVERWRITTEN)
        case.upload(name=MISSED)
        case.upload(name=OVERWRITTEN)
        case.clock.go(OLD_SECONDS)

    def locked_out(self) -> bool:
        """See ``Flow``."""
        return self.answer is not None and self.answer.locked_out

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Walk."""
        self.answer = walk(worker, page=self.page)

    def rival(self, case: Case, worker: Worker) -> None:
        """Walk as well, and work."""
        walk(worker, page=self.page)
        super().rival(case, worker)

    def afterwards(self, case: Case) -> None:
        """See that the mark is behind nothing that is not done; let others walk to the end, again, and from nothing."""
        self._in_order(case)
        case.clock.go(OLD_SECONDS)
        again = walk(case.user, page=self.page)
        assert again.complete, f"{again}"
        if self.answer is not None and self.answer.complete:
            assert again.missed == self.behind, f"{again} after {self.answer}"
        position = _position(case)
        kept = {name: getattr(position, name) for name in ("watermark", "missed", "done_at")}
        assert position == Position(**kept), f"at the end: {position}"
        assert position.done_at is not None
        once_more = walk(case.user, page=self.page)
        whole = walk(case.user, page=self.page, name="reconcile:anew")
        assert once_more.complete, f"{once_more}"
        assert (whole.complete, whole.missed) == (True, 0), f"{whole}"

    def _in_order(self, case: Case) -> None:
        """See that what is not recorded is in front of the mark, or later than the watermark to come."""
        position, jobs = _position(case), jobs_in(case.rows())
        edge = position.following or position.watermark
        if edge is not None:
            first = case.user.darkroom.storage.listing.page(None, limit=self.page).blobs
            known = {BEHIND, *position.again}  # the next walk begins with those that could not be looked at
            left = [blob for blob in first if blob.ref.name not in known and case.newest[blob.ref.name] not in jobs]
            assert all(edge < blob.facts.modified_at for blob in left), f"left behind {position}: {left}"
        if self.answer is not None and self.answer.complete:
            assert position.marker is None, f"complete, and at {position}"


class ReconcilingEvents(LiveRival, Reconciling):
    """The same, while the late events come, and an image is uploaded behind the walk, which sleeps on for long."""

    first = "GET images"

    def rival(self, case: Case, worker: Worker) -> None:
        """Deliver the events, and work; and upload what no event will announce."""
        case.upload(name=BEHIND)
        self.behind = 1
        case.events += [case.image(MISSED), case.image(OVERWRITTEN)]
        Flow.rival(self, case, worker)
        case.clock.go(OLD_SECONDS)

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """Each newest version is completed."""
        return tuple(states) == (*self.ends, *[State.COMPLETED] * self.behind)


class ReconcilingPast(Reconciling):
    """The same, where storage goes out for one image and comes back: the others have their turn, the next walk it."""

    first = "GET images"
    strikes = (Strike.OUT_BEFORE, Strike.OUT_AFTER)
    came_back = False

    def run(self, case: Case, worker: Worker) -> None:
        """Walk; an image that is given up is the last that storage has failed."""
        look = worker.darkroom.reconcile._look

        def look_and_mend(blob: ListedBlob) -> StrEnum:
            try:
                return look(blob)
            finally:
                if worker.line.hits:
                    self.came_back = True
                    worker.line.mend()

        worker.darkroom.reconcile._look = look_and_mend  # type: ignore[method-assign] # of this worker alone
        super().run(case, worker)

    def afterwards(self, case: Case) -> None:
        """See that no more than the one image is left to others."""
        recorded = set(jobs_in(case.rows())) & {case.newest[MISSED], case.newest[OVERWRITTEN]}
        assert len(recorded) >= self.came_back, f"recorded: {recorded}"
        super().afterwards(case)
