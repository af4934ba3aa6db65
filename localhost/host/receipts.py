"""Which blob versions have been announced to which function; and what a scan looks at. Rules are pure, below.

The scan announces a version once: receipt, message, mark. A crash between message and mark announces it twice.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobLeaseClient, BlobProperties

from localhost.host.state import HostState

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
#: LastModified has steps of a second and is set when an upload *begins*: look again at what is a little older than
#: the newest seen. What was seen is remembered, so this costs no request.
OVERLAP = timedelta(minutes=1)
_COMPLETED = "Completed"
_LEASE_SECONDS = 15
_CONFLICT = 409


@dataclass(frozen=True)
class Version:
    """One version of one blob; the ETag without quotes."""

    name: str
    etag: str
    modified_at: datetime

    @classmethod
    def of(cls, blob: BlobProperties) -> "Version":
        """Return the version that a listing or a HEAD shows (a HEAD puts quotes around the ETag)."""
        return cls(str(blob.name), unquote_etag(str(blob.etag)), blob.last_modified)


def unquote_etag(etag: str) -> str:
    """Return an ETag without its quotes."""
    return etag.strip('"')


@dataclass(frozen=True)
class Watermark:
    """How far a scan has come.

    Attributes:
        latest: The newest LastModified of the last sweep in which nothing failed.
        recent: What has been announced since ``latest`` minus the overlap.
    """

    latest: datetime = BEGINNING
    recent: frozenset[Version] = frozenset()

    def wants(self, version: Version) -> bool:
        """Tell whether a listed version may be new."""
        return version.modified_at >= self._floor(self.latest) and version not in self.recent

    def after(self, listed: Iterable[Version], failed: Iterable[Version]) -> "Watermark":
        """Return the watermark after a sweep; it never passes a version that failed."""
        unfinished = set(failed)
        done = set(listed) - unfinished
        newest = max((version.modified_at for version in done), default=self.latest)
        oldest_failed = min((version.modified_at for version in unfinished), default=newest)
        latest = max(self.latest, min(newest, oldest_failed))
        floor = self._floor(latest)
        return Watermark(latest, frozenset(version for version in done if version.modified_at >= floor))

    @staticmethod
    def _floor(latest: datetime) -> datetime:
        return latest if latest < BEGINNING + OVERLAP else latest - OVERLAP


class Receipts:
    """Receipts of one function, and its watermark, as blobs of the host."""

    def __init__(self, state: HostState, function_id: str, container: str) -> None:
        self._state = state
        self._root = f"blobreceipts/{state.host_id}/{function_id}"
        self._scan = f"blobscaninfo/{state.host_id}/{function_id}/{container}/scanInfo"
        self._container = container

    def announce(self, version: Version, send: Callable[[], None]) -> bool:
        """Send the message of a version unless it was sent; False when another instance is at it.

        Costs: 1 read for a known version; 6 requests for a new one.
        """
        path = f"{self._root}/{version.etag}/{self._container}/{version.name}"
        if self._is_complete(path):
            return True
        self._state.insert(path)
        lease = BlobLeaseClient(self._state.blob(path))
        try:
            lease.acquire(lease_duration=_LEASE_SECONDS)
        except HttpResponseError as error:
            if error.status_code != _CONFLICT:
                raise
            return False
        try:
            if not self._is_complete(path):
                send()
                self._state.blob(path).set_blob_metadata({_COMPLETED: "true"}, lease=lease)
        finally:
            lease.release()
        return True

    def load_watermark(self) -> Watermark:
        """Return how far the last instance came."""
        text = self._state.read(self._scan)
        if text is None:
            return Watermark()
        return Watermark(datetime.fromisoformat(json.loads(text)["LatestScan"]))

    def store_watermark(self, watermark: Watermark) -> None:
        """Note how far the scan has come, for the next instance."""
        self._state.write(self._scan, json.dumps({"LatestScan": watermark.latest.isoformat()}))

    def _is_complete(self, path: str) -> bool:
        try:
            metadata = self._state.blob(path).get_blob_properties().metadata
        except ResourceNotFoundError:
            return False
        return any(key.lower() == _COMPLETED.lower() for key in metadata)
