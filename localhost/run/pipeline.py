"""The run's way to storage: a user's uploads and downloads, and the job table as the pipeline itself reads it.

Loading this loads the SDKs, which takes most of a second: ``task`` does it while Azurite starts.
"""

from collections.abc import Mapping
from pathlib import Path

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient, ContentSettings, LinearRetry

from localhost.run.environment import STORAGE
from localhost.run.failures import PipelineFailed
from localhost.run.watch import Json
from shared import wiring
from shared.errors import DarkroomError, NoSuchImage
from shared.rules.ids import job_id
from shared.rules.image_files import content_type
from shared.rules.images import ImageRef, version_of
from shared.views import job_json

#: Newest version that Azurite speaks.
API_VERSION = "2024-11-04"


class Pipeline:
    """Upload images and look after their jobs.

    Args:
        environ: The environment that the hosts have too.

    Raises:
        PipelineFailed: A setting can't be used.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        try:
            self._darkroom = wiring.build(environ)
        except DarkroomError as error:
            raise PipelineFailed(str(error)) from error
        self._blobs = BlobServiceClient.from_connection_string(
            environ[STORAGE], api_version=API_VERSION, retry_policy=LinearRetry(backoff=1, retry_total=2)
        )

    def init(self) -> None:
        """Create containers, queues and tables where they are missing.

        Raises:
            PipelineFailed: Storage refuses.
        """
        try:
            self._darkroom.storage.create()
        except (AzureError, DarkroomError) as error:
            raise PipelineFailed(f"Cannot create the containers, queues and tables: {error}") from error

    def upload(self, name: str, path: Path) -> str:
        """Upload a file, in place of what is there under its name.

        Returns:
            The id of the job that this version of the image will have.

        Raises:
            PipelineFailed: The file can't be read any more, or storage refuses.
        """
        settings = self._darkroom.settings
        ref = ImageRef(settings.images_container, name)
        try:
            with path.open("rb") as data:
                blob = self._blobs.get_blob_client(ref.container, ref.name)
                declared = ContentSettings(content_type=content_type(name))
                reply = blob.upload_blob(data, overwrite=True, content_settings=declared)
        except (AzureError, OSError) as error:
            raise PipelineFailed(f"Cannot upload {path}: {error}") from error
        return job_id(settings.image_type, ref.ref, version_of(str(reply["etag"])))

    def job(self, identity: str) -> Json | None:
        """Return a job as the API gives it; None while it is not recorded.

        Raises:
            PipelineFailed: Storage can't be reached.
        """
        try:
            row = self._darkroom.storage.jobs.get(identity)
        except (AzureError, DarkroomError) as error:
            raise PipelineFailed(f"Cannot read the job table: {error}") from error
        return None if row is None else job_json(row)

    def thumbnail(self, job: Json) -> bytes | None:
        """Return a job's thumbnail; None when it has none, or has none any more.

        Raises:
            PipelineFailed: Storage can't be reached.
        """
        try:
            row = self._darkroom.storage.jobs.get(job["id"])
            return None if row is None else self._darkroom.lookup.thumbnail_of(row.job).data
        except NoSuchImage:
            return None
        except (AzureError, DarkroomError) as error:
            raise PipelineFailed(f"Cannot read the thumbnail of {job['id']}: {error}") from error
