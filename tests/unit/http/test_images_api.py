from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import InvalidReference, NoSuchImage
from shared.ports.images import Thumbnail
from shared.rules.images import ImageRef
from tests.doubles.reports import report
from tests.unit.acts import raising
from tests.unit.http.client import Client, Response

NOBODY = "0" * 32
PNG = b"\x89PNG\r\n\x1a\n and so on"


def test_an_image_that_is_there_is_taken_in(client: Client) -> None:
    client.world.upload("cat.png")
    response = client.call("POST", "/images", {"name": "cat.png"})
    assert (response.status, response.headers["location"]) == (202, f"/api/jobs/{response.json['id']}")
    assert response.headers["retry-after"] == "2"
    assert client.call("GET", f"/jobs/{response.json['id']}").json["image"]["name"] == "cat.png"


def test_an_image_that_is_not_there_is_404(client: Client) -> None:
    assert client.call("POST", "/images", {"name": "cat.png"}).refusal == (404, "no_such_blob", None)


@pytest.mark.parametrize("name", ["", "a/../b", "a\u0000", "x" * 1025])
def test_a_name_that_none_can_have_is_422(client: Client, name: str) -> None:
    assert client.call("POST", "/images", {"name": name}).refusal == (422, "invalid", "body.name")


@pytest.mark.case("storage backslash", was="202: a second job under an alias")
@pytest.mark.parametrize(("name", "why"), [("a\\b.png", "backslash"), ("b.", "dot"), ("../x", "'..'")])
def test_a_refusal_of_a_name_says_why_and_names_the_field(client: Client, name: str, why: str) -> None:
    response = client.call("POST", "/images", {"name": name})
    assert response.refusal == (422, "invalid", "body.name")
    assert why in response.json["errors"][0]["message"]


@pytest.mark.case("storage refused name", was="503: ask again")
def test_a_name_that_the_service_refuses_is_422_for_whoever_brings_it(client: Client) -> None:
    refuse = raising(InvalidReference("The blob service refuses the blob name: InvalidUri."))
    client.world.images.before("head", refuse)
    assert client.call("POST", "/images", {"name": "\uf003"}).refusal == (422, "invalid", "body.name")
    client.world.images.before("put", refuse)
    assert client.call("PUT", "/images/%EF%80%83", b"x").refusal == (422, "invalid", "path.image")


@pytest.mark.case("storage folder marker", was="a FAILED job")
def test_the_marker_of_a_folder_is_409(client: Client) -> None:
    client.world.images.mark(client.world.upload("album", data=b""), folder=True)
    assert client.call("POST", "/images", {"name": "album"}).refusal == (409, "folder_marker", None)


def test_a_name_in_a_path_is_checked_as_well(client: Client) -> None:
    assert client.call("PUT", "/images/a/%2E%2E/b", b"x").refusal == (422, "invalid", "path.image")
    assert client.call("GET", "/images?name=..").refusal == (422, "invalid", "query.name")


@pytest.mark.parametrize("name", ["a%0Ab", "a/b%0A", "%0D%0Aa", "a%E2%80%A9%C2%85"])
def test_a_line_end_in_an_uploads_name_is_told_as_what_is_wrong_with_it(client: Client, name: str) -> None:
    assert client.call("PUT", f"/images/{name}", b"x").refusal == (422, "invalid", "path.image")


def test_an_upload_is_stored_and_recorded(client: Client) -> None:
    response = client.upload("a/b.png")
    assert (response.status, response.json["outcome"]) == (202, "recorded")
    head = client.world.images.head(ImageRef("images", "a/b.png"))
    assert (head.size_bytes, head.content_type) == (5, "image/png")


def test_an_empty_upload_is_422(client: Client) -> None:
    assert client.call("PUT", "/images/a", b"").refusal == (422, "invalid", "body")


def test_an_upload_may_ask_for_a_free_name(client: Client) -> None:
    assert client.call("PUT", "/images/a", b"x", if_none_match="*").status == 202
    assert client.call("PUT", "/images/a", b"x", if_none_match="*").refusal == (412, "mismatch", None)
    assert client.call("PUT", "/images/a", b"x", if_none_match='"x"').refusal[2] == "header.if-none-match"


def test_an_upload_may_name_the_version_that_it_replaces(client: Client) -> None:
    client.upload("a")
    etag = client.call("GET", "/images?name=a").json["items"][0]["etag"]
    assert client.call("PUT", "/images/a", b"y", if_match=f'"{etag}"').status == 202
    for other in (f'"{etag}"', f'W/"{etag}"', "x"):
        assert client.call("PUT", "/images/a", b"z", if_match=other).refusal == (412, "mismatch", None)


def test_where_any_version_may_stand_one_must(client: Client) -> None:
    assert client.call("PUT", "/images/a", b"x", if_match="*").refusal == (412, "mismatch", None)
    assert not client.world.images.blobs
    assert client.call("PUT", "/images/a", b"x").status == 202
    assert client.call("PUT", "/images/a", b"y", if_match="*").status == 202
    assert client.call("PUT", "/images/a", b"z", if_match="*", if_none_match="*").refusal == (412, "mismatch", None)
    assert client.call("PUT", "/images/a", b"z", if_match='"*"').refusal == (412, "mismatch", None)
    assert [blob.data for blob in client.world.images.blobs.values()] == [b"y"]


def test_images_are_found_by_id_and_by_name(client: Client) -> None:
    upload = client.upload().json
    by_id = client.call("GET", f"/images/{upload['image_id']}").json
    assert (by_id["name"], by_id["state"], by_id["job"]["id"]) == ("cat.png", "PENDING", upload["id"])
    assert client.call("GET", "/images?name=cat.png").json == {"items": [by_id], "cursor": None, "complete": True}
    assert client.call("GET", "/images?name=dog.png").json == {"items": [], "cursor": None, "complete": True}


def test_an_image_that_nobody_knows_is_404(client: Client) -> None:
    assert client.call("GET", f"/images/{NOBODY}").refusal == (404, "no_such_image", None)
    assert client.call("GET", f"/images/{NOBODY}/thumbnail").refusal == (404, "no_such_image", None)
    assert client.call("GET", "/images/x").refusal == (422, "invalid", "path.image")


def test_a_list_of_images_goes_on_where_it_ended(client: Client) -> None:
    names = {client.upload(f"{n}").json["image_id"] for n in range(3)}
    first = client.call("GET", "/images?limit=2").json
    second = client.call("GET", f"/images?limit=2&cursor={first['cursor']}").json
    assert {image["image_id"] for image in first["items"] + second["items"]} == names
    assert client.call("GET", "/images?cursor=x").refusal == (422, "invalid", "query.cursor")


def test_a_thumbnail_is_bytes_that_a_client_may_keep(client: Client) -> None:
    client.darkroom.lookup.thumbnail = lambda _: Thumbnail(PNG, "text/html", "j", 3)
    response = client.call("GET", f"/images/{NOBODY}/thumbnail")
    assert (response.body, response.headers["content-type"], response.headers["etag"]) == (PNG, "image/png", '"j.3"')
    assert response.headers["cache-control"] == "private, max-age=300"
    again = client.call("GET", f"/images/{NOBODY}/thumbnail", if_none_match='"j.3"')
    assert (again.status, again.body) == (304, b"")


def test_an_image_whose_job_is_purged_keeps_its_end(client: Client) -> None:
    upload = client.upload().json
    client.call("POST", f"/jobs/{upload['id']}/cancel")
    client.call("DELETE", f"/jobs/{upload['id']}")
    image = client.call("GET", f"/images/{upload['image_id']}").json
    assert (image["job"], image["state"]) == (None, "CANCELED")


def test_no_image_is_no_error_of_a_list(client: Client) -> None:
    client.darkroom.lookup.image_by_name = raising(NoSuchImage())
    assert client.call("GET", "/images?name=a").json["items"] == []


@pytest.mark.parametrize(
    ("declared", "stored"),
    [("", "application/octet-stream"), ("IMAGE/PNG; q=1", "image/png"), ("image/heic ", "image/heic")],
)
def test_an_upload_may_declare_an_image_or_nothing(client: Client, declared: str, stored: str) -> None:
    assert client.call("PUT", "/images/a", b"x", content_type=declared).status == 202
    assert client.world.images.head(ImageRef("images", "a")).content_type == stored


@pytest.mark.case("security L", was="202: text/html was stored as declared")
@pytest.mark.parametrize(
    "declared",
    ["text/html", "image/svg+xml", "image/svg", "a b", "image/*", "text/html;image/png", "image/png\x0b", "*"],
)
def test_an_upload_that_declares_anything_else_is_415_with_the_list(client: Client, declared: str) -> None:
    response = client.call("PUT", "/images/a", b"x", content_type=declared)
    assert response.refusal == (415, "not_an_image", None)
    assert "image/webp" in response.json["detail"]
    assert declared not in response.json["detail"]
    assert client.world.journal == []


@pytest.mark.case("security C2", was="text/html of the API's origin")
@pytest.mark.parametrize(
    ("data", "mime"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp")],
)
def test_a_thumbnail_is_shown_by_what_it_is_and_in_a_sandbox(client: Client, data: bytes, mime: str) -> None:
    client.darkroom.lookup.thumbnail = lambda _: Thumbnail(data, "text/html", "j", 3)
    headers = client.call("GET", f"/images/{NOBODY}/thumbnail").headers
    assert (headers["content-type"], headers["x-content-type-options"]) == (mime, "nosniff")
    assert {"sandbox", "default-src 'none'"} <= set(headers["content-security-policy"].split("; "))


@pytest.mark.parametrize("data", [b"<svg onload=x>", b"RIFF\0\0\0\0WAVE", b"GIF89a", b"\x89PNG", b""])
def test_what_is_no_thumbnail_by_its_bytes_is_never_served(client: Client, data: bytes) -> None:
    client.darkroom.lookup.thumbnail = lambda _: Thumbnail(data, "image/png", "j", 3)
    assert client.call("GET", f"/images/{NOBODY}/thumbnail").refusal == (404, "no_such_image", None)


@pytest.mark.parametrize("path", ["/jobs", "/metrics", "/nothing", "/openapi.json", "/%ff", "/images/x"])
def test_no_answer_but_the_page_may_run_anything(client: Client, path: str) -> None:
    headers = client.call("GET", path).headers
    assert "sandbox" in headers["content-security-policy"]
    assert "sandbox" not in client.call("GET", "/dashboard").headers["content-security-policy"]


SMALL = {"width_px": 1, "height_px": 1, "bytes": 3, "mime": "image/webp"}


def claim_image(client: Client) -> Response:
    upload = client.upload().json
    return client.call("POST", f"/jobs/{upload['id']}/claim", {"owner": "w"})


def test_an_external_workers_report_is_taken_when_it_is_one(client: Client) -> None:
    result = report(labels={"found": ["cat"]})
    assert client.report(claim_image(client), "complete", {"result": result}).json["report"] == result


@pytest.mark.case("security C1", was="200: whatever was posted became the report")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"thumbnail": {"name": "../secrets/crown.txt"}}, "thumbnail.bytes"),
        ({"thumbnail": 1}, "thumbnail"),
        ({"schema": 2}, "schema"),
        ({"status": "fine"}, "status"),
        ({"warnings": [1]}, "warnings[0]"),
        ({"source": None}, "source"),
        ({"image": {"format": "png"}}, "image.animated"),
        ({"timing": {"decode_ms": -1, "analyze_ms": 0}}, "timing.decode_ms"),
        ({"labels": ["cat"]}, "labels"),
        ({"thumbnail": {**SMALL, "mime": "text/html"}}, "thumbnail.mime"),
        ({"thumbnail": {**SMALL, "name": "../secrets/crown.txt"}}, "thumbnail.name"),
        ({"thumbnail": {**SMALL, "name": f"image-analysis-{'0' * 32}/1.webp"}}, "thumbnail.name"),
        ({"source": {**report()["source"], "mime": "text/html"}}, "source.mime"),
        ({"error": {"code": "too_many_pixels", "message": "No."}}, "error"),
        ({"status": "partial"}, "error"),
    ],
)
def test_an_image_result_that_is_no_report_is_422_and_leaves_the_job_held(
    client: Client, wrong: dict[str, Any], field: str
) -> None:
    lease = claim_image(client)
    assert client.report(lease, "complete", {"result": report(**wrong)}).refusal == (
        422,
        "invalid",
        f"body.result.{field}",
    )
    assert client.report(lease, "complete", {"result": {}}).refusal[2] == "body.result.analyzer"
    assert client.report(lease, "complete", {"result": report()}).status == 200


def test_an_external_worker_may_name_the_thumbnail_of_its_own_attempt(client: Client) -> None:
    lease = claim_image(client)
    result = report(thumbnail={**SMALL, "container": "thumbnails", "name": f"{lease.json['id']}/1.webp"})
    assert client.report(lease, "complete", {"result": result}).json["report"] == result


def test_the_result_of_another_type_is_the_workers_own_affair(client: Client) -> None:
    lease = client.claim_job()
    assert client.report(lease, "complete", {"result": {"thumbnail": {"name": "../x"}}}).status == 200


def test_who_has_lost_the_job_is_told_so_whatever_the_report_is(client: Client) -> None:
    lease = claim_image(client)
    client.world.rival_claims(lease.json["id"])
    assert client.report(lease, "complete", {"result": {}}).refusal == (412, "stale", None)


@pytest.mark.case("security C1", was="200: a blob of another container was served")
@pytest.mark.parametrize("name", ["../secrets/crown.txt", "other-job/1.webp", "x"])
def test_the_place_of_a_thumbnail_that_a_report_names_is_never_followed(client: Client, name: str) -> None:
    lease = claim_image(client)
    with suppress(InvalidReference):  # which no store keeps under such a name
        client.world.images.insert_thumbnail(name, PNG, mime="image/png")
    place = {"container": "..", "name": name, "width_px": 1, "height_px": 1, "bytes": 9, "mime": "text/html"}
    assert client.report(lease, "complete", {"result": report(thumbnail=place)}).status == 422
    job_id, rows = client.report(lease, "complete", {"result": report()}).json["id"], client.world.jobs.table.jobs
    row = rows[job_id]
    rows[job_id] = replace(row, job=replace(row.job, report=report(thumbnail=place)))  # as an older release took it
    image_id = client.call("GET", "/images?name=cat.png").json["items"][0]["image_id"]
    assert client.call("GET", f"/images/{image_id}/thumbnail").refusal == (404, "no_such_image", None)
