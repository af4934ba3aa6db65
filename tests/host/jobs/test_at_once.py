"""What happens at once: rivals, a claim that waits, and a heartbeat's thread, on a host and on Azurite alone."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.handlers import Context, RetryJob
from shared.steps.intake.add import NewJob
from shared.steps.work.attempt import End
from tests.host.jobs.grounds import Ground
from tests.host.jobs.site import Site
from tests.host.jobs.test_handlers import build, run_by_queue, run_by_timer

pytestmark = pytest.mark.real_host


def test_of_twenty_who_add_the_same_at_once_one_has_made_it(site: Site) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: site.add(unique=True), range(20)))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 19}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(site.call("GET", f"/jobs?type={site.kind}").json["items"]) == 1


def test_a_claim_waits_for_a_job_that_comes(site: Site) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(site.next, wait_seconds=20)
        job_id = site.new_job()
        assert waiting.result(10).json["id"] == job_id


def test_of_many_who_claim_one_job_at_once_one_gets_it(site: Site) -> None:
    job_id = site.new_job()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: site.claim(job_id, f"w{number}", 60), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert {answer.refusal[1] for answer in answers if answer.status == 409} == {"live"}
    assert (site.job(job_id)["token"], len(site.history(job_id))) == (1, 1)


def test_a_running_function_is_seen_with_its_progress_and_the_next_attempt_goes_on_behind_it(
    ground: Ground, site: Site
) -> None:
    def work(job: Context) -> Mapping[str, Any]:
        if job.cursor is not None:
            return {"went_on_from": job.cursor}
        job.progress(0.5, cursor="line 2")
        seen = ground.until(lambda: (told := site.job(job.job.id))["progress"] and told, "its renewal")
        assert (seen["state"], seen["progress"], seen["cursor"]) == ("RUNNING", 0.5, "line 2")
        raise RetryJob("busy", "Others are first.", delay=timedelta(0))

    app = build(ground, site.kind, work, "queue")
    row = app.add.add(NewJob(kind=site.kind, ref="a", params={}, unique=True)).row
    assert row is not None
    assert run_by_queue(ground, app) == [End.RETRIED]
    run_by_timer(ground, build(ground, site.kind, work, "timer"))
    job = site.job(row.job.id)
    assert (job["state"], job["result"]) == ("COMPLETED", {"went_on_from": "line 2"})
    told = [(attempt["owner"], attempt["outcome"]) for attempt in site.history(row.job.id)]
    assert told == [("queue/test", "retry"), ("timer/test", "complete")]
