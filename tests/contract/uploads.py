"""Images in the watched container of a place, through the SDK, as their owners put them there."""

from typing import Any

from azure.storage.blob import BlobClient

from shared.rules.images import ImageRef
from shared.wiring.steps import Darkroom
from tests.doubles.world import png
from tests.sdk_clients import blobs_of


def ref_of(darkroom: Darkroom, name: str = "cat.png") -> ImageRef:
    """Name an image, which need not be there."""
    return ImageRef(darkroom.settings.images_container, name)


def blob_of(darkroom: Darkroom, name: str = "cat.png") -> BlobClient:
    """Return a client of its blob."""
    return blobs_of(darkroom.storage.images).get_blob_client(darkroom.settings.images_container, name)


def upload(
    darkroom: Darkroom,
    name: str = "cat.png",
    data: bytes | None = None,
    **options: Any,  # noqa: ANN401 - of the SDK
) -> ImageRef:
    """Put an image there, over another."""
    blob_of(darkroom, name).upload_blob(png() if data is None else data, overwrite=True, **options)
    return ref_of(darkroom, name)
