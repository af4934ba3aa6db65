"""Look up jobs and images: where they stand, what was tried, and lists of them that go on where they ended.

Lists go by index rows. Each has a copy of its job, which is what a list shows; where it has none, the job's own row is
read after it. A job that has moved on in between is left out of its earlier place. A list is no snapshot: a job that
moves while somebody turns pages may be met twice, or, where it moves to a place that was passed already, not at all.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, product

from shared.errors import BlobGone, InvalidReference, NoSuchImage, NoSuchJob, Unreadable
from shared.ports.images import ImageEntry, Thumbnail, ThumbnailReader
from shared.ports.index import (
    ENDED,
    IMAGE_ID,
    LIVE,
    AttemptRecord,
    JobIndex,
    JobQuery,
    KeyPosition,
    Page,
    Position,
)
from shared.ports.jobs import JobCopy, JobStore, Key, Row, read
from shared.rules import thumbnails
from shared.rules.ids import digest
from shared.rules.images import ImageRef
from shared.rules.jobs import Job, State
from shared.runtime import Pools
from shared.settings.settings import Settings
from shared.steps.operators import newest
from shared.steps.operators.merge import Read, Rows, SortedList, merge
from shared.steps.operators.newest import try_read

#: Rows that one call reads at once.
AT_ONCE = 8
#: Index rows that one call reads at most, for each job that is asked for; beside the first of each list.
ROWS_PER_JOB = 5
#: Partitions that one page of a list without types looks into.
PLACES_AT_ONCE = 32


@dataclass(kw_only=True)
class Lookup:
    """Jobs and images, one by one and in lists.

    Attributes:
        jobs: Reads jobs.
        index: Lists them.
        thumbnails: Reads thumbnails.
        settings: Image type, container of images, buckets.
        kinds: Returns the types that this process works on; the index has those of which jobs were added.
        pool: Makes threads that read side by side.
    """

    jobs: JobStore
    index: JobIndex
    thumbnails: ThumbnailReader
    settings: Settings
    kinds: Callable[[], Sequence[str]]
    pool: Pools

    def get(self, job_id: str) -> Row:
        """Read one job.

        Raises:
            NoSuchJob: No job has this id.
            Unreadable: It was written by a newer release, or is damaged.
            InvalidReference: That is not a job id.

        Costs: 1 read.
        """
        return read(self.jobs, job_id)

    def history(self, job_id: str) -> Sequence[AttemptRecord]:
        """List the attempts at one job, the first one first.

        Raises:
            NoSuchJob: There is no such job.
            InvalidReference: That is not a job id.

        Costs: 1 query; 1 read more for a job without attempts.
        """
        attempts = self.index.attempts(job_id)
        if not attempts:  # attempts stand and go with their job; without any, the job must tell that it is there
            try:
                found = self.jobs.get(job_id)
            except Unreadable:
                return []
            if found is None:
                raise NoSuchJob(job_id)
        return attempts

    def types(self) -> Sequence[str]:
        """List the types of which there are jobs, or could be, by name. Costs: 1 query."""
        return sorted({*self.index.types(), self.settings.image_type, *self.kinds()})

    def list(self, query: JobQuery, *, limit: int, after: Position | None = None) -> Page[Row | JobCopy]:
        """List jobs: live ones first, by when the sweep must look at them, then ended ones, the newest end first.

        The jobs of one reference come by their ids. Those of a newer release are left out. Without types it goes by
        groups of types, as many as have ``PLACES_AT_ONCE`` partitions, in the order of their names: so no page costs
        more than that. A page may be short, or empty, and yet have one behind it.

        Args:
            query: Which.
            limit: 1 to 1,000.
            after: Of the page before, of the same query.

        Raises:
            InvalidReference: A reference without its one type, or a type that is not valid.

        Costs: 1 query for each type and bucket, and, where live ones don't fill the page, for each type, bucket and
        state: at most 4 for each of ``PLACES_AT_ONCE`` without types; few more where jobs are spread unevenly; 1 read
        for each job without a copy, 1 query for all types. Of a reference: 1 query. It reads no more than
        ``ROWS_PER_JOB`` × ``limit`` index rows, and the first of each list.
        """
        if query.ref is not None:
            return self._of_ref(query, limit, after)
        if query.types is not None:
            return self._of_types(query, limit, after)
        kinds, most = self.types(), max(1, PLACES_AT_ONCE // self.settings.job_buckets)
        kinds = kinds[bisect_left(kinds, "" if after is None else after.kind) :]
        group, rest = kinds[:most], kinds[most:]
        page = self._of_types(replace(query, types=tuple(group)), limit, after)
        behind = Position(LIVE, 0, "", rest[0]) if rest else None
        return Page(page.items, replace(page.after, kind=group[0]) if isinstance(page.after, Position) else behind)

    def _of_types(self, query: JobQuery, limit: int, after: Position | None) -> Page[Row | JobCopy]:
        rows, found = Rows(ROWS_PER_JOB * limit), dict[str, Row | JobCopy]()
        with self.pool(AT_ONCE, "list") as pool:
            for segment in (LIVE, ENDED):
                if after is not None and after.segment > segment:
                    continue
                passed = after if after is not None and after.segment == segment else None
                lists = self._lists(segment, query, passed, limit)
                positions = merge(lists, pool, limit=limit, rows=rows)
                after = self._fill(found, positions, query, limit, pool) or after
                if not all(each.is_at_end for each in lists):  # nor are ended ones that a full page did not begin with
                    return Page([*found.values()], after)
        return Page([*found.values()])

    def images(self, *, limit: int, after: KeyPosition | None = None) -> Page[ImageEntry]:
        """List images without thumbnails, in an order that says nothing; those of a newer release are left out.

        Args:
            limit: 1 to 1,000.
            after: Of the page before.

        Costs: 2 queries for each bucket that is looked into; 1 read for each image that they have not given: where
        more than ``newest.ROWS_PER_IMAGE`` versions an image stand there, or its job has gone meanwhile.
        """
        found: list[tuple[KeyPosition, Key]] = []
        passed = after or KeyPosition(0, "")
        for bucket in range(passed.bucket, self.settings.job_buckets):
            behind = passed.digest if bucket == passed.bucket and passed.digest else None
            keys = self.index.keys(self.settings.image_type, bucket, after=behind, limit=limit - len(found))
            found += [(KeyPosition(bucket, digest(key.type, key.ref)), key) for key in keys]
            if len(found) == limit:
                break
        with self.pool(AT_ONCE, "list") as pool:
            rows, unreadable = newest.read(found, self.jobs, self.index, pool)
        items = [ImageEntry(at.digest, key, rows.get(key.job_id)) for at, key in found if key.job_id not in unreadable]
        return Page(items, found[-1][0] if len(found) == limit else None)

    def image(self, image_id: str) -> ImageEntry:
        """Look up an image.

        Raises:
            NoSuchImage: None of that id was ever recorded.
            Refused: Its job is a newer release's: ``newer_release``.

        Costs: 2 reads.
        """
        known = IMAGE_ID.fullmatch(image_id)
        key = self.index.key_of(self.settings.image_type, image_id) if known else None
        if key is None:
            raise NoSuchImage(image_id)
        try:
            return ImageEntry(image_id, key, self.get(key.job_id))
        except NoSuchJob:
            return ImageEntry(image_id, key, None)

    def image_by_name(self, name: str) -> ImageEntry:
        """Look up an image of the container of images by its name.

        Raises:
            NoSuchImage: None of that name was ever recorded.
            InvalidReference: No blob can have that name.
            Refused: Its job is a newer release's: ``newer_release``.

        Costs: 2 reads.
        """
        ref = ImageRef.of(f"{self.settings.images_container}/{name}").ref
        return self.image(digest(self.settings.image_type, ref))

    def thumbnail(self, image_id: str) -> Thumbnail:
        """Read the thumbnail of an image's newest version.

        Raises:
            NoSuchImage: There is no such image, or no thumbnail of it: not yet, none was made, or it was purged.
            Refused: Its job is a newer release's: ``newer_release``.

        Costs: 2 reads; 1 more where thumbnails are blobs, up to 3 where ``THUMBNAIL_FORMAT`` was another before.
        """
        row = self.image(image_id).row
        if row is None:
            raise NoSuchImage(image_id)
        return self.thumbnail_of(row.job)

    def thumbnail_of(self, job: Job) -> Thumbnail:
        """Read the thumbnail of a job; where it stands is computed, and never read from the report.

        Raises:
            NoSuchImage: It has none: not yet, none was made, or it was purged.

        Costs: nothing where it stands in the row; 1 read otherwise, up to 3 as above.
        """
        if not thumbnails.has_thumbnail(job.report):
            raise NoSuchImage(job.id)
        if job.thumbnail is not None:
            return Thumbnail(job.thumbnail, str((job.report or {})["thumbnail"].get("mime")), job.id, job.token)
        for name in thumbnails.names_of(job.id, job.token, image_format=self.settings.thumbnail_format.value):
            with suppress(BlobGone):
                return Thumbnail(*self.thumbnails.thumbnail(name), job.id, job.token)
        raise NoSuchImage(job.id)

    def _of_ref(self, query: JobQuery, limit: int, after: Position | None) -> Page[Row | JobCopy]:
        if query.types is None or len(query.types) != 1 or query.ref is None:
            raise InvalidReference("The ref must be used together with exactly one type.")
        (kind,) = query.types
        rows = self.index.of_ref(kind, query.ref, after=None if after is None else after.job_id, limit=limit)
        states = {*query.states_in(LIVE), *query.states_in(ENDED)}
        items = [row for row in rows if row.job.state in states and query.spans(row.job)]
        return Page(items, Position(LIVE, 0, rows[-1].job.id) if len(rows) == limit else None)

    def _lists(self, segment: int, query: JobQuery, after: Position | None, limit: int) -> Sequence[SortedList]:
        """Return the lists of a segment, one a partition and index; nothing of them is read yet."""
        states = query.states_in(segment)
        if not states:
            return []
        places = list(product(query.types or (), range(self.settings.job_buckets)))
        if segment == LIVE:
            return [SortedList(self._live(*place), after, limit) for place in places]
        return [SortedList(self._ended(*place, each, query), after, limit) for place, each in product(places, states)]

    def _live(self, kind: str, bucket: int) -> Read:
        return lambda after, limit: self.index.live(kind, bucket, after=after, limit=limit, with_copies=True)

    def _ended(self, kind: str, bucket: int, state: State, query: JobQuery) -> Read:
        return lambda after, limit: self.index.ended(
            kind, bucket, state, after=after, ended_from=query.ended_from, ended_to=query.ended_to, limit=limit
        )

    def _fill(
        self,
        found: dict[str, Row | JobCopy],
        positions: Iterator[Position],
        query: JobQuery,
        limit: int,
        pool: Executor,
    ) -> Position | None:
        """Add jobs to a page until it is full or the positions are at their end; return the last one looked at."""
        last = None
        while len(found) < limit:
            batch = [*islice(positions, limit - len(found))]
            if not batch:
                break
            last = batch[-1]
            states = query.states_in(last.segment)
            for row in pool.map(self._show, batch):
                if row is not None:
                    found.pop(row.job.id, None)  # it has moved on since it was met: it stands where it was met last
                    found |= {row.job.id: row} if row.job.state in states else {}
        return last

    def _show(self, at: Position) -> Row | JobCopy | None:
        """Return a job as its index row has it, or as its own row, where that is readable."""
        return at.copy if at.copy is not None else try_read(self.jobs, at.job_id)[0]
