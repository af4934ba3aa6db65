"""What each act of the API costs, counted at the transport. The process is warm in every one."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import Stale
from shared.rules.images import ImageRef
from shared.rules.jobs import Claim
from shared.steps.work.attempt import End
from shared.wiring.steps import Darkroom
from tests.contract.places import Place
from tests.contract.test_requests import CostBench
from tests.doubles.transports import CountingTransport
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


def build_bench(place: Place, *, handled: bool) -> CostBench:
    """Wire everything over a counting transport, in a process that has checked its buckets."""
    counting = CountingTransport(place.transport)
    works = {KIND: lambda _: {"words": 2}} if handled else {}
    darkroom = place.with_settings(JOB_BUCKETS="2").build(counting, works=works)
    darkroom.storage.create()
    return CostBench(darkroom, counting)


@pytest.fixture
def counted(place: Place) -> CostBench:
    """Give one whose jobs external workers do."""
    return build_bench(place, handled=False)


@pytest.fixture
def handled(place: Place) -> CostBench:
    """Give one whose jobs a handler does."""
    return build_bench(place, handled=True)


def add(counted: CostBench, ref: str = "text", *, unique: bool = True, ttl: timedelta | None = None) -> str:
    """Add a job."""
    row = counted.darkroom.add.add(kind=KIND, ref=ref, params={}, unique=unique, ttl=ttl).row
    assert row is not None
    return row.job.id


def claim_of(counted: CostBench) -> tuple[str, Claim]:
    """Add a job and claim it."""
    job = counted.darkroom.external.claim(add(counted), owner="worker/1").job
    assert job.claim is not None
    return job.id, job.claim


def verbs(requests: list[str]) -> list[str]:
    """Return the methods alone."""
    return [request.split()[0] for request in requests]


def test_the_first_add_of_a_type_takes_two_requests_more_than_the_next(counted: CostBench) -> None:
    for costs in (["GET", "POST", "POST"], ["POST"]):
        with counted.wire.count() as requests:
            add(counted, f"{len(costs)}")
        assert verbs(requests) == costs


@pytest.mark.parametrize("unique", [True, False])
def test_an_add_takes_a_transaction_and_a_message_where_messages_start_jobs(
    handled: CostBench, *, unique: bool
) -> None:
    add(handled, "warm")
    with handled.wire.count() as requests:
        add(handled, unique=unique)
    assert ["batch" in requests[0], "messages" in requests[1], len(requests)] == [True, True, 2]


def test_an_add_of_what_is_there_takes_two_requests(handled: CostBench) -> None:
    job_id = add(handled)
    with handled.wire.count() as requests:
        assert add(handled) == job_id
    assert verbs(requests) == ["POST", "GET"]


def test_an_add_of_what_is_purged_takes_two_requests(counted: CostBench) -> None:
    job_id = add(counted)
    counted.darkroom.cancel.cancel(job_id)
    counted.darkroom.remove.remove(job_id, forget=False)
    with counted.wire.count() as requests:
        assert counted.darkroom.add.add(kind=KIND, ref="text", params={}, unique=True).key is not None
    assert verbs(requests) == ["POST", "GET"]


def test_the_work_of_a_handler_takes_three_requests_beside_its_own(handled: CostBench) -> None:
    job_id = add(handled)
    with handled.wire.count() as requests:
        assert handled.darkroom.attempt.run(job_id, owner="queue/1") is End.COMPLETED
    assert verbs(requests) == ["GET", "POST", "POST"]


def test_a_claim_by_id_takes_two_requests(counted: CostBench) -> None:
    job_id = add(counted)
    with counted.wire.count() as requests:
        counted.darkroom.external.claim(job_id, owner="worker/1")
    assert verbs(requests) == ["GET", "POST"]


def test_a_claim_by_type_takes_a_query_a_bucket_and_two_requests(place: Place, counted: CostBench) -> None:
    add(counted)
    place.go(0.002)  # its due row comes up in a millisecond
    with counted.wire.count() as requests:
        assert counted.darkroom.external.claim_next(KIND, owner="worker/1") is not None
    assert verbs(requests)[-2:] == ["GET", "POST"]
    assert verbs(requests)[:-2] in (["GET"], ["GET"] * 2)


def test_a_claim_of_nothing_takes_a_query_a_bucket(counted: CostBench) -> None:
    counted.darkroom.external.claim_next(KIND, owner="worker/1")
    with counted.wire.count() as requests:
        assert counted.darkroom.external.claim_next(KIND, owner="worker/1") is None
    assert verbs(requests) == ["GET"] * 2


def test_a_claim_of_nothing_takes_twice_as_many_where_messages_start_jobs(handled: CostBench) -> None:
    with handled.wire.count() as requests:
        assert handled.darkroom.external.claim_next(KIND, owner="worker/1") is None
    assert verbs(requests) == ["GET"] * 4


@pytest.mark.parametrize("call", CALLS)
def test_a_holders_call_takes_two_requests(counted: CostBench, call: str) -> None:
    job_id, claim = claim_of(counted)
    with counted.wire.count() as requests:
        CALLS[call](counted.darkroom, job_id, claim)
    assert verbs(requests) == ["GET", "POST"]


def test_a_completion_said_again_takes_two_requests_one_for_what_proves_the_lease(counted: CostBench) -> None:
    job_id, claim = claim_of(counted)
    CALLS["complete"](counted.darkroom, job_id, claim)
    with counted.wire.count() as requests:
        CALLS["complete"](counted.darkroom, job_id, claim)
    assert verbs(requests) == ["GET", "GET"]


def test_a_stale_call_takes_four_requests_more_to_note_and_count_it(counted: CostBench) -> None:
    job_id, claim = claim_of(counted)
    counted.darkroom.cancel.cancel(job_id)
    with counted.wire.count() as requests, pytest.raises(Stale):
        CALLS["complete"](counted.darkroom, job_id, claim)
    assert verbs(requests) == ["GET", "GET", "POST", "GET", "POST"]


@pytest.mark.parametrize(("forget", "costs"), [(False, 4), (True, 6)])
def test_removing_a_job_that_was_done_takes_four_requests_and_two_to_forget(
    counted: CostBench, *, forget: bool, costs: int
) -> None:
    job_id, claim = claim_of(counted)
    CALLS["complete"](counted.darkroom, job_id, claim)
    with counted.wire.count() as requests:
        counted.darkroom.remove.remove(job_id, forget=forget)
    assert len(requests) == costs


def test_removing_a_job_that_was_ended_from_outside_takes_a_query_more(counted: CostBench) -> None:
    job_id = add(counted)
    counted.darkroom.cancel.cancel(job_id)
    with counted.wire.count() as requests:
        counted.darkroom.remove.remove(job_id, forget=False)
    assert len(requests) == 5


def test_forgetting_a_purged_job_takes_four_requests(counted: CostBench) -> None:
    job_id = add(counted)
    counted.darkroom.cancel.cancel(job_id)
    counted.darkroom.remove.remove(job_id, forget=False)
    with counted.wire.count() as requests:
        counted.darkroom.remove.remove(job_id, forget=True)
    assert verbs(requests) == ["GET", "GET", "GET", "POST"]


def test_expiring_takes_a_query_a_bucket_and_two_requests_for_each_that_ends(place: Place, counted: CostBench) -> None:
    add(counted, ttl=timedelta(0))
    place.go(0.002)  # it has expired in a millisecond
    with counted.wire.count() as requests:
        ends = counted.darkroom.sweep.expire.expire([KIND], stop=lambda: False)
    assert (ends, sorted(verbs(requests))) == (1, ["GET"] * 3 + ["POST"])


def test_an_upload_takes_one_write_beside_those_of_recording(counted: CostBench) -> None:
    ref = ImageRef(counted.darkroom.settings.images_container, "cat.png")
    with counted.wire.count() as requests:
        counted.darkroom.upload.upload(ref, png(), content_type="image/png")
    assert verbs(requests) == ["PUT", "HEAD", "POST", "POST"]
