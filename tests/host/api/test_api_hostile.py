"""Hostile requests at the running host: each is refused by a problem or by the host, and reveals nothing."""

import json

import pytest

from tests.host.api import hostile
from tests.host.api.api_host import ApiHost
from tests.host.api.conftest import MAX_BYTES
from tests.host.api.raw_client import Header, RawClient

JOB = b'{"type":"t","ref":"r"}'
QUOTES = "' or 1 eq 1 or 'a' eq 'a"


def test_a_body_that_is_no_jobs_is_refused(client: RawClient) -> None:
    codes = {name: client.ask("POST", "/api/jobs", body).fault for name, (body, _) in hostile.BODIES.items()}
    assert codes == {name: code for name, (_, code) in hostile.BODIES.items()}


def test_a_body_of_another_media_type_is_415(client: RawClient) -> None:
    responses = {kind: client.ask("POST", "/api/jobs", JOB, content_type=kind) for kind in hostile.MEDIA_TYPES}
    codes = {kind: (response.status, response.code) for kind, response in responses.items()}
    assert codes == dict.fromkeys(hostile.MEDIA_TYPES, (415, "not_json"))


def test_a_body_in_a_content_coding_is_415(client: RawClient) -> None:
    for method, path in (("POST", "/api/jobs"), ("PUT", "/api/images/a.png")):
        for name, (headers, body) in hostile.CODED.items():
            response = client.ask(method, path, body, headers)
            assert (response.status, response.code) == (415, "encoded_body"), name


def test_an_image_may_have_so_many_bytes_and_no_more(client: RawClient) -> None:
    kind = "application/octet-stream"
    assert client.ask("PUT", "/api/images/large", b"\0" * MAX_BYTES, content_type=kind).status == 202
    response = client.ask("PUT", "/api/images/large", b"\0" * (MAX_BYTES + 1), content_type=kind)
    assert (response.status, response.code) == (413, "too_many_bytes")


@pytest.mark.case("host 3", was='422 "It is empty" on Azure, 202 here')
def test_a_body_in_chunks_is_told_that_it_needs_a_length(client: RawClient) -> None:
    chunks = (b"1000\r\n" + b" " * 4096 + b"\r\n") * 74 + b"0\r\n\r\n"
    for line in (b"POST /api/jobs", b"PUT /api/images/large"):
        head = line + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        response = client.exchange(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        assert (response.status, response.code) == (411, "length_required")


@pytest.mark.parametrize("code", hostile.TARGETS)
def test_a_target_that_leads_nowhere_is_refused(client: RawClient, code: str) -> None:
    codes = {target: client.ask("GET", target).fault for target in hostile.TARGETS[code]}
    assert codes == dict.fromkeys(hostile.TARGETS[code], code)


def test_the_host_refuses_a_header_that_is_none(client: RawClient) -> None:
    codes = {name: client.ask("GET", "/api/jobs", None, headers).fault for name, headers in hostile.JUNK.items()}
    assert codes == dict.fromkeys(hostile.JUNK, "bare")


def test_what_is_no_lease_is_412(client: RawClient) -> None:
    path = f"/api/jobs/{hostile.ID}"
    for name, tag in hostile.LEASES.items():
        assert client.ask("POST", f"{path}/renew", b"{}", [("If-Match", tag)]).code == "stale", name
        assert client.ask("POST", f"{path}/cancel", None, [("If-Match", tag)]).code == "mismatch", name


def test_a_method_that_is_not_there_is_405_and_named_by_nobody(client: RawClient) -> None:
    for method in ("TRACE", "CONNECT", "PATCH", "OPTIONS", "PUT", "PROPFIND", "X" * 500):
        response = client.ask(method, "/api/jobs")
        assert (response.status, response.code, response.headers["allow"]) == (
            405,
            "method_not_allowed",
            "GET, HEAD, POST",
        )
        assert method.encode() not in response.body
        assert client.ask(method, "/api/nothing").code == "no_such_path"


def test_what_is_no_request_line_is_400(client: RawClient) -> None:
    for line in ("GET", "GET /api/jobs", "GET  /api/jobs HTTP/1.1", "GET /api/jobs HTTP/9", "\0", "é"):
        response = client.exchange(f"{line}\r\nHost: localhost\r\n\r\n".encode())
        assert (response.status, response.code) == (400, "bare"), line


def test_what_is_only_unusual_changes_no_answer(client: RawClient) -> None:
    for header in (("Range", "bytes=0-1"), ("Range", "bytes=9-1,x"), ("Expect", "100-continue"), ("Expect", "x")):
        response = client.ask("GET", "/api/health", None, [header])
        assert (response.status, response.json["status"]) == (200, "ok")


def test_a_body_that_waits_to_be_wanted_is_wanted(client: RawClient) -> None:
    body = json.dumps({"type": "t", "ref": "waits"}).encode()
    assert client.ask("POST", "/api/jobs", body, [("Expect", "100-continue")]).status == 201


def test_neither_a_target_nor_a_header_makes_an_answer_name_another_host(client: RawClient) -> None:
    body = json.dumps({"type": "t", "ref": "elsewhere", "unique": False}).encode()
    forwarded: list[Header] = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "gopher")]
    assert client.ask("POST", "http://evil.example/api/jobs", body, forwarded).status == 403  # by the local host itself
    for target in ("http://127.0.0.1/api/jobs", "/api/jobs"):
        response = client.ask("POST", target, body, forwarded)
        assert (response.status, response.headers["location"]) == (201, f"/api/jobs/{response.json['id']}")
        assert b"evil" not in response.body + str(response.headers).encode()


def test_a_name_that_is_none_is_refused_and_reaches_no_header(client: RawClient) -> None:
    for name in ("a\r\nX-Evil: 1", "a\nb", "a\0", "\x7f", "\x85", "a\ufffe", "../a", "./a", "a/..", "a" * 1025):
        response = client.ask("POST", "/api/images", json.dumps({"name": name}).encode())
        assert (response.status, response.code) == (422, "invalid"), name
        escaped = "".join(f"%{byte:02x}" for byte in name.encode())
        put = client.ask("PUT", f"/api/images/{escaped}", b"x", content_type="image/png")
        assert (put.status // 100, "x-evil" in put.headers) == (4, False), name


def test_quotes_of_a_query_are_text_in_every_field(client: RawClient) -> None:
    fields = {"type": "t", "ref": QUOTES, "params": {QUOTES: QUOTES}}
    job = client.ask("POST", "/api/jobs", json.dumps(fields).encode())
    place = job.headers["location"]
    claim = client.ask("POST", f"{place}/claim", json.dumps({"owner": QUOTES}).encode())
    lease: list[Header] = [("If-Match", claim.headers["etag"])]
    renewal = client.ask("POST", f"{place}/renew", json.dumps({"cursor": QUOTES}).encode(), lease)
    error = {"code": "bad_input", "message": QUOTES}
    assert client.ask("POST", f"{place}/fail", json.dumps({"error": error}).encode(), lease).status == 200
    assert (job.status, renewal.json["ref"], renewal.json["owner"], renewal.json["cursor"]) == (201, *[QUOTES] * 3)


def test_a_line_break_of_a_query_finds_nothing_and_ends_no_header(client: RawClient) -> None:
    response = client.ask("GET", "/api/jobs?type=t&ref=a%0d%0aX-Evil:%201")
    assert (response.status, response.json["items"], "x-evil" in response.headers) == (200, [], False)


def test_quotes_of_a_query_find_only_what_has_them(client: RawClient, host: ApiHost) -> None:
    for ref in (QUOTES + "!", "other"):
        assert client.ask("POST", "/api/jobs", json.dumps({"type": "q", "ref": ref}).encode()).status == 201
    for ref, count in ((QUOTES + "!", 1), (QUOTES, 0), ("'", 0), ("''", 0)):
        page = host.ask("GET", "/api/jobs?type=q&ref=" + "".join(f"%{byte:02x}" for byte in ref.encode()))
        assert (page.status, [job["ref"] for job in json.loads(page.data)["items"]]) == (200, [ref] * count)
    assert json.loads(host.ask("GET", "/api/images?name=%27%20or%201%20eq%201").data)["items"] == []


def test_the_host_has_met_no_error_of_its_own(host: ApiHost) -> None:
    lines = [json.loads(line) for line in host.log.read_text("utf-8").splitlines()]
    errors = [line for line in lines if line.get("level") == "error" or line.get("outcome") == "failed"]
    assert errors == []
