import pytest

from shared.errors import SettingsInvalid
from shared.storage.connections import Connection, read

CLOUD = {service: f"https://acc.{service}.core.windows.net" for service in ("blob", "queue", "table")}


@pytest.mark.parametrize("name", ["IMAGES", "AzureWebJobsIMAGES"])
@pytest.mark.parametrize("text", ["UseDevelopmentStorage=true", "AccountName=a;AccountKey=b"])
def test_a_connection_string_is_taken_under_either_name(name: str, text: str) -> None:
    connection = read({name: f" {text} "}, "IMAGES")
    assert (connection.text, connection.endpoints) == (text, {})


@pytest.mark.parametrize("key", ["X__accountName", "X:accountName", "x__ACCOUNTNAME", "AzureWebJobsX__accountName"])
def test_an_account_name_gives_all_endpoints(key: str) -> None:
    connection = read({key: "acc"}, "X")
    assert (connection.text, connection.endpoints) == (None, CLOUD)


def test_a_service_uri_stands_before_the_account_name() -> None:
    connection = read({"X__accountName": "acc", "X__blobServiceUri": "https://blobs.example"}, "X")
    assert connection.endpoints == {**CLOUD, "blob": "https://blobs.example"}


def test_service_uris_alone_give_their_endpoints() -> None:
    connection = read({"X__queueServiceUri": "https://q.example", "X__tableServiceUri": "https://t.example"}, "X")
    assert connection.endpoints == {"queue": "https://q.example", "table": "https://t.example"}


@pytest.mark.case("host 10", was="X before AzureWebJobsX: trigger and client could use two accounts")
@pytest.mark.parametrize("other", [{"X": "other"}, {"X__accountName": "other"}])
def test_the_prefixed_name_stands_before_the_name_itself_as_for_the_host(other: dict[str, str]) -> None:
    assert read({**other, "AzureWebJobsX": "mine"}, "X").text == "mine"
    assert read({**other, "AzureWebJobsX__accountName": "acc"}, "X").endpoints == CLOUD


def test_a_connection_string_stands_before_a_section() -> None:
    assert read({"X": "mine", "X__accountName": "acc"}, "X").text == "mine"


@pytest.mark.parametrize(("credential", "managed"), [("managedidentity", True), ("ManagedIdentity", True), ("", False)])
def test_an_identity_is_managed_where_the_setting_says_so(credential: str, *, managed: bool) -> None:
    connection = read({"X__accountName": "acc", "X__credential": credential, "X__clientId": "id"}, "X")
    assert (connection.managed_only, connection.client_id) == (managed, "id")


@pytest.mark.parametrize("environ", [{}, {"X": " "}, {"X__accountName": ""}, {"Y": "text"}])
def test_a_connection_that_is_not_set_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid, match="X: must be a connection string"):
        read(environ, "X")


@pytest.mark.parametrize("name", ["X", "AzureWebJobsX"])
def test_a_section_without_an_account_is_named(name: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"{name}: must have {name}__accountName"):
        read({f"{name}__clientId": "id"}, "X")


def test_another_setting_that_begins_alike_is_no_section() -> None:
    with pytest.raises(SettingsInvalid):
        read({"XY__accountName": "acc"}, "X")


def test_an_identity_needs_no_secret() -> None:
    assert read({"X__accountName": "acc"}, "X") == Connection("X", None, CLOUD)
