"""``ImageListing`` on Azure Blob Storage."""

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from shared.errors import MarkerRejected
from shared.rules.images import ImageRef, ListedBlob, Page
from shared.storage import names, sdk_errors
from shared.storage.blobs import facts_of
from shared.storage.server_date import ReplyDate

_BAD_REQUEST = 400


class BlobListing:
    """The container of images, page by page.

    Args:
        images: Client of the account that holds the images.
        container: Name of their container.
    """

    def __init__(self, images: BlobServiceClient, container: str) -> None:
        self._client = names.container(images, container)

    @property
    def account(self) -> str:
        """See ``ImageListing.account``."""
        return str(self._client.account_name)

    def page(self, marker: str | None, *, limit: int) -> Page:
        """See ``ImageListing.page``."""
        reply, container = ReplyDate(), self._client.container_name
        listing = self._client.list_blobs(results_per_page=limit, raw_response_hook=reply)
        pages = listing.by_page(continuation_token=marker)
        with sdk_errors.as_outages():
            try:
                blobs = list(next(pages))
            except HttpResponseError as error:
                if marker is not None and error.status_code == _BAD_REQUEST:
                    raise MarkerRejected from error
                raise
        listed = (ListedBlob(ImageRef(container, blob.name), facts_of(blob)) for blob in blobs)
        following: str | None = pages.continuation_token  # type: ignore[attr-defined] # of the SDK's own iterator
        return Page(tuple(listed), following, reply.date)
