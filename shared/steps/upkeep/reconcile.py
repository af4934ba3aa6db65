"""Walk through the container of images, a slice at a time, and record what no event has announced.

A walk goes from page to page, and its mark moves behind a page only when all of that page has been looked at: so a
slice that ends anywhere, by its budget or by a crash, leaves nothing out. What it had recorded is known to the next by
one look. What could not be looked at holds nothing up: its name stands in the mark, and the next walk begins with it.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from shared.errors import LockHeld, Lost, MarkerRejected
from shared.ports.images import ImageListing
from shared.ports.jobs import JobStore
from shared.ports.marks import Mark, Marks
from shared.rules.images import ImageRef, ListedBlob, Page
from shared.runtime import Runtime
from shared.settings.settings import Settings
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Record, Recording
from shared.steps.table_lock import TableLock
from shared.steps.upkeep.position import Position
from shared.telemetry import LogEvent, emit

LOCK = "reconcile"
#: Blobs listed at a time; the slice that begins a page must look at all of them within one budget.
PAGE = 1_000
#: A look that ended so is taken again by the next walk.
_AGAIN = frozenset({Disposition.LEFT, Disposition.UNREADABLE, None})
T = TypeVar("T")


@dataclass(frozen=True)
class WalkResult:
    """What one slice of a walk did.

    Attributes:
        seen: Blobs listed; those of a page that is listed again count again.
        missed: Versions recorded that no event had announced.
        vanished: Blobs that were deleted between the listing and the look at them.
        ignored: Markers of folders.
        reopened: Jobs opened again, whose blobs have left the archive.
        complete: Whether the walk has come to its end.
        locked_out: Whether another slice was under way.
    """

    seen: int = 0
    missed: int = 0
    vanished: int = 0
    ignored: int = 0
    reopened: int = 0
    complete: bool = False
    locked_out: bool = False


@dataclass
class _Slice:
    """What a slice has done so far, and when it must stop."""

    stop: Callable[[], bool]
    seen: int = 0
    outcomes: Counter[StrEnum] = field(default_factory=Counter)
    complete: bool = False
    failed: BaseException | None = None

    @property
    def log_fields(self) -> dict[str, Any]:
        """What the log says of it."""
        counted = {"missed": self.outcomes[Recording.RECORDED], "vanished": self.outcomes[Disposition.GONE]}
        rare = {"ignored": self.outcomes[Disposition.IGNORED], "reopened": self.outcomes[Recording.REDRIVEN]}
        counted |= {name: count for name, count in rare.items() if count}
        return {"seen": self.seen, **counted, "complete": self.complete}


@dataclass(kw_only=True)
class Reconcile:
    """Record what no event has announced, one slice at a time among all instances.

    Attributes:
        name: Of the walk, for its mark.
        listing: The container of images.
        marks: Where the walk's position is kept.
        jobs: Which versions are recorded.
        lock: Keeps slices apart.
        record: Records one image.
        settings: Budget, grace, parallelism, names.
        runtime: Time, and threads that look side by side.
    """

    name: str
    listing: ImageListing
    marks: Marks
    jobs: JobStore
    lock: TableLock
    record: Record
    settings: Settings
    runtime: Runtime

    def reconcile(self, *, owner: str, stop: Callable[[], bool] = lambda: False) -> WalkResult:
        """Walk on from where the last slice ended, until the walk's end or that of the budget.

        Args:
            owner: Who works, ``trigger/invocation-id``.
            stop: Whether to begin nothing more before the budget is over.

        Raises:
            StorageOut: Storage is out, altogether or for one image; the next walk looks at that one again.

        Costs: lock 3, get; a list and a transaction for each 1,000 blobs; a look-up for each blob that was modified
        since the last walk and is older than the grace, and those of recording it; those of recording for each name at
        which the last walk could not look, at most 50, and for each blob whose tier has changed.
        """
        stop_at = self.runtime.monotonic() + self.settings.reconcile_budget.total_seconds()
        try:
            with self.lock.try_acquire(LOCK, owner=owner) as held:
                done = _Slice(lambda: held.lost or stop() or self.runtime.monotonic() >= stop_at)
                self._walk(done)
        except LockHeld:
            emit(LogEvent.LOCKED_OUT, lock=LOCK)
            return WalkResult(locked_out=True)
        fields = done.log_fields
        emit(LogEvent.RECONCILED, level=logging.WARNING if fields["missed"] else None, **fields)
        if done.failed is not None:
            raise done.failed
        return WalkResult(**fields)

    def _walk(self, done: _Slice) -> None:
        """Do page after page, and keep the position behind each."""
        mark = self.marks.get(self.name)
        position = self._position(mark)
        if position.marker is None:
            position = self._look_again(position, done)
        while not done.complete and not done.stop():
            try:
                page = self.listing.page(position.marker, limit=PAGE)
            except MarkerRejected:
                if position.marker is None:
                    raise
                position = position.beginning
                continue
            before = done.outcomes[Recording.RECORDED]
            failed = self._work(page, position.watermark, done)
            if failed is None:
                return
            missed = done.outcomes[Recording.RECORDED] - before
            grace = self.settings.reconcile_grace
            position = position.behind(page, grace=grace, failed=failed, missed=missed)
            try:
                mark = self._keep(mark, position)
            except Lost:  # the lock has lapsed, and another walks
                return
            done.complete = page.marker is None

    def _position(self, mark: Mark | None) -> Position:
        """Go on where the mark says; its watermark says nothing of another account, where blobs may be older."""
        account = self.listing.account
        if mark is None or mark.value.get("account", account) != account:  # earlier releases have not named it
            return Position()
        return Position.of(mark.value)

    def _look_again(self, position: Position, done: _Slice) -> Position:
        """Look at the names that the last walk has left, and leave those in the mark that still can't be looked at."""
        before = done.outcomes[Recording.RECORDED]
        refs = {name: ImageRef(self.settings.images_container, name) for name in position.again}
        ends = self._each(list(refs), lambda name: self.record.record_event(refs[name].ref), done)
        left = tuple(name for name in position.again if ends[name] in _AGAIN)
        return replace(position, again=left, so_far=position.so_far + done.outcomes[Recording.RECORDED] - before)

    def _keep(self, mark: Mark | None, position: Position) -> Mark:
        value = {**position.value, "account": self.listing.account}
        return self.marks.insert(self.name, value) if mark is None else self.marks.replace(mark, value)

    def _work(self, page: Page, watermark: datetime | None, done: _Slice) -> list[ListedBlob] | None:
        """Look at all candidates of a page, in parallel.

        One that raises keeps no other from its turn; what the first has raised is raised when the slice is over.

        Returns:
            Those that could not be looked at; None when the budget was over before each had its turn.
        """
        old = page.seen_at - self.settings.reconcile_grace
        candidates = [blob for blob in page.blobs if blob.facts.modified_at <= old and blob.is_newer(watermark)]
        done.seen += len(page.blobs)
        ends = self._each(candidates, self._look, done)
        return None if None in ends.values() else [blob for blob in candidates if ends[blob] in _AGAIN]

    def _each(self, items: Sequence[T], look: Callable[[T], StrEnum], done: _Slice) -> dict[T, StrEnum | None]:
        """Look at each in parallel, and count what became of them: LEFT what has raised, None what had no turn."""

        def one(item: T) -> StrEnum | None:
            return None if done.stop() else look(item)

        if not items:
            return {}
        with self.runtime.pool(min(self.settings.reconcile_parallelism, len(items)), LOCK) as pool:
            begun = {item: pool.submit(one, item) for item in items}
        errors = {item: error for item, future in begun.items() if (error := future.exception()) is not None}
        done.failed = done.failed or next(iter(errors.values()), None)
        ends = {item: Disposition.LEFT if item in errors else future.result() for item, future in begun.items()}
        done.outcomes.update(end for end in ends.values() if end is not None)
        return ends

    def _look(self, blob: ListedBlob) -> StrEnum:
        """Record a blob unless this very version is recorded already, and its tier has not been changed since."""
        key = self.jobs.key(self.settings.image_type, blob.ref.ref)
        if key is not None and key.version == blob.facts.version and not blob.has_left_archive:
            return Recording.DUPLICATE
        return self.record.record_event(blob.ref.ref)
