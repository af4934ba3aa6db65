from datetime import timedelta
from typing import Any

import pytest

from shared.ports.jobs import Row
from shared.rules import ids
from shared.rules.flows import flow_of
from shared.rules.jobs import Event, Move
from shared.storage import row_keys
from tests.contract import job_moves
from tests.contract.benches import JobsBench
from tests.contract.versions_bench import VersionsBench

HOUR = timedelta(hours=1)


def _rows_of_one_bucket(jobs: JobsBench, count: int) -> list[Row]:
    """Add versions of one reference; each is due an hour before the one added last."""
    bench = VersionsBench(jobs)
    return [bench.add(number, grace=-HOUR * number) for number in range(count)]


@pytest.mark.azurite
def test_due_jobs_come_oldest_first(jobs: JobsBench) -> None:
    rows = _rows_of_one_bucket(jobs, 4)
    assert job_moves.due(jobs, rows[0]) == [row.job.id for row in reversed(rows)]


def test_the_due_list_is_no_longer_than_asked_for(jobs: JobsBench) -> None:
    rows = _rows_of_one_bucket(jobs, 4)
    assert job_moves.due(jobs, rows[0], limit=2) == [rows[3].job.id, rows[2].job.id]


def test_a_page_goes_on_behind_the_last_of_the_one_before(jobs: JobsBench) -> None:
    rows = _rows_of_one_bucket(jobs, 4)
    bucket, before = ids.bucket(rows[0].job.id, 4), jobs.now + HOUR
    first = jobs.store.due(job_moves.TYPE, bucket, before=before, limit=3)
    second = jobs.store.due(job_moves.TYPE, bucket, before=before, limit=3, after=first[-1])
    assert [due.job_id for due in (*first, *second)] == [row.job.id for row in reversed(rows)]


@pytest.mark.parametrize(("ref", "like"), [("images/a/1.png", "images/a/b/2.png"), ("images/1.png", "images/2.png")])
def test_a_due_row_has_the_flow_of_its_image_wherever_it_moves(jobs: JobsBench, ref: str, like: str) -> None:
    row = jobs.store.insert(job_moves.add(jobs, ref))
    bucket, before = ids.bucket(row.job.id, 4), jobs.now + HOUR
    flows = [due.flow for due in jobs.store.due(job_moves.TYPE, bucket, before=before, limit=9)]
    row = jobs.store.replace(row, job_moves.claim(jobs, row))
    jobs.store.replace(row, job_moves.retry(jobs, row))
    flows += [due.flow for due in jobs.store.due(job_moves.TYPE, bucket, before=before, limit=9)]
    assert flows == [flow_of(like)] * 2


def test_a_job_is_not_due_before_its_moment(jobs: JobsBench) -> None:
    row = jobs.store.insert(job_moves.add(jobs, grace=HOUR))
    assert row.job.due is not None
    assert job_moves.due(jobs, row, after=row.job.due - jobs.now - timedelta(seconds=1)) == []
    assert job_moves.due(jobs, row, after=row.job.due - jobs.now + timedelta(seconds=1)) == [row.job.id]


def test_a_due_job_stands_in_its_own_bucket_alone(jobs: JobsBench) -> None:
    row = job_moves.waiting(jobs)
    before = jobs.now + HOUR
    found = [jobs.store.due(job_moves.TYPE, bucket, before=before, limit=9) for bucket in range(4)]
    assert sorted([due.job_id for due in page] for page in found) == [[], [], [], [row.job.id]]


def test_a_due_job_stands_in_its_own_type_alone(jobs: JobsBench) -> None:
    job_moves.waiting(jobs)
    before = jobs.now + HOUR
    assert [jobs.store.due("image", bucket, before=before, limit=9) for bucket in range(4)] == [[], [], [], []]


def test_a_table_that_is_missing_has_nothing_due(jobs: JobsBench) -> None:
    assert jobs.store.due(job_moves.TYPE, 0, before=jobs.now + HOUR, limit=9) == []


def test_a_claim_moves_the_due_row_to_the_end_of_the_lease(jobs: JobsBench) -> None:
    row = job_moves.running(jobs)
    assert row.job.due is not None
    assert job_moves.index_of(jobs, row) == [row_keys.due_key(row.job.due, row.job.id)]
    assert job_moves.due(jobs, row) == []
    assert job_moves.due(jobs, row, after=job_moves.LEASE + timedelta(seconds=3)) == [row.job.id]


@pytest.mark.parametrize("delay", [timedelta(0), HOUR])
def test_a_retried_job_is_due_when_its_back_off_is_over(jobs: JobsBench, delay: timedelta) -> None:
    row = job_moves.running(jobs)
    jobs.store.replace(row, job_moves.retry(jobs, row, delay=delay))
    assert job_moves.due(jobs, row, after=delay + timedelta(seconds=1)) == [row.job.id]
    assert job_moves.due(jobs, row, after=delay - timedelta(seconds=1)) == []


@pytest.mark.parametrize("end", [job_moves.complete, job_moves.end])
def test_an_ended_job_is_in_no_due_list(jobs: JobsBench, end: Any) -> None:  # noqa: ANN401 - a move
    row = job_moves.running(jobs)
    jobs.store.replace(row, end(jobs, row))
    assert job_moves.due(jobs, row, after=10 * HOUR) == []


@pytest.mark.parametrize("end", [job_moves.complete, job_moves.end])
def test_an_ended_job_has_one_index_row_that_lists_its_end(jobs: JobsBench, end: Any) -> None:  # noqa: ANN401 - a move
    row = job_moves.running(jobs)
    done = jobs.store.replace(row, end(jobs, row)).job
    assert done.ended is not None
    assert job_moves.index_of(jobs, row) == [row_keys.end_key(done.state, done.ended, done.id)]


def test_a_write_that_leaves_the_index_key_as_it_is_succeeds(jobs: JobsBench) -> None:
    row = job_moves.waiting(jobs)
    again = jobs.store.replace(row, Move(Event.REDRIVE, row.job, jobs.now))
    assert job_moves.index_of(jobs, again) == job_moves.index_of(jobs, row)


def _attempt(jobs: JobsBench, row: Row, token: int) -> dict[str, Any]:
    return jobs.rows()[row_keys.try_key(row.job.id, token)]


def test_a_claim_opens_the_row_of_its_attempt(jobs: JobsBench) -> None:
    row = job_moves.running(jobs)
    attempt = _attempt(jobs, row, 1)
    assert (attempt["claim_id"], attempt["owner"]) == (row.job.claim_id, "queue/1")
    assert "outcome" not in attempt


def test_a_renewal_leaves_the_attempt_open(jobs: JobsBench) -> None:
    row = job_moves.running(jobs)
    before = _attempt(jobs, row, 1)
    jobs.store.replace(row, job_moves.renew(jobs, row))
    assert _attempt(jobs, row, 1) == before


@pytest.mark.parametrize(
    ("end", "outcome"), [(job_moves.complete, "complete"), (job_moves.retry, "retry"), (job_moves.end, "cancel")]
)
@pytest.mark.azurite
def test_an_attempt_keeps_its_outcome(jobs: JobsBench, end: Any, outcome: str) -> None:  # noqa: ANN401 - a move
    row = job_moves.running(jobs)
    jobs.store.replace(row, end(jobs, row))
    assert _attempt(jobs, row, 1)["outcome"] == outcome
    assert _attempt(jobs, row, 1)["claim_id"] == row.job.claim_id


def test_a_claim_closes_the_attempt_that_has_lapsed(jobs: JobsBench) -> None:
    row = job_moves.running(jobs)
    taken = jobs.store.replace(row, job_moves.claim(jobs, row, owner="queue/2", lapsed=True))
    assert _attempt(jobs, row, 1)["outcome"] == "lapsed"
    assert _attempt(jobs, row, 1)["owner"] == "queue/1"
    assert _attempt(jobs, row, 2)["claim_id"] == taken.job.claim_id
