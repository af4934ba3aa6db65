"""A handler that reads its job's blob: what it costs, and what it is told of answers of the service."""

import gzip

import pytest
from azure.storage.blob import ContentSettings

from shared.errors import StorageOut
from shared.handlers import Context
from shared.rules.jobs import State
from shared.steps.intake.add import NewJob
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.places import Place
from tests.contract.refusing_transports import IMPATIENT, RefusingBlobs
from tests.contract.uploads import ref_of, upload
from tests.doubles.transports import CountingTransport

KIND, GATE = "file-size", 1000


def measure(job: Context) -> dict[str, int]:
    """Return the size of the job's blob."""
    return {"bytes": len(job.read())}


def add(room: Darkroom) -> str:
    """Add a job about the one blob; return its id."""
    row = room.add.add(NewJob(kind=KIND, ref=ref_of(room).ref, params={}, unique=True)).row
    assert row is not None
    return row.job.id


@pytest.mark.azurite
@pytest.mark.parametrize(
    ("size", "state"), [(0, State.COMPLETED), (1, State.COMPLETED), (GATE, State.COMPLETED), (GATE + 1, State.FAILED)]
)
def test_an_attempt_whose_handler_reads_takes_one_request_more(place: Place, size: int, state: State) -> None:
    wire = CountingTransport(place.transport)
    room = place.with_settings(MAX_BYTES=str(GATE)).build(wire, works={KIND: measure}, create=True)
    upload(room, data=bytes(size))
    job_id = add(room)
    with wire.count() as requests:
        room.attempt.run(job_id, owner="queue/1")
    job = job_moves.row_of(room.storage.jobs, job_id).job
    assert ([each.split()[0] for each in requests], job.state) == (["GET", "POST", "GET", "POST"], state)
    assert job.report == ({"bytes": size} if size <= GATE else None)


def test_a_handler_reads_the_bytes_as_they_are_stored(place: Place) -> None:
    room = place.build(works={KIND: measure}, create=True)
    data = gzip.compress(bytes(100_000))
    upload(room, data=data, content_settings=ContentSettings(content_encoding="gzip"))
    job_id = add(room)
    room.attempt.run(job_id, owner="queue/1")
    assert job_moves.row_of(room.storage.jobs, job_id).job.report == {"bytes": len(data)}


ANSWERS = [(403, "AuthorizationPermissionMismatch", State.PENDING), (409, "BlobArchived", State.FAILED)]


@pytest.mark.parametrize(("status", "code", "state"), ANSWERS)
def test_a_blob_that_is_refused_for_itself_ends_the_attempt_by_the_services_code(
    place: Place, status: int, code: str, state: State
) -> None:
    refusing = RefusingBlobs(place.transport)
    room = place.build(refusing, runtime=IMPATIENT, works={KIND: measure}, create=True)
    upload(room)
    job_id = add(room)
    refusing.answers["/cat.png"] = (status, code)
    room.attempt.run(job_id, owner="queue/1")
    job = job_moves.row_of(room.storage.jobs, job_id).job
    assert job.error is not None
    assert (job.state, job.error.code, code in job.error.message) == (state, "blob_unreadable", True)


def test_a_door_that_is_closed_to_all_is_an_outage_to_a_handler_too(place: Place) -> None:
    refusing = RefusingBlobs(place.transport)
    room = place.with_settings(MAX_ATTEMPTS="1").build(refusing, runtime=IMPATIENT, works={KIND: measure}, create=True)
    upload(room)
    job_id = add(room)
    refusing.answers[room.settings.images_container] = (403, "AuthorizationFailure")
    with pytest.raises(StorageOut):
        room.attempt.run(job_id, owner="queue/1")
    assert job_moves.row_of(room.storage.jobs, job_id).job.state is State.PENDING
