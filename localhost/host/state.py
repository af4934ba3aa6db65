"""The host's own blobs: container ``azure-webjobs-hosts`` on AzureWebJobsStorage."""

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobClient, BlobServiceClient

CONTAINER = "azure-webjobs-hosts"


class HostState:
    """Small blobs by name; the container is made when it is missed.

    Args:
        service: Blob service of AzureWebJobsStorage.
        host_id: Instances with the same id share what is kept here.
    """

    def __init__(self, service: BlobServiceClient, host_id: str) -> None:
        self._container = service.get_container_client(CONTAINER)
        self.host_id = host_id

    def blob(self, name: str) -> BlobClient:
        """Return the client of one blob."""
        return self._container.get_blob_client(name)

    def read(self, name: str) -> bytes | None:
        """Return a blob's content; None if it does not exist."""
        try:
            return self.blob(name).download_blob().readall()
        except ResourceNotFoundError:
            return None

    def write(self, name: str, content: str) -> None:
        """Write a blob, whatever was there."""
        try:
            self.blob(name).upload_blob(content, overwrite=True)
        except ResourceNotFoundError:
            self._make()
            self.blob(name).upload_blob(content, overwrite=True)

    def insert(self, name: str) -> None:
        """Make an empty blob; one that exists already is left as it is, leased or not."""
        try:
            self._insert(name)
        except ResourceNotFoundError:
            self._make()
            self._insert(name)

    def _insert(self, name: str) -> None:
        try:
            self.blob(name).upload_blob(b"", overwrite=False)  # sends If-None-Match: *
        except HttpResponseError as error:
            if status(error) not in {409, 412}:
                raise

    def _make(self) -> None:
        try:
            self._container.create_container()
        except ResourceExistsError:
            return


def status(error: AzureError) -> int | None:
    """Return the HTTP status of a storage error."""
    return getattr(error, "status_code", None)
