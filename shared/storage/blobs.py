"""``ImageStore`` on Azure Blob Storage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, ContainerClient

from shared.errors import (
    BlobChanged,
    BlobGone,
    BlobTooLarge,
    BlobUnreadable,
    InvalidReference,
    Mismatch,
    Refused,
    StorageOut,
    Undecided,
)
from shared.rules.images import ANY_VERSION, BlobFacts, ImageRef, version_of
from shared.rules.thumbnails import MAX_BYTES
from shared.storage import blob_writes, names, retries, sdk_errors
from shared.storage.retries import RetryPolicy
from shared.storage.sdk_errors import Meaning, code_of, meaning
from shared.storage.transport import ReplyTooLong

#: How the marker of a folder is marked where the account has a hierarchical namespace, or a tool acts as if it had.
_FOLDER = "hdi_isfolder"
#: Writers that replace one blob between a look at it and a write over it, this often in a row, are no accident.
_ROUNDS = 5
#: The answer to a range that begins behind the end: of an empty blob any range does.
_NO_SUCH_RANGE = 416


class BlobContainers:
    """The containers of images and thumbnails, in one account.

    Args:
        images: Client of the account that holds the images; reads a blob up to the byte gate in one request.
        thumbnails_container: Name of the container for thumbnails.
        retry: How long to send a write again that is not decided.
    """

    def __init__(self, images: BlobServiceClient, *, thumbnails_container: str, retry: RetryPolicy) -> None:
        self._service = images
        self._thumbnails = names.container(images, thumbnails_container)
        self._retry = retry

    def create(self, images_container: str) -> None:
        """Create both containers where they are missing. Costs: 2 blob writes."""
        for container in (names.container(self._service, images_container), self._thumbnails):
            self._create(container)

    def _create(self, container: ContainerClient) -> None:
        retries.create(
            lambda: container.create_container(retry_total=0), exists="ContainerAlreadyExists", retry=self._retry
        )

    def head(self, ref: ImageRef) -> BlobFacts:
        """See ``ImageStore.head``."""
        blob = names.blob(self._service, ref.container, ref.name)
        with self._about(ref):
            return facts_of(blob.get_blob_properties())

    def read(self, ref: ImageRef, version: str, *, size_bytes: int) -> bytes:
        """See ``ImageStore.read``."""
        blob = names.blob(self._service, ref.container, ref.name)
        if not size_bytes:
            return b""
        for _ in range(2):
            with self._about(ref):
                try:
                    data = _download(blob, version, size_bytes)
                except ReplyTooLong:
                    raise BlobUnreadable("ReplyTooLong", passing=True) from None
                except ResourceModifiedError:
                    pass
                else:
                    if len(data) != size_bytes:
                        raise BlobUnreadable("ReplyTooShort", passing=True)
                    return data
            if self.head(ref).version != version:  # a 412 alone does not say what became of the blob
                raise BlobChanged(ref.ref)
        raise StorageOut("ConditionNotMet")

    def read_current(self, ref: ImageRef, *, most_bytes: int) -> bytes:
        """See ``BlobReader.read_current``."""
        blob = names.blob(self._service, ref.container, ref.name)
        with self._about(ref):
            try:
                found = blob.download_blob(0, most_bytes, max_concurrency=1, decompress=False)
            except ReplyTooLong:
                raise BlobUnreadable("ReplyTooLong", passing=True) from None
            except HttpResponseError as error:
                if error.status_code == _NO_SUCH_RANGE:
                    return b""
                raise
            size_bytes = int(str(found.properties.content_range).rpartition("/")[2])
            if size_bytes > most_bytes:
                raise BlobTooLarge(size_bytes)
            return b"".join(found.chunks())

    def put(self, ref: ImageRef, data: bytes, *, mime: str, only_new: bool = False, etag: str | None = None) -> None:
        """See ``ImageStore.put``."""
        if etag == ANY_VERSION:
            self._put_over(ref, data, mime=mime)
            return
        container = names.container(self._service, ref.container)
        blob = names.blob(self._service, ref.container, ref.name)
        with self._writing(ref):
            create = partial(self._create, container)
            blob_writes.put_blob(blob, data, mime=mime, only_new=only_new, etag=etag, retry=self._retry, create=create)

    def _put_over(self, ref: ImageRef, data: bytes, *, mime: str) -> None:
        """Replace the current version, whichever it is.

        The service's own ``If-Match: *`` does not do: Azurite then writes a blob that does not exist.
        """
        for _ in range(_ROUNDS):
            try:
                version = self.head(ref).version
            except BlobGone:
                raise Mismatch from None
            with suppress(Mismatch):  # another was faster: now its version is there, or none
                self.put(ref, data, mime=mime, etag=version)
                return
        raise Undecided(f"{ref.ref}: others were first {_ROUNDS} times")

    def insert_thumbnail(self, name: str, data: bytes, *, mime: str, stop: Callable[[], bool] = lambda: False) -> None:
        """See ``ImageStore.insert_thumbnail``."""
        blob = self._thumbnail(name)
        with self._writing(ImageRef(self._thumbnails.container_name, name)):
            create = partial(self._create, self._thumbnails)
            blob_writes.insert_blob(blob, data, mime=mime, stop=stop, retry=self._retry, create=create)

    def delete_thumbnail(self, name: str) -> None:
        """See ``ImageStore.delete_thumbnail``."""
        with self._writing(ImageRef(self._thumbnails.container_name, name)):
            blob_writes.delete_blob(self._thumbnail(name))

    def thumbnail(self, name: str) -> tuple[bytes, str]:
        """See ``ThumbnailReader.thumbnail``."""
        with self._about(ImageRef(self._thumbnails.container_name, name)):
            found = self._thumbnail(name).download_blob(0, MAX_BYTES + 1, max_concurrency=1, decompress=False)
            data = found.readall()
        if len(data) > MAX_BYTES:
            raise BlobGone(name)
        return data, str(found.properties.content_settings.content_type)

    def thumbnails_of(self, job_id: str) -> list[str]:
        """See ``ThumbnailStore.thumbnails_of``."""
        with sdk_errors.as_outages():
            try:
                return list(self._thumbnails.list_blob_names(name_starts_with=f"{job_id}/"))
            except ResourceNotFoundError:
                return []

    def _thumbnail(self, name: str) -> BlobClient:
        return names.blob(self._service, self._thumbnails.container_name, name)

    @contextmanager
    def _about(self, ref: ImageRef) -> Iterator[None]:
        """Tell what the service says of one blob from an outage."""
        with sdk_errors.as_outages():
            try:
                yield
            except ResourceNotFoundError:
                raise BlobGone(ref.ref) from None
            except HttpResponseError as error:
                self._raise_answer(error, ref)
                raise

    @contextmanager
    def _writing(self, ref: ImageRef) -> Iterator[None]:
        """Tell what the service says of the writing of one blob from an outage."""
        try:
            yield
        except sdk_errors.Missing:  # a container that is deleted right after it was made says nothing of this blob
            raise
        except StorageOut as out:
            if isinstance(out.__cause__, HttpResponseError):
                self._raise_answer(out.__cause__, ref, writing=True)
            raise

    def _raise_answer(self, error: HttpResponseError, ref: ImageRef, *, writing: bool = False) -> None:
        """Raise what the service has answered about one blob; return where it is an outage.

        A refusal that could be for everybody (403) concerns one blob where its container can still be read: a rule
        on a path, or a policy. It may be lifted again. To a writer it is an outage: who may read and not write lacks a
        role, for all blobs. Costs: 1 read more, then alone.
        """
        meant, code = meaning(error), code_of(error)
        if meant is Meaning.NAME:
            raise InvalidReference(f"The blob service refuses the blob name: {code}.") from error
        closed = meant is Meaning.ACCESS and (writing or not self._opens(ref.container))
        if meant is Meaning.OUTAGE or closed:
            return
        if writing:
            raise Refused("blob_refused", f"The blob service refuses to change the blob: {code}.") from error
        raise BlobUnreadable(code, passing=meant is Meaning.ACCESS) from error

    def _opens(self, container: str) -> bool:
        """Whether the service lets this caller look at a container."""
        try:
            names.container(self._service, container).get_container_properties(retry_total=0)
        except AzureError:
            return False
        return True


def facts_of(found: BlobProperties) -> BlobFacts:
    """Read what a HEAD or a listing tells; a listing has no metadata, and so no folders.

    Raises:
        StorageOut: It lacks what every blob has.
    """
    content = found.content_settings
    if found.etag is None or found.size is None or found.last_modified is None:
        raise StorageOut("reply without the blob's facts")
    marked = {key.lower(): value for key, value in (found.metadata or {}).items()}
    return BlobFacts(
        version=version_of(found.etag),
        size_bytes=found.size,
        content_type=content.content_type or None,
        content_encoding=content.content_encoding or None,
        modified_at=found.last_modified,
        content_md5=bytes(content.content_md5).hex() if content.content_md5 else None,
        created_at=found.creation_time,
        folder=found.size == 0 and str(marked.get(_FOLDER, "")).lower() == "true",
        archived=str(found.blob_tier or "").lower() == "archive",  # also on its way out of it
        tier_changed_at=found.blob_tier_change_time,
    )


def _download(blob: BlobClient, version: str, size_bytes: int) -> bytes:
    """Read the bytes as they are stored, and never more than there were at the last look.

    ``readall`` of the SDK would copy them: that is a third of what a read of 2 MB costs.
    """
    download = blob.download_blob(
        offset=0,
        length=size_bytes,
        etag=f'"{version}"',
        match_condition=MatchConditions.IfNotModified,
        max_concurrency=1,
        decompress=False,
    )
    return b"".join(download.chunks())
