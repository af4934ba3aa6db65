"""Images by what happened last: those that are worked on, then the latest that were."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from shared.errors import Unreadable
from shared.ports.images import ImageEntry
from shared.ports.index import JobIndex, Page, Position
from shared.ports.jobs import JobCopy, Key, Row
from shared.ports.queries import JobQuery
from shared.rules.ids import digest
from shared.rules.jobs import Job
from shared.steps.operators.pages import Pages


@dataclass(kw_only=True)
class Gallery:
    """Lists images in the order of their jobs.

    Attributes:
        index: Knows the newest version of each.
        pages: Makes pages of jobs.
        image_type: Type of the jobs of images.
    """

    index: JobIndex
    pages: Pages
    image_type: str

    def newest(self, query: JobQuery, *, limit: int, after: Position | None = None) -> Page[ImageEntry]:
        """List images whose jobs are there: live ones first, by when the sweep must look at them, then the newest end.

        Each stands once, by the job of its newest version: older versions have jobs too, which are left out. So are
        those of a newer release.

        Args:
            query: What these jobs must be; its types and reference count for nothing.
            limit: 1 to 1,000.
            after: Of the page before, of the same query.

        Costs: as ``Pages.page``, and 1 read for each ended job that the query wants.
        """
        query = replace(query, types=(self.image_type,), ref=None)
        return self.pages.page(query, self._images_of, limit=limit, after=after)

    def _images_of(self, rows: Sequence[Row | JobCopy], pool: Executor) -> Sequence[ImageEntry | None]:
        return list(pool.map(self._image_of, rows))

    def _image_of(self, row: Row | JobCopy) -> ImageEntry | None:
        """Return the image whose newest version a job is about; None where that has another job by now."""
        job, image_id = row.job, digest(row.job.type, row.job.ref)
        key = self._key_of(job, image_id)
        return ImageEntry(image_id, key, row) if key is not None and key.job_id == job.id else None

    def _key_of(self, job: Job, image_id: str) -> Key | None:
        if not job.state.ended:  # what records a newer version ends the live job of the one before it
            return Key(job.type, job.ref, job.newest, job.id, etag="")
        try:
            return self.index.key_of(job.type, image_id)
        except Unreadable:
            return None
