"""Answers of tables and queues about one row or message: never taken for an outage, and nothing waits behind them."""

import json
from datetime import timedelta

import pytest

from shared.errors import ContentRefused, StorageOut
from shared.ports.rejections import RejectedMessage
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.work.attempt import End
from shared.storage.retries import RetryPolicy
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.benches import AzureJobs
from tests.contract.places import Place
from tests.contract.refusing_transports import RefusingWrites
from tests.contract.uploads import ref_of
from tests.doubles.clock import FakeClock
from tests.doubles.transports import Fault, FaultyTransport
from tests.doubles.world import png

TOO_LARGE = (400, "EntityTooLarge")


@pytest.fixture
def refusing(place: Place) -> RefusingWrites:
    return RefusingWrites(place.transport)


@pytest.fixture
def room(place: Place, refusing: RefusingWrites) -> Darkroom:
    """Wire everything over a service that can be made to refuse; a job has one attempt, and is due at once."""
    place = place.with_settings(DISPATCH="timer", MAX_ATTEMPTS="1", JOB_BUCKETS="1")
    return place.build(refusing, create=True)


def put(room: Darkroom, name: str = "cat.png") -> ImageRef:
    ref = ref_of(room, name)
    room.storage.images.put(ref, png(), mime="image/png")
    return ref


def record(room: Darkroom, name: str = "cat.png") -> str:
    return room.record.record(put(room, name)).job_id


def rejected(room: Darkroom) -> RejectedMessage:
    (row,) = room.storage.rejections.list(limit=10)
    kept = room.storage.rejections.get(row.id)
    assert kept is not None
    return kept


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("status", "code"), [TOO_LARGE, (413, "RequestBodyTooLarge"), (400, "SomethingNew")])
def test_an_end_that_no_row_holds_counts_as_an_attempt(
    room: Darkroom, refusing: RefusingWrites, status: int, code: str, *, whole: bool
) -> None:
    job_id = record(room)
    refusing.answers["COMPLETED"], refusing.whole = (status, code), whole
    assert room.attempt.run(job_id, owner="queue/1") is End.FAILED
    job = job_moves.row_of(room.storage.jobs, job_id).job
    assert (job.state, job.error and job.error.code, refusing.refusals) == (State.FAILED, "content_refused", 1)
    assert code in str(job.error)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "InvalidHeaderValue"),
        (400, ""),
        (401, "InvalidAuthenticationInfo"),
        (403, "AuthenticationFailed"),
        (403, "AccountIsDisabled"),
        (404, "TableNotFound"),
        (409, "TableBeingDeleted"),
    ],
)
def test_what_concerns_all_rows_is_an_outage_and_no_attempt_counts(
    room: Darkroom, refusing: RefusingWrites, status: int, code: str
) -> None:
    job_id = record(room)
    refusing.answers["COMPLETED"] = (status, code)
    with pytest.raises(StorageOut, match=code or str(status)):
        room.attempt.run(job_id, owner="queue/1")
    job = job_moves.row_of(room.storage.jobs, job_id).job
    assert (job.state, job.attempts - job.attempts_base) == (State.PENDING, 0)


@pytest.mark.parametrize("inlet", ["receive", "bury", "admit", "event"])
def test_every_way_in_rejects_an_image_that_no_row_holds(room: Darkroom, refusing: RefusingWrites, inlet: str) -> None:
    ref = put(room)
    refusing.answers["PENDING"] = TOO_LARGE
    if inlet == "event":
        assert room.record.record_event(ref.ref) is Disposition.REJECTED
    else:
        body = json.dumps({"container": ref.container, "name": ref.name}).encode()
        step = getattr(getattr(room, inlet), inlet)
        assert (step(body, owner="queue/1") if inlet == "receive" else step(body)) == [Disposition.REJECTED]
    kept = rejected(room)
    assert (kept.code, "EntityTooLarge" in kept.message, "cat.png" in kept.text) == ("content_refused", True, True)


def test_the_message_of_a_job_that_nobody_can_claim_is_rejected(room: Darkroom, refusing: RefusingWrites) -> None:
    job_id = record(room)
    refusing.answers["RUNNING"] = TOO_LARGE
    assert room.receive.receive(json.dumps({"job_id": job_id}).encode(), owner="queue/1") == [Disposition.REJECTED]
    assert rejected(room).code == "content_refused"
    refusing.answers.clear()
    assert room.attempt.run(job_id, owner="queue/1") is End.COMPLETED


def test_a_rejected_text_that_no_row_holds_is_kept_by_its_reason_alone(
    room: Darkroom, refusing: RefusingWrites
) -> None:
    refusing.answers["strange"] = (400, "PropertyValueTooLarge")
    assert room.receive.receive(b"strange/x.png", owner="queue/1") == [Disposition.REJECTED]
    kept = rejected(room)
    assert (kept.code, kept.text, "PropertyValueTooLarge" in kept.message) == ("blob_not_found", "", True)
    assert room.receive.receive(b"strange/x.png", owner="queue/1") == [Disposition.REJECTED]
    assert rejected(room).id == kept.id


def test_a_job_that_nobody_can_claim_ends_no_sweep(place: Place, room: Darkroom, refusing: RefusingWrites) -> None:
    refused, *others = [record(room, f"{number}.png") for number in range(4)]
    place.go(0.002)  # they are due in a millisecond
    refusing.answers[refused] = TOO_LARGE
    with pytest.raises(ContentRefused, match="EntityTooLarge"):
        room.sweep.sweep(owner="timer/1")
    assert {job_moves.row_of(room.storage.jobs, job_id).job.state for job_id in others} == {State.COMPLETED}
    assert job_moves.row_of(room.storage.jobs, refused).job.state is State.PENDING


def test_a_job_that_storage_keeps_back_is_purged_by_no_other(room: Darkroom, refusing: RefusingWrites) -> None:
    job_ids = [record(room, f"{number}.png") for number in range(3)]
    for job_id in job_ids:
        room.cancel.cancel(job_id)
    refusing.answers[job_ids[0]] = (400, "InvalidInput")
    gone = room.storage.ended.purge([(job_moves.row_of(room.storage.jobs, job_id), None) for job_id in job_ids])
    assert gone == set(job_ids[1:])


def test_a_message_that_no_queue_holds_is_no_outage(place: Place, refusing: RefusingWrites) -> None:
    room = place.with_settings(DISPATCH="queue").build(refusing, create=True)
    refusing.answers["/messages"] = (413, "RequestBodyTooLarge")
    with pytest.raises(ContentRefused, match="RequestBodyTooLarge"):
        room.storage.queue.send("x" * 70_000)
    assert room.record.record(put(room)).outcome is Recording.RECORDED
    assert refusing.refusals == 2
    refusing.answers["/messages"] = (403, "AuthenticationFailed")
    with pytest.raises(StorageOut, match="AuthenticationFailed"):
        room.storage.queue.send("x")


def test_a_refusal_after_a_lost_request_is_the_truth_once_the_row_has_been_seen(
    place: Place, refusing: RefusingWrites
) -> None:
    clock, faulty = FakeClock(), FaultyTransport(refusing)
    retry = RetryPolicy(within=timedelta(seconds=10), monotonic=clock, pause=clock.advance)
    storage = place.build(faulty, retry=retry, create=True).storage
    refusing.answers["PENDING"] = TOO_LARGE
    faulty.arm(Fault.REQUEST_LOST)
    with pytest.raises(ContentRefused, match="EntityTooLarge"):
        storage.jobs.insert(job_moves.add(AzureJobs(place)))
    assert refusing.refusals == 1
