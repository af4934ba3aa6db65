"""The containers of images and thumbnails. Costs and errors are told as in ``shared.ports``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.ports.jobs import JobCopy, Key, Row
from shared.rules.images import BlobFacts, ImageRef, Page


@dataclass(frozen=True)
class ImageEntry:
    """What is known of an image.

    Attributes:
        image_id: 32 hex digits of job type and reference.
        key: Its newest version, and how that one's job ended once it is purged.
        row: The job of the newest version, in a list as lists show it; None once it is purged.
    """

    image_id: str
    key: Key
    row: Row | JobCopy | None


@dataclass(frozen=True)
class Thumbnail:
    """The small copy of an image that its job has committed.

    Attributes:
        data: An encoded image.
        mime: Of ``data``.
        job_id: The job that made it.
        token: Of the attempt that made it; with ``job_id`` it names these bytes for good.
    """

    data: bytes
    mime: str
    job_id: str
    token: int


class ImageListing(Protocol):
    """The container of images, page by page in the order of names."""

    @property
    def account(self) -> str:
        """The name of the storage account."""

    def page(self, marker: str | None, *, limit: int) -> Page:
        """List one page; ``MarkerRejected`` where the service does not know the marker any longer. Costs: 1 list.

        Args:
            marker: From the page before; None for the first.
            limit: Blobs at most; a page may hold fewer, even none, and not be the last.
        """


class ImageStore(Protocol):
    """The containers of images and thumbnails."""

    def head(self, ref: ImageRef) -> BlobFacts:
        """Look at a blob. Costs: 1 read.

        Raises:
            BlobGone: The blob does not exist.
            BlobUnreadable: The service does not give it.
            InvalidReference: No blob can have that name.
        """

    def read(self, ref: ImageRef, version: str, *, size_bytes: int) -> bytes:
        """Read the whole of one version, as it is stored: a ``Content-Encoding`` is left as it is.

        Args:
            ref: The image.
            version: Its ETag, bare.
            size_bytes: As the last look has told; more is never read.

        Raises:
            BlobGone: There is no blob of that name.
            BlobChanged: Another version is stored.
            BlobUnreadable: The service does not give it, or gives another number of bytes.
            InvalidReference: No blob can have that name.

        Costs: 1 read for blobs up to the byte gate; no read for an empty one.
        """

    def put(self, ref: ImageRef, data: bytes, *, mime: str, only_new: bool = False, etag: str | None = None) -> None:
        """Write a blob.

        Args:
            ref: Its container and name.
            data: All of it.
            mime: As its client declares it.
            only_new: Refuse a name that is taken.
            etag: Bare, of the version to be replaced; ``ANY_VERSION`` for any version; without it also where
                none does.

        Raises:
            Mismatch: The name is taken, is free, or has another version.
            InvalidReference: No blob can have that name.
            Refused: ``blob_refused``: the service does not let anybody write it.

        Costs: 1 write up to 64 MiB; one whose reply was lost is written again. 1 read more for ``ANY_VERSION``.
        """

    def insert_thumbnail(self, name: str, data: bytes, *, mime: str, stop: Callable[[], bool] = lambda: False) -> None:
        """Write a claim's own thumbnail, again while nobody answers, until ``stop``; as ``put``. Costs: 1 write."""

    def delete_thumbnail(self, name: str) -> None:
        """Delete a thumbnail of one's own claim, if it is there; ``Refused`` as ``put``. Costs: 1 delete."""


class BlobReader(Protocol):
    """The blobs of the account, whichever version is stored."""

    def read_current(self, ref: ImageRef, *, most_bytes: int) -> bytes:
        """Read the whole of a blob as it is stored now: a ``Content-Encoding`` is left as it is.

        Args:
            ref: Its container and name.
            most_bytes: More is never read; up to the byte gate.

        Raises:
            BlobGone: There is no blob of that name.
            BlobTooLarge: It has more bytes.
            BlobUnreadable: The service does not give it.
            InvalidReference: No blob can have that name.

        Costs: 1 read.
        """


class ThumbnailStore(Protocol):
    """The container of thumbnails."""

    def thumbnails_of(self, job_id: str) -> list[str]:
        """List the thumbnails of all attempts at one job. Costs: 1 list."""

    def delete_thumbnail(self, name: str) -> None:
        """Delete a thumbnail; harmless when it does not exist. Costs: 1 delete.

        Raises:
            Refused: ``blob_refused``: the service does not let anybody delete it.
        """


class ThumbnailReader(Protocol):
    """The container of thumbnails, to be read."""

    def thumbnail(self, name: str) -> tuple[bytes, str]:
        """Read one thumbnail, and its MIME type. Costs: 1 read.

        Raises:
            BlobGone: The blob does not exist, or is larger than any thumbnail.
            BlobUnreadable: The service does not give it.
        """
