"""Walk through the container of images, a slice at a time, and record what no event has announced.

A walk goes from page to page, and its mark moves behind a page only when all of that page is settled: so a slice that
ends anywhere, by its budget or by a crash, leaves nothing out. What it had recorded is known to the next by one look.
What could not be looked at holds nothing up: its name stands in the mark, and the next walk begins with it.

One look speaks for a group of names of one bucket: where it finds no key row, the group is recorded in one transaction.
Where it finds one, most of them are recorded, and each is looked at, as it would have been without a group.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import chain, takewhile
from typing import Any, TypeVar

from shared.clock import ServerClock
from shared.errors import LockHeld, Lost, MarkerRejected
from shared.ports.images import ImageListing
from shared.ports.jobs import JobStore
from shared.ports.marks import Mark, Marks
from shared.rules.images import ImageRef, ListedBlob, Page
from shared.runtime import Runtime
from shared.settings.settings import Settings
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Record, Recording
from shared.steps.intake.record_many import Group, RecordMany
from shared.steps.table_lock import TableLock
from shared.steps.upkeep.position import Position
from shared.telemetry import LogEvent, emit

LOCK = "reconcile"
#: Blobs listed at a time; the slice that begins a page must look at all of them within one budget.
PAGE = 1_000
#: Pages that are listed before they are worked on: with 64 buckets, one page fills half of each transaction.
PAGES = 4
#: A look that ended so is taken again by the next walk.
_AGAIN = frozenset({Disposition.LEFT, Disposition.UNREADABLE, None})
T = TypeVar("T")
R = TypeVar("R")
#: What became of each blob; None where its turn has not come.
Ends = dict[ListedBlob, StrEnum | None]


class _Look(StrEnum):
    """What a look finds where there is more to do."""

    NEW = "new"  #: no version of this name is recorded


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

    def count(self, ends: Mapping[Any, StrEnum | None]) -> None:
        """Count what became of each."""
        self.outcomes.update(end for end in ends.values() if end is not None)


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
        record_many: Records the images of a group.
        settings: Budget, grace, parallelism, names.
        clock: The service's time.
        runtime: Time, and threads that look side by side.
        pages: Listed before they are worked on.
        walk_done_at: When a whole walk last came to its end, as far as this process has walked itself.
    """

    name: str
    listing: ImageListing
    marks: Marks
    jobs: JobStore
    lock: TableLock
    record: Record
    record_many: RecordMany
    settings: Settings
    clock: ServerClock
    runtime: Runtime
    pages: int = PAGES
    walk_done_at: datetime | None = field(default=None, init=False)

    def reconcile(self, *, owner: str, stop: Callable[[], bool] = lambda: False) -> WalkResult:
        """Walk on from where the last slice ended, until the walk's end or that of the budget.

        Args:
            owner: Who works, ``trigger/invocation-id``.
            stop: Whether to begin nothing more before the budget is over.

        Raises:
            StorageOut: Storage is out, altogether or for one image; the next walk looks at that one again.

        Costs: lock 3, get; a list for each 1,000 blobs, a transaction for each 4,000. For blobs that were modified
        since the last walk and are older than the grace, a look-up each where most of them are recorded; where none is,
        a look-up and a transaction for up to 33 of one bucket, and a message each. Those of recording for each newer
        version, for each name at which the last walk could not look, at most 50, and for each blob whose tier has
        changed.
        """
        stop_at = self.runtime.monotonic() + self.settings.reconcile_budget.total_seconds()
        try:
            with self.lock.try_acquire(LOCK, owner=owner) as held:
                done = _Slice(lambda: held.lost or stop() or self.runtime.monotonic() >= stop_at)
                self._walk(done)
                if done.failed is None:
                    held.note_end(self.clock.now())
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
                pages = self._list(position.marker, done)
            except MarkerRejected:
                if position.marker is None:
                    raise
                position = position.beginning
                continue
            ends = self._work(pages, position.watermark, done)
            settled = [*takewhile(partial(_is_settled, ends), pages)]
            if not settled:
                return
            for page in settled:
                position = self._behind(position, page, ends)
            try:
                mark = self._keep(mark, position)
            except Lost:  # the lock has lapsed, and another walks
                return
            done.complete = position.marker is None

    def _list(self, marker: str | None, done: _Slice) -> list[Page]:
        """List a few pages, so that their images fill transactions."""
        pages = [self.listing.page(marker, limit=PAGE)]
        while len(pages) < self.pages and pages[-1].marker is not None and not done.stop():
            pages.append(self.listing.page(pages[-1].marker, limit=PAGE))
        done.seen += sum(len(page.blobs) for page in pages)
        return pages

    def _behind(self, position: Position, page: Page, ends: Ends) -> Position:
        """Move behind a page that is settled."""
        failed = [blob for blob in page.blobs if blob in ends and ends[blob] in _AGAIN]
        missed = sum(ends.get(blob) is Recording.RECORDED for blob in page.blobs)
        return position.behind(page, grace=self.settings.reconcile_grace, failed=failed, missed=missed)

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
        ends = self._look_at(list(refs), lambda name: self.record.record_event(refs[name].ref), done)
        done.count(ends)
        left = tuple(name for name in position.again if ends[name] in _AGAIN)
        return replace(position, again=left, so_far=position.so_far + done.outcomes[Recording.RECORDED] - before)

    def _keep(self, mark: Mark | None, position: Position) -> Mark:
        self.walk_done_at = position.done_at
        value = {**position.value, "account": self.listing.account}
        return self.marks.insert(self.name, value) if mark is None else self.marks.replace(mark, value)

    def _work(self, pages: Sequence[Page], watermark: datetime | None, done: _Slice) -> Ends:
        """Settle all candidates of some pages; what is not recorded by groups page by page, in their order.

        One that raises keeps no other from its turn; what the first has raised is raised when the slice is over.
        """
        candidates = [self._candidates(page, watermark) for page in pages]
        groups = self.record_many.group(chain.from_iterable(candidates))
        ends = self._look_at([group[0] for group in groups], self._look, done)
        new = [group for group in groups if ends[group[0]] is _Look.NEW]
        ends = {blob: end for blob, end in ends.items() if end not in (_Look.NEW, None)}
        ends |= self._record_groups(new, done)
        for each in candidates:
            ends |= self._settle([blob for blob in each if blob not in ends], done)
        done.count(ends)
        return ends

    def _candidates(self, page: Page, watermark: datetime | None) -> list[ListedBlob]:
        """Return the blobs that are not left to their events, and have come since the last walk."""
        old = page.seen_at - self.settings.reconcile_grace
        return [blob for blob in page.blobs if blob.facts.modified_at <= old and blob.is_newer(watermark)]

    def _settle(self, blobs: Sequence[ListedBlob], done: _Slice) -> Ends:
        """Look at each; what is new goes by groups once more, and what is refused there by itself."""
        ends = self._look_at(blobs, self._look, done)
        new = [blob for blob, end in ends.items() if end is _Look.NEW]
        ends |= self._record_groups(self.record_many.group(new), done)
        refused = [blob for blob in new if ends[blob] is _Look.NEW]
        return ends | self._look_at(refused, self._record, done)

    def _record_groups(self, groups: Sequence[Group], done: _Slice) -> Ends:
        """Record images by groups; those of a group of which nobody knows one by one. Leave out what was refused."""
        recorded = self._each(groups, self.record_many.record, done)
        unknown = [blob for group, blobs in recorded.items() if blobs is None for blob in group]
        ends: Ends = dict.fromkeys(chain.from_iterable(filter(None, recorded.values())), Recording.RECORDED)
        return ends | self._look_at(unknown, self._record, done)

    def _look_at(self, items: Sequence[T], look: Callable[[T], StrEnum], done: _Slice) -> dict[T, StrEnum | None]:
        """Look at each in parallel; return what became of each: LEFT of what has raised, None where it had no turn."""
        left: StrEnum = Disposition.LEFT
        return self._each(items, look, done, raised=left)

    def _each(
        self, items: Sequence[T], act: Callable[[T], R], done: _Slice, *, raised: R | None = None
    ) -> dict[T, R | None]:
        """Act on each in parallel; return what came of each."""

        def one(item: T) -> R | None:
            return None if done.stop() else act(item)

        if not items:
            return {}
        with self.runtime.pool(min(self.settings.reconcile_parallelism, len(items)), LOCK) as pool:
            begun = {item: pool.submit(one, item) for item in items}
        errors = {item: error for item, future in begun.items() if (error := future.exception()) is not None}
        done.failed = done.failed or next(iter(errors.values()), None)
        return {item: raised if item in errors else future.result() for item, future in begun.items()}

    def _look(self, blob: ListedBlob) -> StrEnum:
        """Say that a blob is new, or record it unless this very version is recorded and its tier not changed since."""
        key = self.jobs.key(self.settings.image_type, blob.ref.ref)
        if key is not None and key.version == blob.facts.version and not blob.has_left_archive:
            return Recording.DUPLICATE
        if key is None and blob.is_plain:
            return _Look.NEW
        return self._record(blob)

    def _record(self, blob: ListedBlob) -> StrEnum:
        """Record a blob as its event would."""
        return self.record.record_event(blob.ref.ref)


def _is_settled(ends: Ends, page: Page) -> bool:
    """Whether each image of a page had its turn."""
    return not any(blob in ends and ends[blob] is None for blob in page.blobs)
