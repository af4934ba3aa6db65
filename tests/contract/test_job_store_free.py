"""Jobs that are not unique stand beside each other, and leave the key row of their reference alone."""

import uuid
from dataclasses import replace

from shared.rules.jobs import Move
from tests.contract import job_moves
from tests.contract.benches import JobsBench


def free(jobs: JobsBench) -> Move:
    """Return the addition of a job that is not unique."""
    move = job_moves.add(jobs, version=uuid.uuid4().hex)
    return replace(move, job=replace(move.job, unique=False))


def test_jobs_that_are_not_unique_stand_beside_each_other_without_a_key_row(jobs: JobsBench) -> None:
    ids = {jobs.store.insert(free(jobs)).job.id for _ in range(3)}
    assert len(ids) == 3
    assert jobs.store.key(job_moves.TYPE, "images/cat.png") is None
    assert not any(name.startswith("key:") for name in jobs.rows())


def test_a_job_that_is_not_unique_is_read_back_as_it_was(jobs: JobsBench) -> None:
    move = free(jobs)
    jobs.store.insert(move)
    read = job_moves.row_of(jobs.store, move.job.id)
    assert (read.job, read.job.unique) == (move.job, False)


def test_a_job_that_is_not_unique_leaves_the_key_row_of_its_reference_as_it_is(jobs: JobsBench) -> None:
    job_moves.waiting(jobs)
    before = jobs.store.key(job_moves.TYPE, "images/cat.png")
    row = jobs.store.insert(free(jobs))
    jobs.store.replace(row, job_moves.claim(jobs, row))
    assert jobs.store.key(job_moves.TYPE, "images/cat.png") == before
