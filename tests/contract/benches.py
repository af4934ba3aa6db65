"""Ports to be tried, and a look behind them that they do not offer: by the SDK itself."""

from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from shared.ports.jobs import JobStore
from shared.rules.images import ImageRef
from shared.storage.blobs import BlobContainers
from shared.storage.job_table import JobTable
from tests.contract.memory_benches import DoubledImages, DoubledJobs, DoubledQueue
from tests.contract.places import Place
from tests.sdk_clients import queue_of


class AzureJobs:
    """The job table through the SDK."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.darkroom = place.build()
        assert isinstance(self.darkroom.storage.jobs, JobTable)
        self.store = self.darkroom.storage.jobs
        self.store.get(f"image-analysis-{0:032x}")  # the clock has seen a reply now

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.darkroom.clock.now()

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return every row by its RowKey."""
        try:
            return {row["RowKey"]: {**row, "etag": row.metadata["etag"]} for row in self.store._table.list_entities()}
        except ResourceNotFoundError:
            return {}

    def reopen(self, *, buckets: int) -> JobStore:
        """Open the same table restart, with another number of buckets."""
        return self._place.with_settings(JOB_BUCKETS=str(buckets)).build().storage.jobs


class AzureImages:
    """The containers through the SDK."""

    def __init__(self, place: Place) -> None:
        images = place.build().storage.images
        assert isinstance(images, BlobContainers)
        self.store = images
        self._images = self.store._service.get_container_client(place.environ["IMAGES_CONTAINER"])
        self._images.create_container()

    def upload(self, name: str, data: bytes, content_type: str = "image/png") -> ImageRef:
        """Put an image there as an uploader does."""
        self._images.upload_blob(name, data, overwrite=True, headers={"x-ms-blob-content-type": content_type})
        return ImageRef(self._images.container_name, name)

    def touch(self, ref: ImageRef) -> None:
        """Change a blob's metadata and nothing else."""
        self._images.get_blob_client(ref.name).set_blob_metadata({"seen": "yes"})

    def remove(self, ref: ImageRef) -> None:
        """Delete an image as its owner does."""
        self._images.delete_blob(ref.name)

    def thumbnails(self) -> dict[str, tuple[bytes, str]]:
        """Return content and MIME type of every thumbnail."""
        found, container = {}, self.store._thumbnails
        for blob in container.list_blobs():
            data = container.download_blob(blob.name).readall()
            found[blob.name] = (data, str(blob.content_settings.content_type))
        return found


class AzureQueue:
    """The queue through the SDK."""

    def __init__(self, place: Place) -> None:
        self.store = place.build().storage.queue
        self.go = place.go
        self.client = queue_of(self.store)

    def receive(self) -> list[str]:
        """Take out what is visible now, as it came."""
        return [message.content for message in self.client.receive_messages(visibility_timeout=3600)]

    def wait(self, seconds: float) -> None:
        """Let a little time pass at the service."""
        self.go(seconds)


#: A job store and what stands in it, an image store and what stands in it, a queue and its other end.
JobsBench = AzureJobs | DoubledJobs
ImagesBench = AzureImages | DoubledImages
QueueBench = AzureQueue | DoubledQueue
