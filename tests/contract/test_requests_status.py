"""What it takes to say why jobs are not done, who holds locks, and what ended when, counted at the transport."""

from datetime import timedelta

import pytest

from shared.rules.jobs import State
from tests.contract import job_moves
from tests.contract.index_bench import IndexBench
from tests.contract.places import Place
from tests.contract.test_requests import CostBench, verbs
from tests.contract.test_requests_api import CALLS, claim_of

#: The images' type and another one, in two buckets each.
PLACES = 2 * 2


@pytest.fixture(name="bench")
def _bench(place: Place) -> CostBench:
    """Give one in which a job has failed."""
    bench = CostBench(place.with_settings(JOB_BUCKETS="2"))
    job_id, claim = claim_of(bench)
    CALLS["fail"](bench.darkroom, job_id, claim)
    return bench


@pytest.mark.azurite
def test_grouping_causes_takes_two_queries_a_type_and_bucket_and_being_told_one_read(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        (group,) = bench.darkroom.causes.group().groups
    assert (group.code, group.count) == ("no_words", 1)
    assert sorted(verbs(requests)) == ["GET"] * (1 + 1 + 2 * PLACES) + ["POST"]
    with bench.wire.count() as requests:
        assert len(bench.darkroom.causes.group().groups) == 1
    assert verbs(requests) == ["GET"]


@pytest.mark.azurite
def test_a_history_takes_a_query_a_type_bucket_and_state_and_being_told_one_read(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        found = bench.darkroom.ends.count(1)
    assert sum(point.counts[State.FAILED] for point in found.points) == 1
    assert sorted(verbs(requests)) == ["GET"] * (1 + 1 + 3 * PLACES) + ["POST"]
    with bench.wire.count() as requests:
        assert bench.darkroom.ends.count(1).json == found.json
    assert verbs(requests) == ["GET"]


def test_listing_locks_takes_one_query(bench: CostBench) -> None:
    with bench.wire.count() as requests:
        bench.darkroom.lock_list.list()
    assert verbs(requests) == ["GET"]


@pytest.mark.azurite
def test_an_ended_job_stands_with_the_beginning_of_its_last_attempt_and_its_end(index_bench: IndexBench) -> None:
    row = index_bench.add(0)
    row = index_bench.move(row, job_moves.claim(index_bench.jobs, row))
    row = index_bench.move(row, job_moves.complete(index_bench.jobs, row))
    for with_copies in (True, False):
        (at,) = index_bench.index.ended(
            job_moves.TYPE,
            index_bench.bucket,
            State.COMPLETED,
            after=None,
            ended_from=None,
            ended_to=None,
            limit=9,
            with_copies=with_copies,
        )
        assert (at.started, at.copy is not None) == (row.job.started, with_copies)
        assert row.job.ended is not None
        assert abs(at.at - row.job.ended) < timedelta(milliseconds=1)


def test_a_job_that_ended_without_an_attempt_stands_without_its_beginning(index_bench: IndexBench) -> None:
    index_bench.canceled(0)
    (at,) = index_bench.index.ended(
        job_moves.TYPE, index_bench.bucket, State.CANCELED, after=None, ended_from=None, ended_to=None, limit=9
    )
    assert at.started is None
