"""The lists of jobs and of images as clients ask for them: filters, brief items, pages that they have already."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from shared.http.cursors import encode
from shared.rules.jobs import JobError, State
from tests.doubles.reports import report
from tests.unit.http.client import Client

LISTS = ("/jobs", "/images", "/images?order=newest", "/images?name=a.png")
LEFT_OUT = {"report", "result", "params", "cursor"}
HOSTILE: tuple[dict[str, Any], ...] = (
    {"image": 7, "quality": ["dark"]},
    {"quality": {"flags": [{"a": 1}]}, "source": None, "status": []},
    {},
)


def end(client: Client, job_id: str, **changes: Any) -> None:  # noqa: ANN401 - of a job
    """Let a job stand in its row as an end has left it."""
    client.world.clock.advance(60)
    rows, now = client.world.jobs.table.jobs, client.world.clock.server.now()
    rows[job_id] = replace(rows[job_id], job=replace(rows[job_id].job, due=None, ended=now, **changes))


@pytest.fixture
def client() -> Client:
    """Give an image that waits, one that is analysed, one that failed, and a job of another type."""
    client = Client()
    _, done, failed = [client.upload(name).json["id"] for name in ("a.png", "2026/B.png", "2026/c.png")]
    client.add_job("books/a", params={"n": 1})
    sections = {"quality": {"flags": ["dark"]}, "image": {"format": "png", "width_px": 3}}
    end(client, done, state=State.COMPLETED, report=report(**sections, privacy={"has_gps": True}))
    error = JobError("no_cat", "There is none.", client.world.clock.server.now())
    end(client, failed, state=State.FAILED, error=error)
    return client


def names(client: Client, query: str) -> list[str]:
    return [image["name"] for image in client.call("GET", f"/images?{query}").json["items"]]


def refs(client: Client, query: str) -> list[str]:
    return [job["ref"] for job in client.call("GET", f"/jobs?{query}").json["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("order=newest", ["a.png", "2026/c.png", "2026/B.png"]),
        ("state=FAILED", ["2026/c.png"]),
        ("error=no_cat", ["2026/c.png"]),
        ("flag=gps", ["2026/B.png"]),
        ("format=png", ["2026/B.png"]),
        ("prefix=2026/", ["2026/c.png", "2026/B.png"]),
        ("q=b.P", ["2026/B.png"]),
        ("since=2999-01-01T00:00:00Z", []),
        ("until=2999-01-01T00:00:00Z&state=PENDING", ["a.png"]),
    ],
)
def test_a_filter_of_images_brings_them_in_the_order_of_what_happened_last(
    client: Client, query: str, found: list[str]
) -> None:
    assert names(client, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("error=no_cat", ["images/2026/c.png"]),
        ("ref_prefix=images/2026/", ["images/2026/c.png", "images/2026/B.png"]),
        ("ref_prefix=books", ["books/a"]),
        ("flag=dark", ["images/2026/B.png"]),
        ("since=2999-01-01T00:00:00Z", []),
        ("until=2999-01-01T00:00:00Z&type=t", ["books/a"]),
    ],
)
def test_jobs_are_filtered_as_well(client: Client, query: str, found: list[str]) -> None:
    assert refs(client, query) == found


@pytest.mark.parametrize("path", ["/jobs", "/images"])
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("error=No+Cat", "error"),
        ("error=", "error"),
        ("error=" + "a" * 65, "error"),
        ("flag=DARK", "flag"),
        ("flag=a%00", "flag"),
        ("since=yesterday", "since"),
        ("until=2026-01-01", "until"),
        ("brief=perhaps", "brief"),
        ("limit=201", "limit"),
        ("state=DONE", "state"),
        ("nothing=1", "nothing"),
        ("error=a&error=b", "error"),
    ],
)
def test_a_filter_that_cant_be_used_is_422_and_named(client: Client, path: str, query: str, wrong: str) -> None:
    response = client.call("GET", f"{path}?{query}")
    assert response.refusal == (422, "invalid", f"query.{wrong}")
    assert response.json["errors"][0]["message"].startswith("must ")


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/jobs?ref_prefix=", "ref_prefix"),
        ("/images?order=oldest", "order"),
        ("/images?format=P+NG", "format"),
        ("/images?prefix=" + "a" * 1025, "prefix"),
        ("/images?q=", "q"),
        ("/images?name=a&order=newest", "name"),
        ("/images?name=a&flag=dark", "name"),
    ],
)
def test_a_filter_of_one_list_is_checked_as_well(client: Client, path: str, wrong: str) -> None:
    assert client.call("GET", path).refusal == (422, "invalid", f"query.{wrong}")


def test_a_brief_job_has_no_report_but_its_flags(client: Client) -> None:
    whole, brief = (client.call("GET", f"/jobs?{query}").json["items"] for query in ("", "brief=true"))
    assert [job.pop("flags") for job in brief] == [[], [], [], ["dark", "gps"]]
    assert brief == [{name: value for name, value in job.items() if name not in LEFT_OUT} for job in whole]


def test_a_brief_image_has_a_summary_in_place_of_its_report(client: Client) -> None:
    waits, failed, done = client.call("GET", "/images?order=newest&brief=true").json["items"]
    assert (waits["summary"], failed["summary"]) == (None, None)
    assert done["summary"]["flags"] == done["job"]["flags"] == ["dark", "gps"]
    assert (done["summary"]["format"], done["summary"]["width_px"], done["summary"]["mean"]) == ("png", 3, None)
    assert not LEFT_OUT & done["job"].keys()
    by_name = client.call("GET", "/images?name=2026/B.png&brief=true").json["items"]
    assert [done] == by_name == [image for image in images(client, "brief=true") if image["name"] == done["name"]]


def images(client: Client, query: str) -> Iterable[Any]:
    items: list[Any] = client.call("GET", f"/images?{query}").json["items"]
    return items


@pytest.mark.parametrize("wrong", HOSTILE)
def test_a_list_survives_any_report(client: Client, wrong: dict[str, Any]) -> None:
    rows = client.world.jobs.table.jobs
    (done,) = [row for row in rows.values() if row.job.state is State.COMPLETED]
    rows[done.job.id] = replace(done, job=replace(done.job, report=wrong))
    for path in ("/jobs?brief=true", "/images?brief=true", "/images?flag=dark", "/jobs?flag=dark"):
        assert client.call("GET", path).status == 200
    (image,) = client.call("GET", "/images?brief=true&state=COMPLETED").json["items"]
    assert (image["summary"]["flags"], image["summary"]["format"], image["summary"]["thumbnail"]) == ([], None, False)


@pytest.mark.parametrize("path", LISTS)
def test_a_page_that_the_client_has_already_is_304_until_something_has_changed(client: Client, path: str) -> None:
    first = client.call("GET", path)
    again = client.call("GET", path, if_none_match=first.headers["etag"])
    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    for job in client.call("GET", "/jobs?state=PENDING").json["items"]:
        client.call("POST", f"/jobs/{job['id']}/cancel")
    changed = client.call("GET", path, if_none_match=first.headers["etag"])
    assert (changed.status, changed.headers["etag"] == first.headers["etag"]) == (200, False)


@pytest.mark.parametrize("path", ["/jobs?limit=1", "/images?order=newest&limit=1", "/images?limit=1"])
def test_a_full_page_is_complete_and_goes_on_with_the_same_filters_alone(client: Client, path: str) -> None:
    page = client.call("GET", path).json
    assert (len(page["items"]), page["complete"]) == (1, True)
    following = client.call("GET", f"{path}&cursor={page['cursor']}").json
    assert following["items"][0] != page["items"][0]
    for other in ("state=FAILED", "since=2026-01-01T00:00:00Z", "flag=dark", "error=no_cat"):
        refusal = client.call("GET", f"{path}&{other}&cursor={page['cursor']}").refusal
        assert refusal == (422, "invalid", "query.cursor")


@pytest.mark.parametrize("path", ["/jobs?error=no_cat", "/images?error=no_cat"])
def test_a_page_that_has_looked_at_enough_is_incomplete_and_goes_on(client: Client, path: str) -> None:
    client.darkroom.pages.most_rows = 1
    for number in range(30):
        end(client, client.upload(f"{number}.png").json["id"], state=State.CANCELED)
    page = client.call("GET", path).json
    assert (page["items"], page["complete"], page["cursor"] is None) == ([], False, False)
    seen: list[Any] = []
    while page["cursor"] is not None:
        page = client.call("GET", f"{path}&cursor={page['cursor']}").json
        seen += page["items"]
    assert (len(seen), page["complete"]) == (1, True)


def test_a_forged_place_among_images_is_not_looked_up(client: Client) -> None:
    filters: list[Any] = ["newest", [], *[None] * 7]
    for place in ([2, 0, "x", ""], [0, -1, "", ""], [0, 0, "' or 1", ""], [0, 0, "", "T"]):
        cursor = encode(place, filters)  # type: ignore[arg-type] # a list of both
        assert client.call("GET", f"/images?order=newest&cursor={cursor}").refusal == (422, "invalid", "query.cursor")
