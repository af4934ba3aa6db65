"""Types with a function of Python: queue and timer run their jobs as they run image analyses; the API tells of them."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import pytest

from shared.handlers import Context
from shared.steps.intake.add import NewJob
from shared.steps.work.attempt import End
from shared.wiring.steps import Darkroom
from tests.host.jobs.grounds import Ground
from tests.host.jobs.site import Site

Work = Callable[[Context], Mapping[str, Any]]


def build(ground: Ground, kind: str, work: Work, dispatch: str) -> Darkroom:
    """Build what the triggers of an app would call that has registered this function for the test's type."""
    return ground.build({kind: work}, LEASE_SECONDS="3", DISPATCH=dispatch, DISPATCH_GRACE_SECONDS="0")


def run_by_queue(ground: Ground, app: Darkroom) -> list[StrEnum]:
    """Take in what the queue has to show."""
    return [outcome for message in ground.messages() for outcome in app.receive.receive(message, owner="queue/test")]


def run_by_timer(ground: Ground, app: Darkroom) -> None:
    """Sweep as often as it takes until a job is completed: by the service's clock one just added may not be due yet."""
    ground.until(lambda: app.sweep.sweep(owner="timer/test").outcomes[End.COMPLETED], "a sweep that has work")


def count_words(job: Context) -> dict[str, Any]:
    return {"words": len(job.job.params["text"].split()), "key": job.idempotency_key}


def test_a_message_starts_a_job_and_its_result_stands_in_the_api(ground: Ground, site: Site) -> None:
    app = build(ground, site.kind, count_words, "queue")
    row = app.add.add(NewJob(kind=site.kind, ref="a", params={"text": "to be or not"}, unique=True)).row
    assert row is not None
    assert run_by_queue(ground, app) == [End.COMPLETED]
    job = site.job(row.job.id)
    assert (job["state"], job["attempts"], job["result"]["words"]) == ("COMPLETED", 1, 4)
    (attempt,) = site.history(row.job.id)
    assert (attempt["owner"], attempt["outcome"]) == ("queue/test", "complete")


def test_a_sweep_starts_a_job_that_was_added_over_http(ground: Ground, site: Site) -> None:
    app = build(ground, site.kind, count_words, "timer")
    job_id = site.new_job(params={"text": "to be"})
    run_by_timer(ground, app)
    job = site.job(job_id)
    assert (job["state"], job["attempts"], job["result"]["words"]) == ("COMPLETED", 1, 2)
    assert site.history(job_id)[0]["owner"] == "timer/test"


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED"])
def test_workers_from_outside_and_a_function_share_a_type_and_a_job_has_one_of_them(
    ground: Ground, site: Site, end: str
) -> None:
    app = build(ground, site.kind, count_words, "timer")
    job_id = site.new_job(params={"text": "a"})
    held = site.claim(job_id, "outside", 60)
    assert app.attempt.run(job_id, owner="timer/test") is End.BUSY
    error = {"code": "no_text", "message": "No text."}
    report, body = ("complete", {"result": {}}) if end == "COMPLETED" else ("fail", {"error": error})
    assert site.tell(held, report, body).json["state"] == end
    assert app.attempt.run(job_id, owner="timer/test") is End.ENDED
    assert [attempt["owner"] for attempt in site.history(job_id)] == ["outside"]
