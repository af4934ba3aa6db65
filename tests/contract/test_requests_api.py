"""What each act of the API costs, counted at the transport. The process is warm in every one."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import Stale
from shared.rules.jobs import Claim
from shared.steps.intake.add import NewJob
from shared.steps.work.attempt import End
from shared.wiring.steps import Darkroom
from tests.contract.places import Place
from tests.contract.test_requests import CostBench, verbs
from tests.contract.uploads import ref_of
from tests.doubles.world import png

KIND = "word-count"
#: What a holder may call.
CALLS: dict[str, Callable[[Darkroom, str, Claim], object]] = {
    "renew": lambda darkroom, job_id, claim: darkroom.external.resume(job_id, claim).renew(
        progress=0.5, cursor="word 1"
    ),
    "complete": lambda darkroom, job_id, claim: darkroom.external.resume(job_id, claim).complete({"words": 2}),
    "retry": lambda darkroom, job_id, claim: darkroom.external.resume(job_id, claim).retry(
        code="busy", message="Lent out."
    ),
    "abandon": lambda darkroom, job_id, claim: darkroom.external.resume(job_id, claim).abandon(),
    "fail": lambda darkroom, job_id, claim: darkroom.external.resume(job_id, claim).fail(
        code="no_words", message="None."
    ),
}


@pytest.fixture
def bench(place: Place) -> CostBench:
    """Give one whose jobs external workers do."""
    return CostBench(place.with_settings(JOB_BUCKETS="2"))


@pytest.fixture
def handler_bench(place: Place) -> CostBench:
    """Give one whose jobs a handler does."""
    return CostBench(place.with_settings(JOB_BUCKETS="2"), {KIND: lambda _: {"words": 2}})


def add(bench: CostBench, ref: str = "text", *, unique: bool = True, ttl: timedelta | None = None) -> str:
    """Add a job."""
    row = bench.darkroom.add.add(NewJob(kind=KIND, ref=ref, params={}, unique=unique, ttl=ttl)).row
    assert row is not None
    return row.job.id


def claim_of(bench: CostBench) -> tuple[str, Claim]:
    """Add a job and claim it."""
    job = bench.darkroom.external.claim(add(bench), owner="worker/1").job
    assert job.claim is not None
    return job.id, job.claim


def test_the_first_add_of_a_type_takes_two_requests_more_than_the_next(bench: CostBench) -> None:
    for costs in (["GET", "POST", "POST"], ["POST"]):
        with bench.wire.count() as requests:
            add(bench, f"{len(costs)}")
        assert verbs(requests) == costs


@pytest.mark.parametrize("unique", [True, False])
def test_an_add_takes_a_transaction_and_a_message_where_messages_start_jobs(
    handler_bench: CostBench, *, unique: bool
) -> None:
    add(handler_bench, "warm")
    with handler_bench.wire.count() as requests:
        add(handler_bench, unique=unique)
    assert ["batch" in requests[0], "messages" in requests[1], len(requests)] == [True, True, 2]


def test_an_add_of_what_is_there_takes_two_requests(handler_bench: CostBench) -> None:
    job_id = add(handler_bench)
    with handler_bench.wire.count() as requests:
        assert add(handler_bench) == job_id
    assert verbs(requests) == ["POST", "GET"]


def test_an_add_of_what_is_purged_takes_two_requests(bench: CostBench) -> None:
    job_id = add(bench)
    bench.darkroom.cancel.cancel(job_id)
    bench.darkroom.remove.remove(job_id, forget=False)
    with bench.wire.count() as requests:
        assert bench.darkroom.add.add(NewJob(kind=KIND, ref="text", params={}, unique=True)).key is not None
    assert verbs(requests) == ["POST", "GET"]


def test_the_work_of_a_handler_takes_three_requests_beside_its_own(handler_bench: CostBench) -> None:
    job_id = add(handler_bench)
    with handler_bench.wire.count() as requests:
        assert handler_bench.darkroom.attempt.run(job_id, owner="queue/1") is End.COMPLETED
    assert verbs(requests) == ["GET", "POST", "POST"]


def test_a_claim_by_id_takes_two_requests(bench: CostBench) -> None:
    job_id = add(bench)
    with bench.wire.count() as requests:
        bench.darkroom.external.claim(job_id, owner="worker/1")
    assert verbs(requests) == ["GET", "POST"]


def test_a_claim_by_type_takes_a_query_a_bucket_and_two_requests(place: Place, bench: CostBench) -> None:
    add(bench)
    place.go(0.002)  # its due row comes up in a millisecond
    with bench.wire.count() as requests:
        assert bench.darkroom.external.claim_next(KIND, owner="worker/1") is not None
    assert verbs(requests)[-2:] == ["GET", "POST"]
    assert verbs(requests)[:-2] in (["GET"], ["GET"] * 2)


def test_a_claim_of_nothing_takes_a_query_a_bucket(bench: CostBench) -> None:
    bench.darkroom.external.claim_next(KIND, owner="worker/1")
    with bench.wire.count() as requests:
        assert bench.darkroom.external.claim_next(KIND, owner="worker/1") is None
    assert verbs(requests) == ["GET"] * 2


def test_a_claim_of_nothing_takes_twice_as_many_where_messages_start_jobs(handler_bench: CostBench) -> None:
    with handler_bench.wire.count() as requests:
        assert handler_bench.darkroom.external.claim_next(KIND, owner="worker/1") is None
    assert verbs(requests) == ["GET"] * 4


@pytest.mark.parametrize("call", CALLS)
def test_a_holders_call_takes_two_requests(bench: CostBench, call: str) -> None:
    job_id, claim = claim_of(bench)
    with bench.wire.count() as requests:
        CALLS[call](bench.darkroom, job_id, claim)
    assert verbs(requests) == ["GET", "POST"]


def test_a_completion_said_again_takes_two_requests_one_for_what_proves_the_lease(bench: CostBench) -> None:
    job_id, claim = claim_of(bench)
    CALLS["complete"](bench.darkroom, job_id, claim)
    with bench.wire.count() as requests:
        CALLS["complete"](bench.darkroom, job_id, claim)
    assert verbs(requests) == ["GET", "GET"]


def test_a_stale_call_takes_four_requests_more_to_note_and_count_it(bench: CostBench) -> None:
    job_id, claim = claim_of(bench)
    bench.darkroom.cancel.cancel(job_id)
    with bench.wire.count() as requests, pytest.raises(Stale):
        CALLS["complete"](bench.darkroom, job_id, claim)
    assert verbs(requests) == ["GET", "GET", "POST", "GET", "POST"]


@pytest.mark.parametrize(("forget", "costs"), [(False, 4), (True, 6)])
def test_removing_a_job_that_was_done_takes_four_requests_and_two_to_forget(
    bench: CostBench, *, forget: bool, costs: int
) -> None:
    job_id, claim = claim_of(bench)
    CALLS["complete"](bench.darkroom, job_id, claim)
    with bench.wire.count() as requests:
        bench.darkroom.remove.remove(job_id, forget=forget)
    assert len(requests) == costs


def test_removing_a_job_that_was_ended_from_outside_takes_a_query_more(bench: CostBench) -> None:
    job_id = add(bench)
    bench.darkroom.cancel.cancel(job_id)
    with bench.wire.count() as requests:
        bench.darkroom.remove.remove(job_id, forget=False)
    assert len(requests) == 5


def test_forgetting_a_purged_job_takes_four_requests(bench: CostBench) -> None:
    job_id = add(bench)
    bench.darkroom.cancel.cancel(job_id)
    bench.darkroom.remove.remove(job_id, forget=False)
    with bench.wire.count() as requests:
        bench.darkroom.remove.remove(job_id, forget=True)
    assert verbs(requests) == ["GET", "GET", "GET", "POST"]


def test_expiring_takes_a_query_a_bucket_and_two_requests_for_each_that_ends(place: Place, bench: CostBench) -> None:
    add(bench, ttl=timedelta(0))
    place.go(0.002)  # it has expired in a millisecond
    with bench.wire.count() as requests:
        ends = bench.darkroom.sweep.expire.expire([KIND], stop=lambda: False)
    assert (ends, sorted(verbs(requests))) == (1, ["GET"] * 3 + ["POST"])


def test_an_upload_takes_one_write_beside_those_of_recording(bench: CostBench) -> None:
    ref = ref_of(bench.darkroom)
    with bench.wire.count() as requests:
        bench.darkroom.upload.upload(ref, png(), content_type="image/png")
    assert verbs(requests) == ["PUT", "HEAD", "POST", "POST"]
