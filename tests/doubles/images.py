"""``ImageStore`` in memory."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.errors import BlobChanged, BlobGone, BlobTooLarge, BlobUnreadable, Mismatch, Undecided
from shared.rules.images import ANY_VERSION, BlobFacts, ImageRef
from shared.rules.names import Kind, check
from shared.rules.thumbnails import MAX_BYTES
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import TimedInterceptor


@dataclass(frozen=True)
class Blob:
    """Content and properties of one blob."""

    data: bytes
    facts: BlobFacts


class MemoryImages(TimedInterceptor):
    """The containers in memory.

    Attributes:
        thumbnails: Content and MIME type by name.
    """

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("images", clock, journal)
        self._blobs: dict[ImageRef, Blob] = {}
        self._etags = itertools.count(1)
        self.thumbnails: dict[str, tuple[bytes, str]] = {}

    def upload(self, ref: ImageRef, data: bytes, *, content_type: str | None = "image/png") -> str:
        """Put a blob there, as an uploader does, and return its version."""
        version = f"0x{next(self._etags):X}"
        at, md5 = self._clock.now.replace(microsecond=0), hashlib.md5(data, usedforsecurity=False).hexdigest()
        facts = BlobFacts(version, len(data), content_type, at, md5, at)
        self._blobs[ref] = Blob(data, facts)
        return version

    def mark(self, ref: ImageRef, **facts: Any) -> None:  # noqa: ANN401 - of any type that a fact has
        """Let a blob have other facts, of the same version."""
        blob = self._blobs[ref]
        self._blobs[ref] = Blob(blob.data, replace(blob.facts, **facts))

    def touch(self, ref: ImageRef) -> str:
        """Change a blob's metadata and nothing else, and return its new version."""
        blob = self._blobs[ref]
        version = self.upload(ref, blob.data, content_type=blob.facts.content_type)
        touched = replace(self._blobs[ref].facts, created_at=blob.facts.created_at)
        self._blobs[ref] = Blob(blob.data, touched)
        return version

    @property
    def blobs(self) -> dict[ImageRef, Blob]:
        """Every blob of every container, past the door."""
        return dict(self._blobs)

    def restore(self, ref: ImageRef, blob: Blob) -> None:
        """Put back a blob with the version that it had."""
        self._blobs[ref] = blob

    def take(self, ref: ImageRef) -> Blob:
        """Delete a blob, as its owner does, and return it."""
        return self._blobs.pop(ref)

    def head(self, ref: ImageRef) -> BlobFacts:
        """See ``ImageStore.head``."""
        self.answer("head")
        return self._blob(ref).facts

    def read(self, ref: ImageRef, version: str, *, size_bytes: int) -> bytes:
        """See ``ImageStore.read``."""
        if not size_bytes:
            return b""
        self.answer("read")
        blob = self._blob(ref)
        if blob.facts.version != version:
            raise BlobChanged(ref.ref)
        if len(blob.data) != size_bytes:
            raise BlobUnreadable("ReplyTooLong", passing=True)
        return blob.data

    def read_current(self, ref: ImageRef, *, most_bytes: int) -> bytes:
        """See ``BlobReader.read_current``."""
        self.answer("read_current")
        data = self._blob(ref).data
        if len(data) > most_bytes:
            raise BlobTooLarge(len(data))
        return data

    def put(self, ref: ImageRef, data: bytes, *, mime: str, only_new: bool = False, etag: str | None = None) -> None:
        """See ``ImageStore.put``."""
        self.answer("put")
        _check(ref)
        stands = self._blobs.get(ref)
        absent = stands is None
        if (only_new and not absent) or (etag == ANY_VERSION and absent):
            raise Mismatch
        if etag not in (None, ANY_VERSION) and (stands is None or stands.facts.version != etag):
            raise Mismatch
        self.upload(ref, data, content_type=mime)

    def insert_thumbnail(self, name: str, data: bytes, *, mime: str, stop: Callable[[], bool] = lambda: False) -> None:
        """See ``ImageStore.insert_thumbnail``."""
        self.enter("insert_thumbnail")
        if stop():
            raise Undecided("blob: no answer in time")
        self._clock.reply()
        check(Kind.BLOB, name)
        self.thumbnails.setdefault(name, (data, mime))

    def delete_thumbnail(self, name: str) -> None:
        """See ``ImageStore.delete_thumbnail``."""
        self.answer("delete_thumbnail")
        check(Kind.BLOB, name)
        self.thumbnails.pop(name, None)

    def thumbnail(self, name: str) -> tuple[bytes, str]:
        """See ``ThumbnailReader.thumbnail``."""
        self.answer("thumbnail")
        check(Kind.BLOB, name)
        found = self.thumbnails.get(name)
        if found is None or len(found[0]) > MAX_BYTES:
            raise BlobGone(name)
        return found

    def thumbnails_of(self, job_id: str) -> list[str]:
        """See ``ThumbnailStore.thumbnails_of``."""
        self.answer("thumbnails_of")
        return sorted(name for name in self.thumbnails if name.startswith(f"{job_id}/"))

    def _blob(self, ref: ImageRef) -> Blob:
        _check(ref)
        try:
            return self._blobs[ref]
        except KeyError:
            raise BlobGone(ref.ref) from None


def _check(ref: ImageRef) -> None:
    check(Kind.CONTAINER, ref.container)
    check(Kind.BLOB, ref.name)
