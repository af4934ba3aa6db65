"""Workers from outside over HTTP: claimed, renewed, ended; and what comes of workers that die or come too late."""

from collections.abc import Iterator

import pytest

from shared.steps.operators import statistics
from shared.steps.work import late_reports
from tests.doubles.reports import report as minimal
from tests.doubles.world import png
from tests.host.jobs.grounds import Ground
from tests.host.jobs.site import Site
from tests.sdk_clients import table_of

ERROR = {"error": {"code": "bad_input", "message": "The text is empty."}}
REPORTS = {"renew": {}, "complete": {"result": {}}, "retry": ERROR, "abandon": None, "fail": ERROR}


class Late:
    """Jobs whose workers, all at once, have let their leases lapse, and jobs whose time is over.

    Attributes:
        site: With the jobs' type.
        claims: What those workers were answered, by reference.
        overdue: Ids.
    """

    def __init__(self, ground: Ground, site: Site) -> None:
        self.site = site
        self.overdue = [site.new_job(f"overdue {number}", ttl_seconds=1) for number in range(2)]
        poison = site.new_job("poison", max_attempts=2)
        ids = {report: site.new_job(report) for report in (*REPORTS, "nobody's")} | {"poison": poison}
        self.claims = {ref: site.claim(job_id, "late") for ref, job_id in ids.items()}
        ground.until(self._over, "the end of leases and times")

    def _over(self) -> bool:
        ids = [answer.json["id"] for answer in self.claims.values()]
        return all(" has lapsed" in self.site.why(job_id) for job_id in ids) and all(
            self.site.why(job_id).startswith("Its time limit passed") for job_id in self.overdue
        )


@pytest.fixture(scope="module")
def late(ground: Ground) -> Iterator[Late]:
    site = ground.site("t-late")
    yield Late(ground, site)
    site.close()


def stale_reports(ground: Ground, site: Site) -> int:
    """Return the total, counted anew: figures are kept for a minute."""
    table = table_of(ground.darkroom.storage.jobs)
    table.delete_entity("meta", f"mark:{statistics.MARK}")
    return int(site.call("GET", "/stats").json["stale_reports_total"])


def test_workers_get_every_due_job_of_a_type_one_each(site: Site) -> None:
    ids = {site.new_job(ref) for ref in "abc"}
    claims = [site.next(owner=f"w{number}", lease_seconds=60) for number in range(3)]
    assert {answer.json["id"] for answer in claims} == ids
    told = [(job["state"], job["owner"], job["token"], job["attempts"]) for job in (a.json for a in claims)]
    assert told == [("RUNNING", f"w{number}", 1, 1) for number in range(3)]
    none = site.next()
    assert (none.status, none.body) == (204, b"")


def test_a_job_in_hand_is_nobody_elses(site: Site) -> None:
    job_id = site.new_job()
    site.claim(job_id, "first", 60)
    assert site.claim(job_id, "second", 60).refusal == (409, "live", None)
    assert site.next(owner="second").status == 204
    assert site.job(job_id)["owner"] == "first"


def test_a_worker_renews_tells_how_far_it_is_and_completes(site: Site) -> None:
    job_id = site.new_job()
    held = site.claim(job_id, lease=60)
    renewed = site.tell(held, "renew", {"progress": 0.5, "cursor": "line 2", "lease_seconds": 600})
    assert renewed.json["lease_until"] > held.json["lease_until"]
    assert (site.job(job_id)["progress"], site.job(job_id)["cursor"]) == (0.5, "line 2")
    done = site.tell(renewed, "complete", {"result": {"words": 4}})
    assert (done.status, done.json["state"], done.json["result"]) == (200, "COMPLETED", {"words": 4})
    assert (site.job(job_id)["lease_until"], site.job(job_id)["report"]) == (None, None)
    (attempt,) = site.history(job_id)
    assert (attempt["outcome"], attempt["owner"], attempt["refused"]) == ("complete", "w", 0)
    assert site.why(job_id) == f"It completed at {site.job(job_id)['ended_at']}."


def test_any_etag_of_the_claim_is_the_lease(site: Site) -> None:
    held = site.claim(site.new_job(), lease=60)
    assert site.tell(held, "renew", {"progress": 0.5}).status == 200
    assert site.tell(held, "renew", {}).status == 200
    assert site.tell(held, "complete", {"result": {}}).status == 200


def test_a_result_that_is_told_again_is_taken_once(site: Site) -> None:
    job_id = site.new_job()
    held = site.claim(job_id, lease=60)
    answers = [site.tell(held, "complete", {"result": {"n": number}}) for number in range(3)]
    assert [(answer.status, answer.json["result"]) for answer in answers] == [(200, {"n": 0})] * 3
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert [attempt["refused"] for attempt in site.history(job_id)] == [0]


@pytest.mark.parametrize("report", ["retry", "abandon", "fail"])
def test_another_end_that_is_told_again_finds_a_wrong_state_and_counts_as_no_refusal(site: Site, report: str) -> None:
    job_id = site.new_job()
    held = site.claim(job_id, lease=60)
    assert site.tell(held, report, REPORTS[report]).status == 200
    state = site.job(job_id)["state"]
    assert site.tell(held, report, REPORTS[report]).refusal == (409, "wrong_state", None)
    assert (site.job(job_id)["state"], site.history(job_id)[0]["refused"]) == (state, 0)


def test_a_job_that_is_given_back_is_there_at_once_and_the_attempt_does_not_count(site: Site) -> None:
    job_id = site.new_job(max_attempts=1)
    given = site.tell(site.claim(job_id, lease=60), "abandon")
    assert (given.json["state"], given.json["owner"]) == ("PENDING", None)
    assert site.next().json["token"] == 2


def test_a_job_that_is_to_be_tried_again_waits_as_long_as_told(site: Site) -> None:
    job_id = site.new_job()
    told = site.tell(site.claim(job_id, lease=60), "retry", {**ERROR, "delay_seconds": 3600})
    assert (told.json["state"], told.json["error"]["code"]) == ("PENDING", "bad_input")
    assert site.claim(job_id).refusal == (409, "not_due", None)
    assert site.why(job_id).startswith(f"It is not due until {told.json['not_before']}")


def test_a_failed_job_is_listed_explained_and_opened_again(site: Site) -> None:
    job_id = site.new_job()
    assert site.tell(site.claim(job_id, lease=60), "fail", ERROR).json["state"] == "FAILED"
    listed = site.call("GET", f"/jobs?type={site.kind}&state=FAILED").json["items"]
    assert [(job["id"], job["error"]["code"]) for job in listed] == [(job_id, "bad_input")]
    assert " after 1 attempt: bad_input: The text is empty." in site.why(job_id)
    assert site.call("POST", f"/jobs/{job_id}/redrive").status == 202
    assert site.next().json["id"] == job_id


def test_the_worker_of_a_canceled_job_is_refused(site: Site) -> None:
    job_id = site.new_job()
    held = site.claim(job_id, lease=60)
    assert site.why(job_id).startswith("It is leased to w until ")
    assert site.call("POST", f"/jobs/{job_id}/cancel").json["state"] == "CANCELED"
    assert site.tell(held, "complete", {"result": {}}).refusal == (412, "stale", None)
    (attempt,) = site.history(job_id)
    assert (attempt["outcome"], attempt["refused"], attempt["refused_report"]) == ("cancel", 1, "complete")


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_without_a_lease_is_refused(site: Site, report: str) -> None:
    job_id = site.new_job()
    site.claim(job_id, lease=60)
    answer = site.call("POST", f"/jobs/{job_id}/{report}", REPORTS[report])
    assert answer.refusal == (428, "if_match_required", None)
    assert site.job(job_id)["state"] == "RUNNING"


def test_a_lapsed_lease_that_nobody_took_over_is_still_good(late: Late) -> None:
    held = late.claims["nobody's"]
    assert late.site.tell(held, "renew", {"lease_seconds": 60}).status == 200
    assert late.site.tell(held, "complete", {"result": {"n": 1}}).json["result"] == {"n": 1}


def test_each_report_of_a_worker_whose_job_another_has_taken_over_is_refused_and_the_refusal_stands(
    ground: Ground, late: Late
) -> None:
    site = late.site
    counted = ground.darkroom.storage.marks.get(late_reports.MARK)
    for report, body in REPORTS.items():
        held = late.claims[report]
        job_id = held.json["id"]
        rival = site.claim(job_id, "rival", 60)
        assert (rival.status, rival.json["token"]) == (200, 2)
        assert site.tell(held, report, body).refusal == (412, "stale", None)
        assert (site.job(job_id)["state"], site.job(job_id)["owner"]) == ("RUNNING", "rival")
        lost, _ = site.history(job_id)
        assert (lost["outcome"], lost["refused"], lost["refused_report"]) == ("lapsed", 1, report)
        assert site.tell(rival, "complete", {"result": {"of": "rival"}}).status == 200
        assert site.tell(held, "complete", {"result": {}}).refusal == (412, "stale", None)
        assert (site.job(job_id)["result"], site.history(job_id)[0]["refused"]) == ({"of": "rival"}, 2)
    assert stale_reports(ground, site) == (counted.value["total"] if counted else 0) + 2 * len(REPORTS)


def test_a_job_that_kills_its_workers_ends_failed_and_is_listed(ground: Ground, late: Late) -> None:
    site, job_id = late.site, late.claims["poison"].json["id"]
    assert site.claim(job_id, "next").json["attempts"] == 2
    ground.until(lambda: site.claim(job_id).refusal[1] == "ended", "its end")
    (listed,) = site.call("GET", f"/jobs?type={site.kind}&ref=poison&state=FAILED").json["items"]
    assert (listed["id"], listed["error"]["code"], listed["attempts"]) == (job_id, "attempts_exhausted", 2)
    assert [attempt["owner"] for attempt in site.history(job_id)] == ["late", "next"]
    assert " after 2 attempts: " in site.why(job_id)


def test_a_job_whose_time_is_over_fails_at_the_claim(late: Late) -> None:
    assert late.site.claim(late.overdue[0]).refusal == (409, "ended", None)
    job = late.site.job(late.overdue[0])
    assert (job["state"], job["error"]["code"], job["attempts"]) == ("FAILED", "time_limit", 0)


def test_a_job_whose_time_is_over_fails_in_the_sweep_when_nobody_comes_for_its_type(ground: Ground, late: Late) -> None:
    patient = late.site.new_job("patient")
    ground.darkroom.sweep.sweep(owner="timer/test")
    job = late.site.job(late.overdue[1])
    assert (job["state"], job["error"]["code"], job["attempts"]) == ("FAILED", "time_limit", 0)
    assert late.site.job(patient)["state"] == "PENDING"


def test_an_image_that_another_worker_has_analysed_is_shown_with_its_report(site: Site) -> None:
    taken = site.upload("by another.png", png())
    held = site.call("POST", "/jobs/claim", {"type": "image-analysis", "owner": "w", "wait_seconds": 0})
    assert (held.status, held.json["id"]) == (200, taken["id"])
    assert held.json["image"]["name"] == "by another.png"
    report = minimal(labels={"found": ["cat"], "score": 0.75})
    assert site.tell(held, "complete", {"result": report}).status == 200
    image = site.call("GET", f"/images/{taken['image_id']}").json
    assert (image["name"], image["state"], image["job"]["report"]) == ("by another.png", "COMPLETED", report)
    assert (image["job"]["result"], image["ended_at"]) == (None, image["job"]["ended_at"])
