"""Jobs come and go over HTTP: added once, found, listed, deleted, cleaned away, and still known."""

from datetime import UTC, datetime

import pytest

from tests.host.jobs.site import Site

NOBODY = f"word-count-{0:032x}"
LATER = "2999-01-01T00:00:00Z"


def test_an_added_job_stands_where_its_location_says(site: Site) -> None:
    answer = site.add("books/1", params={"lines": [1, 2]}, max_attempts=2)
    assert (answer.status, answer.headers["location"]) == (201, f"/api/jobs/{answer.json['id']}")
    job = site.job(answer.json["id"])
    assert (job["type"], job["ref"], job["params"]) == (site.kind, "books/1", {"lines": [1, 2]})
    assert (job["state"], job["attempts"], job["token"], job["owner"]) == ("PENDING", 0, 0, None)


def test_a_unique_job_is_added_once(site: Site) -> None:
    first, second = site.add(unique=True), site.add(unique=True, params={"other": 1})
    assert (first.status, second.status, second.json["id"]) == (201, 200, first.json["id"])
    assert second.json["params"] == {}


def test_jobs_that_are_not_unique_are_as_many_as_were_added(site: Site) -> None:
    answers = [site.add(unique=False) for _ in range(3)]
    assert ([answer.status for answer in answers], len({answer.json["id"] for answer in answers})) == ([201] * 3, 3)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/history", None),
        ("GET", "/why", None),
        ("POST", "/claim", {"owner": "w"}),
        ("POST", "/cancel", None),
        ("POST", "/redrive", None),
        ("DELETE", "", None),
        ("DELETE", "?forget=true", None),
    ],
)
def test_an_unknown_id_is_not_found_and_never_no_content(site: Site, method: str, path: str, body: object) -> None:
    assert site.call(method, f"/jobs/{NOBODY}{path}", body).refusal == (404, "no_such_job", None)


@pytest.mark.parametrize("report", ["renew", "complete", "retry", "abandon", "fail"])
def test_a_report_on_an_unknown_job_is_not_found(site: Site, report: str) -> None:
    held = site.claim(site.new_job(), lease=60)
    error = {"error": {"code": "c", "message": "m"}}
    body = {"renew": {}, "complete": {}, "retry": error, "fail": error}.get(report)
    answer = site.call("POST", f"/jobs/{NOBODY}/{report}", body, if_match=held.headers["etag"])
    assert answer.refusal == (404, "no_such_job", None)


def test_who_has_seen_a_job_is_told_when_it_has_not_moved(site: Site) -> None:
    job_id = site.new_job()
    etag = site.call("GET", f"/jobs/{job_id}").headers["etag"]
    same = site.call("GET", f"/jobs/{job_id}", if_none_match=etag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", etag)
    site.claim(job_id)
    assert site.call("GET", f"/jobs/{job_id}", if_none_match=etag).status == 200


def test_pages_meet_each_of_fifty_jobs_once_live_ones_first(site: Site) -> None:
    ids = [site.new_job(str(number)) for number in range(50)]
    for job_id in ids[::5]:
        assert site.call("POST", f"/jobs/{job_id}/cancel").status == 200
    seen, pages, cursor = [], 0, ""
    while pages == 0 or cursor:
        page = site.call("GET", f"/jobs?type={site.kind}&limit=7{cursor}").json
        seen += [(job["state"], job["id"]) for job in page["items"]]
        pages, cursor = pages + 1, page["cursor"] and f"&cursor={page['cursor']}"
    assert sorted(job_id for _, job_id in seen) == sorted(ids)
    assert ([state for state, _ in seen], pages) == (["PENDING"] * 40 + ["CANCELED"] * 10, 8)


def test_lists_are_by_state_by_reference_and_by_the_moment_of_the_end(site: Site) -> None:
    done, waiting = site.completed("a"), site.new_job("b")
    ended_at = site.job(done)["ended_at"]

    def list_ids(query: str) -> list[str]:
        return [job["id"] for job in site.call("GET", f"/jobs?type={site.kind}&{query}").json["items"]]

    assert (list_ids("state=COMPLETED"), list_ids("state=PENDING"), list_ids("ref=b")) == ([done], [waiting], [waiting])
    assert (list_ids(f"ended_from={ended_at}"), list_ids(f"ended_to={ended_at}")) == ([done], [])


def test_a_deleted_job_is_gone_and_its_reference_stays_taken_until_it_is_forgotten(site: Site) -> None:
    job_id = site.completed(unique=True)
    assert site.call("DELETE", f"/jobs/{job_id}").status == 204
    assert site.call("GET", f"/jobs/{job_id}").refusal == (404, "no_such_job", None)
    again = site.add(unique=True)
    assert (again.status, again.json["purged"], again.json["id"]) == (200, True, job_id)
    assert site.call("DELETE", f"/jobs/{job_id}?forget=true").status == 204
    assert site.add(unique=True).status == 201


def test_a_job_that_is_deleted_and_forgotten_at_once_may_be_added_again(site: Site) -> None:
    job_id = site.completed(unique=True)
    assert site.call("DELETE", f"/jobs/{job_id}?forget=true").status == 204
    assert (site.add(unique=True).status, site.job(job_id)["state"]) == (201, "PENDING")


def test_a_live_job_can_not_be_deleted(site: Site) -> None:
    waiting, running = site.new_job("a"), site.new_job("b")
    site.claim(running, lease=60)
    for job_id in (waiting, running):
        assert site.call("DELETE", f"/jobs/{job_id}?forget=true").refusal == (409, "live", None)
        assert site.call("GET", f"/jobs/{job_id}").status == 200


def test_an_operator_who_has_seen_an_older_version_changes_nothing(site: Site) -> None:
    job_id = site.new_job()
    seen = site.call("GET", f"/jobs/{job_id}").headers["etag"]
    site.claim(job_id, lease=60)
    assert site.call("POST", f"/jobs/{job_id}/cancel", if_match=seen).refusal == (412, "mismatch", None)
    newer = site.call("GET", f"/jobs/{job_id}").headers["etag"]
    assert site.call("POST", f"/jobs/{job_id}/cancel", if_match=newer).status == 200
    assert site.call("DELETE", f"/jobs/{job_id}", if_match=newer).refusal == (412, "mismatch", None)
    assert site.call("POST", f"/jobs/{job_id}/redrive", if_match=newer).refusal == (412, "mismatch", None)
    assert site.job(job_id)["state"] == "CANCELED"


def test_cleaning_takes_what_has_ended_and_spares_who_waits_or_runs(site: Site) -> None:
    done, waiting, running = (site.completed("a"), site.new_job("b"), site.new_job("c"))
    held = site.claim(running)
    gone = site.call("POST", "/jobs/purge", {"before": LATER})
    assert (gone.status, gone.json["left"], gone.json["jobs"] >= 1) == (200, False, True)
    assert [site.call("GET", f"/jobs/{job_id}").status for job_id in (done, waiting, running)] == [404, 200, 200]
    assert site.tell(held, "complete", {"result": {"n": 1}}).json["state"] == "COMPLETED"


def test_cleaning_is_by_state_and_by_the_moment_of_the_end(site: Site) -> None:
    done, canceled = site.completed("a"), site.new_job("b")
    site.call("POST", f"/jobs/{canceled}/cancel")
    before = site.job(done)["ended_at"]
    for order in ({"before": LATER, "state": "FAILED"}, {"before": before, "state": "COMPLETED"}):
        assert site.call("POST", "/jobs/purge", order).status == 200
        assert site.job(done)["state"] == "COMPLETED"
    site.call("POST", "/jobs/purge", {"before": LATER, "state": "COMPLETED"})
    assert [site.call("GET", f"/jobs/{job_id}").status for job_id in (done, canceled)] == [404, 200]


def test_a_reference_stays_taken_when_its_job_was_cleaned_away_until_it_is_forgotten(site: Site) -> None:
    job_id = site.completed(unique=True)
    ended_at = site.job(job_id)["ended_at"]
    site.call("POST", "/jobs/purge", {"before": LATER, "state": "COMPLETED"})
    again = site.add(unique=True)
    assert (again.status, again.json["id"], again.json["purged"]) == (200, job_id, True)
    assert (again.json["state"], again.json["ended_at"]) == ("COMPLETED", ended_at)
    assert site.call("DELETE", f"/jobs/{job_id}?forget=true").status == 204
    assert (site.add(unique=True).status, site.job(job_id)["attempts"]) == (201, 0)


def test_a_job_of_the_future_waits_for_its_moment(site: Site) -> None:
    job_id = site.new_job(not_before=LATER)
    assert site.claim(job_id).refusal == (409, "not_due", None)
    assert site.next(wait_seconds=0).status == 204
    assert site.why(job_id) == "It is not due until 2999-01-01T00:00:00.000Z."
    assert datetime.fromisoformat(site.job(job_id)["not_before"]) == datetime(2999, 1, 1, tzinfo=UTC)
