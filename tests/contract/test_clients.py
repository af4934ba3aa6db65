"""What is said of connections that can't be used; no service is needed to see that."""

from collections.abc import Mapping
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from shared import wiring
from shared.errors import SettingsInvalid
from shared.settings.settings import Settings
from shared.storage import connections
from shared.wiring.analyst import analysis_limits, thumbnail_spec
from shared.wiring.steps import Darkroom
from tests.sdk_clients import blobs_of, queue_of, table_of


def _build(environ: Mapping[str, str], wire: HttpTransport[Any, Any]) -> Darkroom:
    return wiring.build(environ, transport=wire, threaded=False)


def test_the_storage_of_a_developers_machine_needs_no_key(wire: HttpTransport[Any, Any]) -> None:
    darkroom = _build({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, wire)
    assert queue_of(darkroom.storage.queue).url == "http://127.0.0.1:10001/devstoreaccount1/image-jobs"


@pytest.mark.parametrize("text", ["secret-garbage", "AccountName=a", "BlobEndpoint=https://a.example/;AccountName=a"])
def test_a_connection_string_that_is_none_is_named_and_not_shown(text: str, wire: HttpTransport[Any, Any]) -> None:
    with pytest.raises(SettingsInvalid, match=r"AzureWebJobsStorage: must be a connection string") as met:
        _build({"AzureWebJobsStorage": text}, wire)
    assert text not in str(met.value)


def test_a_connection_that_is_missing_is_named(wire: HttpTransport[Any, Any]) -> None:
    with pytest.raises(SettingsInvalid, match="Images: "):
        _build({"AzureWebJobsStorage": "UseDevelopmentStorage=true", "IMAGES_CONNECTION": "Images"}, wire)


def test_images_and_jobs_may_lie_in_two_accounts(wire: HttpTransport[Any, Any]) -> None:
    key = "AccountKey=aGVsbG8=;EndpointSuffix=core.windows.net"
    environ = {
        "IMAGES_CONNECTION": "I",
        "JOBS_CONNECTION": "J",
        "I": f"AccountName=i;{key}",
        "J": f"AccountName=j;{key}",
    }
    storage = _build(environ, wire).storage
    assert blobs_of(storage.images).url == "https://i.blob.core.windows.net/"
    assert queue_of(storage.queue).url == "https://j.queue.core.windows.net/image-jobs"
    assert table_of(storage.jobs).url == "https://j.table.core.windows.net"


def test_an_identity_reaches_every_service_of_its_account(wire: HttpTransport[Any, Any]) -> None:
    storage = _build({"AzureWebJobsStorage__accountName": "acc"}, wire).storage
    assert blobs_of(storage.images).url == "https://acc.blob.core.windows.net/"
    assert table_of(storage.locks).url == "https://acc.table.core.windows.net"


def test_a_service_that_an_identity_cannot_reach_is_named(wire: HttpTransport[Any, Any]) -> None:
    with pytest.raises(SettingsInvalid, match="AzureWebJobsStorage__tableServiceUri: "):
        _build({"AzureWebJobsStorage__blobServiceUri": "https://acc.blob.core.windows.net"}, wire)


@pytest.mark.parametrize(
    ("credential", "kind"), [("managedidentity", ManagedIdentityCredential), ("", DefaultAzureCredential)]
)
def test_the_identity_is_the_one_that_the_host_would_use(credential: str, kind: type) -> None:
    connection = connections.read({"X__accountName": "acc", "X__credential": credential}, "X")
    with connections.credential(connection) as made:
        assert type(made) is kind


def test_all_bad_settings_are_told_before_any_client_is_built(wire: HttpTransport[Any, Any]) -> None:
    with pytest.raises(SettingsInvalid, match="JOB_BUCKETS"):
        _build({"JOB_BUCKETS": "0"}, wire)


def test_the_limits_of_an_analysis_are_the_settings() -> None:
    settings = Settings.read({"MAX_BYTES": "7", "MAX_PIXELS": "9", "THUMBNAIL_FORMAT": "png"})
    spec = thumbnail_spec(settings)
    assert spec is not None
    assert (analysis_limits(settings).max_bytes, analysis_limits(settings).max_pixels, spec.format) == (7, 9, "png")


def test_no_thumbnail_is_made_where_none_is_wanted() -> None:
    assert thumbnail_spec(Settings.read({"THUMBNAILS": "off"})) is None
