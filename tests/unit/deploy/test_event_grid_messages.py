"""Event Grid's messages in the job queue, as it publishes them, are understood.

Source:
    learn.microsoft.com/azure/event-grid/event-schema-blob-storage, the examples of CloudEvents. Event Grid puts one
    event into each message, in base64 (MicrosoftDocs/azure-docs#102923); before 2022, as it is.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.rules import messages
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import ImageRef

ACCOUNT = (
    "/subscriptions/{subscription-id}/resourceGroups/Storage/providers/Microsoft.Storage/storageAccounts/"
    "my-storage-account"
)
CREATED = {
    "source": ACCOUNT,
    "subject": "/blobServices/default/containers/test-container/blobs/new-file.txt",
    "type": "Microsoft.Storage.BlobCreated",
    "time": "2017-06-26T18:41:00.9584103Z",
    "id": "831e1650-001e-001b-66ab-eeb76e069631",
    "data": {
        "api": "PutBlockList",
        "clientRequestId": "6d79dbfb-0e37-4fc4-981f-442c9ca65760",
        "requestId": "831e1650-001e-001b-66ab-eeb76e000000",
        "eTag": '"0x8D4BCC2E4835CD0"',
        "contentType": "text/plain",
        "contentLength": 524288,
        "blobType": "BlockBlob",
        "url": "https://my-storage-account.blob.core.windows.net/testcontainer/new-file.txt",
        "sequencer": "00000000000004420000000000028963",
        "storageDiagnostics": {"batchId": "b68529f3-68cd-4744-baa4-3c0498ec19f0"},
    },
    "specversion": "1.0",
}
TIER_CHANGED = {
    "source": ACCOUNT,
    "subject": "/blobServices/default/containers/testcontainer/blobs/Auto.jpg",
    "type": "Microsoft.Storage.BlobTierChanged",
    "time": "2021-05-04T15:00:00.8350154Z",
    "id": "0fdefc06-b01e-0034-39f6-4016610696f6",
    "data": {
        "api": "SetBlobTier",
        "clientRequestId": "68be434c-1a0d-432f-9cd7-1db90bff83d7",
        "requestId": "0fdefc06-b01e-0034-39f6-401661000000",
        "contentType": "image/jpeg",
        "contentLength": 105891,
        "blobType": "BlockBlob",
        "url": "https://my-storage-account.blob.core.windows.net/testcontainer/Auto.jpg",
        "sequencer": "000000000000000000000000000089A4000000000018d6ea",
        "storageDiagnostics": {"batchId": "3418f7a9-7006-0014-00f6-406dc6000000"},
    },
    "specversion": "1.0",
}
RENAMED = {
    "source": ACCOUNT,
    "subject": "/blobServices/default/containers/my-file-system/blobs/my-renamed-file.txt",
    "type": "Microsoft.Storage.BlobRenamed",
    "time": "2017-06-26T18:41:00.9584103Z",
    "id": "831e1650-001e-001b-66ab-eeb76e069631",
    "data": {
        "api": "RenameFile",
        "clientRequestId": "6d79dbfb-0e37-4fc4-981f-442c9ca65760",
        "requestId": "831e1650-001e-001b-66ab-eeb76e000000",
        "destinationUrl": "https://my-storage-account.dfs.core.windows.net/my-file-system/my-renamed-file.txt",
        "sourceUrl": "https://my-storage-account.dfs.core.windows.net/my-file-system/my-original-file.txt",
        "sequencer": "00000000000004420000000000028963",
        "storageDiagnostics": {"batchId": "b68529f3-68cd-4744-baa4-3c0498ec19f0"},
    },
    "specversion": "1.0",
}
FIRST_HALF = CREATED | {
    "subject": "/blobServices/default/containers/my-file-system/blobs/new-file.txt",
    "data": {"api": "CreateFile", "url": "https://my-storage-account.dfs.core.windows.net/my-file-system/new-file.txt"},
}


def in_base64(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("written", [str, in_base64], ids=["as it is", "in base64"])
@pytest.mark.parametrize(
    ("event", "container", "expected"),
    [
        (CREATED, "test-container", ImageRef("test-container", "new-file.txt")),
        (TIER_CHANGED, "testcontainer", ImageRef("testcontainer", "Auto.jpg")),
        (RENAMED, "my-file-system", ImageRef("my-file-system", "my-renamed-file.txt")),
        (FIRST_HALF, "my-file-system", IgnoreReason.FIRST_HALF),
    ],
    ids=["created", "tier changed", "renamed", "first half of an upload"],
)
def test_a_message_of_event_grid_names_its_image(
    written: Callable[[str], str], event: dict[str, Any], container: str, expected: ImageRef | IgnoreReason
) -> None:
    text = messages.text_of(written(json.dumps(event)).encode())
    assert list(messages.readings(text, images_container=container)) == [(expected,)]
