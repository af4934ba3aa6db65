import logging
from collections.abc import Callable

import pytest

from shared.errors import SettingsInvalid, StorageOut
from shared.http.gateway import target
from shared.http.problems import Problem
from tests.unit.http.client import Client


@pytest.mark.parametrize("path", ["/%ff", "/images/%C3", "/jobs?ref=%ff"])
def test_escapes_that_are_no_utf8_are_400(client: Client, path: str) -> None:
    assert client.call("GET", path).refusal == (400, "malformed_url", None)


def test_a_url_that_is_none_is_400() -> None:
    with pytest.raises(Problem) as error:
        target("http://[/")
    assert error.value.code.status == 400


def test_the_hosts_keys_never_reach_the_app() -> None:
    assert target("http://h/api/jobs?code=k&a=1&clientId=c&%63ode=k") == ("/api/jobs", "a=1")


def test_a_semicolon_does_not_cut_a_name_off(client: Client) -> None:
    client.upload("a;b.png")
    assert client.call("GET", "/images").json["items"][0]["name"] == "a;b.png"


@pytest.mark.parametrize("name", ["a/b c.png", "ä#?%&=+.png", "%41.png", "😀"])
def test_names_arrive_as_they_were_sent(client: Client, name: str) -> None:
    client.upload(name)
    assert client.call("GET", "/images").json["items"][0]["name"] == name


def test_a_forwarded_port_that_is_none_stops_nobody(client: Client) -> None:
    assert client.call("GET", "/health", x_forwarded_port="9" * 5000).status == 200


def test_a_json_body_has_at_most_256_kib(client: Client) -> None:
    assert client.call("POST", "/jobs", b" " * (256 * 1024), content_type="application/json").status == 400
    assert client.call("POST", "/jobs", b" " * (256 * 1024 + 1)).refusal == (413, "too_many_bytes", None)


def test_an_upload_has_at_most_what_the_settings_allow() -> None:
    client = Client(MAX_BYTES="300000")
    assert client.call("PUT", "/images/a", b"x" * 300_000).status == 202
    assert client.call("PUT", "/images/a", b"x" * 300_001).refusal == (413, "too_many_bytes", None)


def test_a_head_is_a_get_without_its_body(client: Client) -> None:
    job = client.add_job()
    head = client.call("HEAD", job.headers["location"].removeprefix("/api"))
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", job.headers["etag"])
    assert "content-length" not in head.headers


def test_a_head_of_nothing_has_no_body_either(client: Client) -> None:
    assert (client.call("HEAD", "/nothing").status, client.call("HEAD", "/nothing").body) == (404, b"")


def test_an_unexpected_error_is_told_without_anything_of_it(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.darkroom.lookup.get = lambda _: dict[str, str]()["secret"]
    with caplog.at_level(logging.ERROR, "darkroom"):
        response = client.call("GET", "/jobs/t-" + "0" * 32)
    assert response.refusal == (500, "internal", None)
    assert b"secret" not in response.body
    assert [record.getMessage() for record in caplog.records] == ['{"event": "request failed", "error": "KeyError"}']


def test_an_error_of_ours_that_no_route_knows_is_a_bug_too(client: Client) -> None:
    client.darkroom.lookup.get = lambda _: (_ for _ in ()).throw(SettingsInvalid(["X: 1"]))
    assert client.call("GET", "/jobs/t-" + "0" * 32).refusal == (500, "internal", None)


def test_storage_that_is_out_is_503_with_a_time_to_come_back(client: Client) -> None:
    client.darkroom.storage.locks.list = lambda _: (_ for _ in ()).throw(StorageOut("key=abc"))
    response = client.call("GET", "/health")
    assert response.refusal == (503, "storage_out", None)
    assert response.headers["retry-after"] == "5"
    assert b"abc" not in response.body


@pytest.mark.parametrize("where", ["cross-site", "same-site", "anything"])
def test_a_page_of_another_site_changes_nothing(client: Client, where: str) -> None:
    job_id = client.add_job().json["id"]
    assert client.call("POST", f"/jobs/{job_id}/cancel", sec_fetch_site=where).refusal == (403, "cross_site", None)
    assert client.call("GET", f"/jobs/{job_id}", sec_fetch_site=where).json["state"] == "PENDING"


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "gzip, chunked"])
@pytest.mark.case("host 3", was="422: the body is empty")
def test_a_body_that_the_host_has_kept_is_411(client: Client, coding: str) -> None:
    image = client.call("PUT", "/images/a.png", b"", content_type="image/png", transfer_encoding=coding)
    assert image.refusal == (411, "length_required", None)
    assert client.call("POST", "/jobs", b"", transfer_encoding=coding).refusal == (411, "length_required", None)
    assert client.call("POST", "/jobs", {"type": "t", "ref": "a"}, transfer_encoding=coding).status == 201


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "https://localhost.evil.example"},
    {"origin": "https://app.example:8443", "host": "app.example"},
    {"origin": "http://[bad"},
    {"origin": "https://evil.example", "referer": "http://localhost/"},
    {"referer": "https://evil.example/?http://localhost/"},
    {"referer": "about:blank"},
]
OWN = [
    {},
    {"origin": "http://localhost:7071"},
    {"origin": "https://App.example", "host": "app.example:443"},
    {"origin": "https://front.example", "host": "app.example", "x_forwarded_host": "front.example"},
    {"referer": "http://localhost:7071/api/dashboard"},
    {"sec_fetch_site": "none"},
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "same-origin", "origin": "https://front.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.case("security M8", was="a missing Sec-Fetch-Site was trusted")
def test_without_sec_fetch_site_the_origin_tells_whose_page_it_is(
    client: Client, headers: dict[str, str], case_result: Callable[[str], None]
) -> None:
    job_id = client.add_job().json["id"]
    assert client.call("POST", f"/jobs/{job_id}/cancel", **headers).refusal == (403, "cross_site", None)
    assert client.call("GET", f"/jobs/{job_id}", **headers).json["state"] == "PENDING"
    case_result("without Sec-Fetch-Site, Origin or Referer decides")


@pytest.mark.parametrize("headers", OWN)
def test_tools_and_our_own_page_may_change_things(client: Client, headers: dict[str, str]) -> None:
    job_id = client.add_job().json["id"]
    assert client.call("POST", f"/jobs/{job_id}/cancel", **headers).status == 200
