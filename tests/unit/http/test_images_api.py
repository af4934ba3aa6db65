import pytest

from shared.errors import NoSuchImage
from shared.images import ImageRef
from shared.index import Thumbnail
from tests.unit.http.calling import Site

NOBODY = "0" * 32


def test_an_image_that_is_there_is_taken_in(site: Site) -> None:
    site.world.upload("cat.png")
    answer = site.call("POST", "/images", {"name": "cat.png"})
    assert (answer.status, answer.headers["location"]) == (202, f"/api/jobs/{answer.json['id']}")
    assert answer.headers["retry-after"] == "2"
    assert site.call("GET", f"/jobs/{answer.json['id']}").json["image"]["name"] == "cat.png"


def test_an_image_that_is_not_there_is_404(site: Site) -> None:
    assert site.call("POST", "/images", {"name": "cat.png"}).refusal == (404, "no_such_blob", None)


@pytest.mark.parametrize("name", ["", "a/../b", "a\u0000", "x" * 1025])
def test_a_name_that_none_can_have_is_422(site: Site, name: str) -> None:
    assert site.call("POST", "/images", {"name": name}).refusal == (422, "invalid", "body.name")


def test_a_name_in_a_path_is_checked_as_well(site: Site) -> None:
    assert site.call("PUT", "/images/a/%2E%2E/b", b"x").refusal == (422, "invalid", "path.image")
    assert site.call("GET", "/images?name=..").refusal == (422, "invalid", "query.name")


def test_an_upload_is_stored_and_recorded(site: Site) -> None:
    answer = site.uploaded("a/b.png")
    assert (answer.status, answer.json["outcome"]) == (202, "recorded")
    head = site.world.images.head(ImageRef("images", "a/b.png"))
    assert (head.size_bytes, head.content_type) == (5, "image/png")


def test_an_empty_upload_and_a_media_type_that_is_none_are_422(site: Site) -> None:
    assert site.call("PUT", "/images/a", b"").refusal == (422, "invalid", "body")
    answer = site.call("PUT", "/images/a", b"x", content_type="a b")
    assert answer.refusal == (422, "invalid", "header.content-type")


def test_an_upload_may_ask_for_a_free_name(site: Site) -> None:
    assert site.call("PUT", "/images/a", b"x", if_none_match="*").status == 202
    assert site.call("PUT", "/images/a", b"x", if_none_match="*").refusal == (412, "mismatch", None)
    assert site.call("PUT", "/images/a", b"x", if_none_match='"x"').refusal[2] == "header.if-none-match"


def test_an_upload_may_name_the_version_that_it_replaces(site: Site) -> None:
    site.uploaded("a")
    etag = site.call("GET", "/images?name=a").json["items"][0]["etag"]
    assert site.call("PUT", "/images/a", b"y", if_match=f'"{etag}"').status == 202
    for other in (f'"{etag}"', f'W/"{etag}"', "x"):
        assert site.call("PUT", "/images/a", b"z", if_match=other).refusal == (412, "mismatch", None)


def test_images_are_found_by_id_and_by_name(site: Site) -> None:
    taken = site.uploaded().json
    by_id = site.call("GET", f"/images/{taken['image_id']}").json
    assert (by_id["name"], by_id["state"], by_id["job"]["id"]) == ("cat.png", "PENDING", taken["id"])
    assert site.call("GET", "/images?name=cat.png").json == {"items": [by_id], "cursor": None}
    assert site.call("GET", "/images?name=dog.png").json == {"items": [], "cursor": None}


def test_an_image_that_nobody_knows_is_404(site: Site) -> None:
    assert site.call("GET", f"/images/{NOBODY}").refusal == (404, "no_such_image", None)
    assert site.call("GET", f"/images/{NOBODY}/thumbnail").refusal == (404, "no_such_image", None)
    assert site.call("GET", "/images/x").refusal == (422, "invalid", "path.image")


def test_a_list_of_images_goes_on_where_it_ended(site: Site) -> None:
    names = {site.uploaded(f"{n}").json["image_id"] for n in range(3)}
    first = site.call("GET", "/images?limit=2").json
    second = site.call("GET", f"/images?limit=2&cursor={first['cursor']}").json
    assert {image["image_id"] for image in first["items"] + second["items"]} == names
    assert site.call("GET", "/images?cursor=x").refusal == (422, "invalid", "query.cursor")


def test_a_thumbnail_is_bytes_that_a_client_may_keep(site: Site) -> None:
    site.darkroom.lookup.thumbnail = lambda _: Thumbnail(b"tiny", "image/webp", "j", 3)
    answer = site.call("GET", f"/images/{NOBODY}/thumbnail")
    assert (answer.body, answer.headers["content-type"], answer.headers["etag"]) == (b"tiny", "image/webp", '"j.3"')
    assert answer.headers["cache-control"] == "private, max-age=300"
    again = site.call("GET", f"/images/{NOBODY}/thumbnail", if_none_match='"j.3"')
    assert (again.status, again.body) == (304, b"")


def test_an_image_whose_job_is_purged_keeps_its_end(site: Site) -> None:
    taken = site.uploaded().json
    site.call("POST", f"/jobs/{taken['id']}/cancel")
    site.call("DELETE", f"/jobs/{taken['id']}")
    told = site.call("GET", f"/images/{taken['image_id']}").json
    assert (told["job"], told["state"]) == (None, "CANCELED")


def test_no_image_is_no_error_of_a_list(site: Site) -> None:
    def nobody(_: str) -> None:
        raise NoSuchImage

    site.darkroom.lookup.image_named = nobody
    assert site.call("GET", "/images?name=a").json["items"] == []
