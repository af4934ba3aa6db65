"""Writes of blobs that are sent again until the service has said yes.

This module alone calls the SDK's methods that write blobs.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobClient, ContentSettings

from shared.errors import Mismatch
from shared.storage.cas import if_match
from shared.storage.retries import Create, RetryPolicy, repeat
from shared.storage.sdk_errors import as_outages, code_of

#: A client waits for the answer, and can send its image again better than we can.
_CLIENT_WAITS = timedelta(seconds=5)


def insert_blob(
    blob: BlobClient,
    data: bytes,
    *,
    mime: str,
    stop: Callable[[], bool],
    retry: RetryPolicy,
    create: Create | None = None,
) -> None:
    """Write a blob under a name that only this writer uses; one that exists is its own, from a lost reply.

    Raises:
        Missing: There is no such container.
        Undecided: The time is over.
        StorageOut: Storage refuses it.

    Costs: 1 blob write.
    """
    settings = ContentSettings(content_type=mime)

    def write() -> None:
        try:
            blob.upload_blob(data, overwrite=False, content_settings=settings, retry_total=0)
        except ResourceExistsError as error:
            if code_of(error) != "BlobAlreadyExists":  # a container that is being deleted has the same status
                raise

    repeat(write, "blob", retry, stop=stop, create=create)


def put_blob(
    blob: BlobClient,
    data: bytes,
    *,
    mime: str,
    only_new: bool,
    etag: str | None,
    retry: RetryPolicy,
    create: Create | None = None,
) -> None:
    """Write a blob for a client, under the condition that the client names.

    Without a condition, a write whose reply was lost is sent again: another version of the same bytes. With one, the
    bytes of the current blob show whether the lost write was applied.

    Raises:
        Mismatch: The condition does not hold.
        Missing: There is no such container.
        Undecided: The time is over.
        StorageOut: Storage refuses it.

    Costs: 1 blob write up to 64 MiB.
    """
    options: dict[str, Any] = {"overwrite": not only_new}
    if etag is not None:
        options |= if_match(f'"{etag}"')
    sent = 0

    def write() -> None:
        nonlocal sent
        sent += 1
        try:
            blob.upload_blob(data, content_settings=ContentSettings(content_type=mime), retry_total=0, **options)
        except (ResourceExistsError, ResourceModifiedError) as error:
            if code_of(error) not in ("BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"):
                raise
            if sent == 1 or not _holds(blob, data):
                raise Mismatch from error

    repeat(write, "blob", retry, within=_CLIENT_WAITS, create=create)


def _holds(blob: BlobClient, data: bytes) -> bool:
    """Whether a blob's content is this, by the MD5 that the service has computed of a single write."""
    found = blob.get_blob_properties(retry_total=0).content_settings.content_md5
    return found is not None and bytes(found) == hashlib.md5(data, usedforsecurity=False).digest()


def delete_blob(blob: BlobClient) -> None:
    """Delete a blob that only this writer uses; one that is gone already is deleted.

    Costs: 1 delete.
    """
    with as_outages():
        try:
            blob.delete_blob()
        except ResourceNotFoundError:
            return
