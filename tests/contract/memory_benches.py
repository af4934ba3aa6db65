"""The doubles on the bench."""

from datetime import datetime
from typing import Any

from shared.ports.jobs import JobStore
from shared.rules.images import ImageRef
from shared.storage import row_keys
from tests.doubles.clock import FakeClock
from tests.doubles.images import MemoryImages
from tests.doubles.jobs import MemoryJobs
from tests.doubles.queue import MemoryQueue


class DoubledJobs:
    """The job table in memory."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self.store = MemoryJobs(self._clock)

    @property
    def now(self) -> datetime:
        """See ``AzureJobs``."""
        return self._clock.server.now()

    def rows(self) -> dict[str, dict[str, Any]]:
        """See ``AzureJobs``."""
        table = self.store.table
        rows: dict[str, dict[str, Any]] = {}
        for job_id, row in table.jobs.items():
            rows[row_keys.job_key(job_id)] = {"etag": row.etag}
            rows[row_keys.index_key(row.job)] = {}
        for (kind, ref), key in table.keys.items():
            rows[row_keys.ref_key(kind, ref)] = {"etag": key.etag}
        for (job_id, token), columns in table.attempts.items():
            rows[row_keys.try_key(job_id, token)] = dict(columns)
        return rows

    def reopen(self, *, buckets: int) -> JobStore:
        """See ``AzureJobs``."""
        return MemoryJobs(self._clock, buckets=buckets, table=self.store.table)


class DoubledImages:
    """The containers in memory."""

    def __init__(self) -> None:
        self.store = MemoryImages(FakeClock())

    def upload(self, name: str, data: bytes, content_type: str = "image/png") -> ImageRef:
        """See ``AzureImages``."""
        ref = ImageRef("images", name)
        self.store.upload(ref, data, content_type=content_type)
        return ref

    def touch(self, ref: ImageRef) -> None:
        """See ``AzureImages``."""
        self.store.touch(ref)

    def remove(self, ref: ImageRef) -> None:
        """See ``AzureImages``."""
        self.store.take(ref)

    def thumbnails(self) -> dict[str, tuple[bytes, str]]:
        """See ``AzureImages``."""
        return dict(self.store.thumbnails)


class DoubledQueue:
    """The queue in memory."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self.store = MemoryQueue(self._clock)

    def receive(self) -> list[str]:
        """See ``AzureQueue``."""
        return self.store.take_texts()

    def wait(self, seconds: float) -> None:
        """See ``AzureQueue``."""
        self._clock.advance(seconds)
