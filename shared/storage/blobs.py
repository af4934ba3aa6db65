"""``ImageStore`` on Azure Blob Storage."""

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import BlobChanged, BlobGone, BlobUnreadable, StorageOut
from shared.images import BlobFacts, ImageRef, version_of
from shared.storage import answers, cas
from shared.storage.patience import Patience

_CONFLICT = 409


class BlobContainers:
    """The containers of images and thumbnails, in one account.

    Args:
        images: Client of the account that holds the images; reads a blob up to the byte gate in one request.
        thumbnails_container: Name of the container for thumbnails.
        patience: With writes that are not decided.
    """

    def __init__(self, images: BlobServiceClient, *, thumbnails_container: str, patience: Patience) -> None:
        self._service = images
        self._thumbnails = images.get_container_client(thumbnails_container)
        self._patience = patience

    def create(self, images_container: str) -> None:
        """Create both containers where they are missing. Costs: 2 blob writes."""
        for container in (self._service.get_container_client(images_container), self._thumbnails):
            self._create(container)

    def _create(self, container: ContainerClient) -> None:
        answers.create(
            lambda: container.create_container(retry_total=0), exists="ContainerAlreadyExists", patience=self._patience
        )

    def head(self, ref: ImageRef) -> BlobFacts:
        """See ``ImageStore.head``."""
        with answers.reading():
            try:
                found = self._service.get_blob_client(ref.container, ref.name).get_blob_properties()
            except ResourceNotFoundError:
                raise BlobGone(ref.ref) from None
            except HttpResponseError as error:
                raise _unreadable(error) from error
        told = found.content_settings
        digest = bytes(told.content_md5).hex() if told.content_md5 else None
        at = (found.last_modified, digest, found.creation_time)
        return BlobFacts(version_of(found.etag), found.size, told.content_type, *at)

    def read(self, ref: ImageRef, version: str) -> bytes:
        """See ``ImageStore.read``."""
        blob = self._service.get_blob_client(ref.container, ref.name)
        for _ in range(2):
            with answers.reading():
                try:
                    return blob.download_blob(
                        etag=f'"{version}"', match_condition=MatchConditions.IfNotModified, max_concurrency=1
                    ).readall()
                except ResourceNotFoundError:
                    raise BlobGone(ref.ref) from None
                except ResourceModifiedError:
                    pass
                except HttpResponseError as error:
                    raise _unreadable(error) from error
            if self.head(ref).version != version:  # a 412 alone does not say what became of the blob
                raise BlobChanged(ref.ref)
        raise StorageOut("ConditionNotMet")

    def put(self, ref: ImageRef, data: bytes, *, mime: str, only_new: bool = False, etag: str | None = None) -> None:
        """See ``ImageStore.put``."""
        container = self._service.get_container_client(ref.container)
        blob = container.get_blob_client(ref.name)
        answers.creating(
            lambda: self._create(container),
            lambda: cas.put_blob(blob, data, mime=mime, only_new=only_new, etag=etag, patience=self._patience),
        )

    def insert_thumbnail(self, name: str, data: bytes, *, mime: str) -> None:
        """See ``ImageStore.insert_thumbnail``."""
        blob = self._thumbnails.get_blob_client(name)
        answers.creating(
            lambda: self._create(self._thumbnails),
            lambda: cas.insert_blob(blob, data, mime=mime, patience=self._patience),
        )

    def delete_thumbnail(self, name: str) -> None:
        """See ``ImageStore.delete_thumbnail``."""
        cas.delete_blob(self._thumbnails.get_blob_client(name))

    def thumbnail(self, name: str) -> tuple[bytes, str]:
        """See ``ThumbnailReader.thumbnail``."""
        with answers.reading():
            try:
                found = self._thumbnails.get_blob_client(name).download_blob(max_concurrency=1)
                return found.readall(), str(found.properties.content_settings.content_type)
            except ResourceNotFoundError:
                raise BlobGone(name) from None

    def thumbnails_of(self, job_id: str) -> list[str]:
        """See ``ThumbnailStore.thumbnails_of``."""
        with answers.reading():
            try:
                return list(self._thumbnails.list_blob_names(name_starts_with=f"{job_id}/"))
            except ResourceNotFoundError:
                return []


def _unreadable(error: HttpResponseError) -> Exception:
    """Tell a blob that will never be given, an archived one for example, from an outage: by a status of 409."""
    return BlobUnreadable(answers.code_of(error)) if error.status_code == _CONFLICT else error
