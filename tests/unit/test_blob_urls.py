import pytest

from shared.errors import MessageRejected
from shared.rules import blob_urls
from shared.rules.images import ImageRef
from tests.unit.acts import note, refusal

CAT = ImageRef("images", "a b/cat.png")
SERVICE = "https://account.blob.core.windows.net"


def _first(url: str) -> ImageRef:
    return blob_urls.references(url, "images")[0]


@pytest.mark.case("storage message forms", was="other_container")
@pytest.mark.parametrize(
    "host",
    [
        "http://azurite:10000/devstoreaccount1",
        "http://azurite/devstoreaccount1",
        "http://storage.test:10000/devstoreaccount1",
        "http://host.docker.internal:10000/devstoreaccount1",
        "http://host.docker.internal:32768/devstoreaccount1",
        "http://192.168.1.7:10000/devstoreaccount1",
        "http://[fe80::1]:10000/devstoreaccount1-secondary",
        "https://account.z01.blob.storage.azure.net",
        "https://account.blob.core.chinacloudapi.cn",
        "https://account.dfs.core.usgovcloudapi.net",
        "https://account-secondary.blob.core.windows.net",
        "https://user@account.blob.core.windows.net:443",
        "hTTpS://cdn.example.com",
    ],
)
def test_an_account_may_stand_in_the_host_or_before_the_path(host: str) -> None:
    assert _first(f"{host}/images/a%20b/cat.png?sv=1&sig=x#f") == CAT


@pytest.mark.case("storage message forms", was="blob_not_found")
@pytest.mark.parametrize("scheme", ["abfs", "abfss", "az", "wasb", "wasbs", "ABFSS"])
def test_the_schemes_of_analytics_tools_name_the_container_before_the_account(scheme: str) -> None:
    for authority in ("images@account.dfs.core.windows.net", "images@[::1]:10000", "images"):
        for name in ("a b/cat.png", "a%20b/cat.png", "a%20b/cat.png?sv=1&sig=x"):
            with note(authority, name):
                assert CAT in blob_urls.references(f"{scheme}://{authority}/{name}", "images")


@pytest.mark.parametrize(
    ("url", "names"),
    [
        # It looks encoded, and is tried as it is written first.
        ("abfss://images@account.dfs.core.windows.net/50%25.png", ["50%25.png", "50%.png"]),
        # Account and container have one name.
        ("http://127.0.0.1:10000/images/images/cat.png", ["cat.png", "images/cat.png"]),
    ],
)
def test_of_two_names_that_a_url_may_mean_storage_decides(url: str, names: list[str]) -> None:
    assert [ref.name for ref in blob_urls.references(url, "images")] == names


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"{SERVICE}/other/cat.png", "other_container"),
        (f"{SERVICE}/other/images/cat.png", "other_container"),  # a host of the service has no account in its path
        ("abfss://other@account.dfs.core.windows.net/cat.png", "other_container"),
        ("http://azurite:10000/account/other/cat.png", "other_container"),
        (f"{SERVICE}/images", "invalid_reference"),
        (f"{SERVICE}/images/", "invalid_reference"),
        (f"{SERVICE}/", "invalid_reference"),
        (f"{SERVICE}/images/%2e%2e/cat.png", "invalid_reference"),
        ("ftp://account/images/cat.png", "unsupported_scheme"),
        ("file:///images/cat.png", "unsupported_scheme"),
        ("http://azurite:99999999/account/images/cat.png", "malformed_url"),
        (f"{SERVICE}/images/%c3", "malformed_url"),
        ("abfss://images@[::1/cat.png", "malformed_url"),
        (f"{SERVICE}/images/cat.png?Snapshot=2026", "blob_version"),
        (f"{SERVICE}/images/cat.png?versionid=2026", "blob_version"),
    ],
)
def test_a_url_that_names_no_image_says_why(url: str, code: str) -> None:
    assert refusal(blob_urls.references, url, "images", error=MessageRejected) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cat.png?snapshot=2026-01-02", "blob_version"),
        ("cat.png?sv=1&versionid=2", "blob_version"),
        ("snapshot=3/cat.png", "blob_not_found"),
        ("cat.png?", "blob_not_found"),
    ],
)
def test_an_absent_name_that_picks_a_version_says_so(name: str, code: str) -> None:
    assert blob_urls.absent(name).code == code
