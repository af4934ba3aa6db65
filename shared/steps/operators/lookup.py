"""Look up jobs and images: where they stand, what was tried, and lists of them that go on where they ended.

Lists go by index rows, see ``shared.steps.operators.pages``. A list is no snapshot: a job that moves while somebody
turns pages may be met twice, or, where it moves to a place that was passed already, not at all.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.errors import BlobGone, InvalidReference, NoSuchImage, NoSuchJob, Unreadable
from shared.ports.images import ImageEntry, Thumbnail, ThumbnailReader
from shared.ports.index import IMAGE_ID, LIVE, AttemptRecord, JobIndex, KeyPosition, Page, Position
from shared.ports.jobs import JobCopy, JobStore, Key, Row, read
from shared.ports.queries import JobQuery
from shared.rules import thumbnails
from shared.rules.ids import digest
from shared.rules.images import ImageRef
from shared.rules.jobs import Job
from shared.runtime import Pools
from shared.settings.settings import Settings
from shared.steps.operators import newest
from shared.steps.operators.pages import AT_ONCE, Pages

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
        pages: Makes pages of lists.
    """

    jobs: JobStore
    index: JobIndex
    thumbnails: ThumbnailReader
    settings: Settings
    kinds: Callable[[], Sequence[str]]
    pool: Pools
    pages: Pages

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

        Costs: as ``Pages.page``, for at most ``PLACES_AT_ONCE`` partitions without types, and 1 query for all types. Of
        a reference: 1 query.
        """
        if query.ref is not None:
            return self._of_ref(query, limit, after)
        if query.types is not None:
            return self._of_types(query, limit, after)
        kinds, most = self.types(), max(1, PLACES_AT_ONCE // self.settings.job_buckets)
        kinds = kinds[bisect_left(kinds, "" if after is None else after.kind) :]
        group, rest = kinds[:most], kinds[most:]
        page = self._of_types(replace(query, types=tuple(group)), limit, after)
        if isinstance(page.after, Position):
            return replace(page, after=replace(page.after, kind=group[0]))
        return Page(page.items, Position(LIVE, 0, "", rest[0]), len(page.items) == limit) if rest else page

    def _of_types(self, query: JobQuery, limit: int, after: Position | None) -> Page[Row | JobCopy]:
        return self.pages.page(query, lambda rows, _: rows, limit=limit, after=after)

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
        items, is_last = [row for row in rows if query.wants(row.job)], len(rows) < limit
        return Page(items, None if is_last else Position(LIVE, 0, rows[-1].job.id), is_last or len(items) == limit)
