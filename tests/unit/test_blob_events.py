from typing import Any

import pytest

from shared.errors import MessageRejected
from shared.rules import blob_events
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import ImageRef
from tests.unit.acts import refusal
from tests.unit.test_messages import event, rename_event

CAT = ImageRef("images", "a b/cat.png")
SCHEMAS = pytest.mark.parametrize("schema", ["eventType", "type"])


def _image(item: dict[str, Any]) -> ImageRef | IgnoreReason:
    assert blob_events.is_event(item)
    return blob_events.image_of(item, "images")


@pytest.mark.case("storage event kinds", was="dropped without a trace")
@SCHEMAS
@pytest.mark.parametrize(
    "api",
    [
        "PutBlob",
        "PutBlockList",
        "CopyBlob",
        "FlushWithClose",
        "SftpCommit",
        "SftpRename",
        "RenameFile",
        "AppendBlob",
        "X",
    ],
)
def test_a_created_blob_is_recorded_whichever_call_has_created_it(schema: str, api: str) -> None:
    assert _image(event(schema, api=api)) == CAT


@pytest.mark.case("storage event kinds", was="dropped without a trace")
@pytest.mark.parametrize("api", ["RenameFile", "SftpRename"])
@pytest.mark.parametrize("what", ["BlobRenamed", "BlobCreated"])
def test_a_renamed_blob_is_recorded_under_its_new_name(what: str, api: str) -> None:
    urls = {"destinationUrl": "https://account.dfs.core.windows.net/images/after%20all.png"}
    assert _image(event(what=what, api=api, **urls)) == ImageRef("images", "after all.png")


def test_kinds_and_calls_may_be_written_in_any_case() -> None:
    assert _image({**event(api="SFTPCOMMIT"), "eventType": "microsoft.storage.blobcreated"}) == CAT
    assert _image({**event(api="createfile"), "eventType": "MICROSOFT.STORAGE.BLOBCREATED"}) is IgnoreReason.FIRST_HALF


def test_a_renamed_blob_without_a_destination_is_the_one_of_the_subject() -> None:
    assert _image(event(what="BlobRenamed", api="RenameFile")) == CAT


@pytest.mark.case("storage rehydrated", was="FAILED for good")
@pytest.mark.parametrize(("tier", "found"), [("Hot", CAT), ("Cold", CAT), ("Archive", IgnoreReason.ARCHIVED)])
def test_a_blob_that_has_left_the_archive_is_recorded_again(tier: str, found: ImageRef | IgnoreReason) -> None:
    assert _image(event(what="BlobTierChanged", api="SetBlobTier", accessTier=tier)) == found


@pytest.mark.case("storage event kinds", was="dropped without a trace")
@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (event(what="BlobDeleted", api="DeleteBlob"), IgnoreReason.OTHER_KIND),
        (event(what="AsyncOperationInitiated"), IgnoreReason.OTHER_KIND),
        ({"specversion": "1.0", "type": "Our.Own"}, IgnoreReason.OTHER_KIND),
        (event(what="DirectoryRenamed", api="RenameDirectory"), IgnoreReason.DIRECTORY),
        (event(api="CreateFile"), IgnoreReason.FIRST_HALF),
        (rename_event("other/cat.png"), IgnoreReason.OTHER_CONTAINER),
        (event(api="SftpCreate"), IgnoreReason.FIRST_HALF),
        (event() | {"subject": "/blobServices/default/containers/other/blobs/x"}, IgnoreReason.OTHER_CONTAINER),
    ],
)
def test_an_event_that_asks_for_nothing_says_why(item: dict[str, Any], reason: IgnoreReason) -> None:
    assert _image(item) is reason


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"eventType": None}, "malformed_event"),
        ({"specversion": "1.0"}, "malformed_event"),
        (event() | {"data": []}, "malformed_event"),
        (event() | {"subject": 5}, "malformed_event"),
        (event() | {"subject": "images/cat.png"}, "malformed_event"),
        (event() | {"subject": "/blobServices/default/containers/images"}, "malformed_event"),
        (event() | {"subject": "/blobServices/default/containers/images/blobs/"}, "invalid_reference"),
        (rename_event("images/%c3"), "malformed_url"),
    ],
)
def test_an_event_that_cannot_be_read_says_why(item: dict[str, Any], code: str) -> None:
    assert refusal(_image, item, error=MessageRejected) == code


@pytest.mark.parametrize("api", [None, [], {}, 5])
def test_an_api_that_is_no_text_decides_nothing(api: object) -> None:
    assert _image(event() | {"data": {"api": api}}) == CAT
