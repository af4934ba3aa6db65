"""Answers of the service about one blob: told with their code, never as an outage, and nothing waits behind them."""

import json
from typing import Any

import pytest

from shared.errors import BlobUnreadable, InvalidReference, Refused, StorageOut
from shared.rules.images import ImageRef
from shared.steps.intake.disposition import Disposition
from shared.steps.work.attempt import End
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.places import Place
from tests.contract.refusing_transports import IMPATIENT, RefusingBlobs
from tests.contract.uploads import ref_of
from tests.doubles.world import png


@pytest.fixture
def refusing(place: Place) -> RefusingBlobs:
    return RefusingBlobs(place.transport)


@pytest.fixture
def room(place: Place, refusing: RefusingBlobs) -> Darkroom:
    """Wire everything over a service that can be made to refuse; containers and tables are there."""
    return place.build(refusing, runtime=IMPATIENT, create=True)


def put(room: Darkroom, name: str) -> ImageRef:
    ref = ref_of(room, name)
    room.storage.images.put(ref, b"miau", mime="image/png")
    return ref


ANSWERS = [(403, "AuthorizationPermissionMismatch"), (409, "BlobUsesCustomerSpecifiedEncryption"), (451, "")]


@pytest.mark.parametrize(("status", "code"), ANSWERS)
def test_a_blob_that_is_refused_for_itself_is_unreadable_by_its_code(
    room: Darkroom, refusing: RefusingBlobs, status: int, code: str
) -> None:
    ref = put(room, "cat.png")
    refusing.answers["/cat.png"] = (status, code)
    with pytest.raises(BlobUnreadable, match=code or str(status)) as refused:
        room.storage.images.head(ref)
    assert refused.value.passing == (status == 403)


@pytest.mark.parametrize("code", ["AuthenticationFailed", "AuthorizationFailure"])
def test_a_door_that_is_closed_to_all_is_an_outage(room: Darkroom, refusing: RefusingBlobs, code: str) -> None:
    ref = put(room, "cat.png")
    refusing.answers[room.settings.images_container] = (403, code)
    with pytest.raises(StorageOut, match=code):
        room.storage.images.head(ref)


@pytest.mark.parametrize("code", ["InvalidUri", ""])
def test_a_name_that_the_service_refuses_is_told_as_one(room: Darkroom, refusing: RefusingBlobs, code: str) -> None:
    ref = put(room, "\uf003.png")
    refusing.answers["%EF%80%83"] = (400, code)
    with pytest.raises(InvalidReference, match="refuses the blob name"):
        room.storage.images.head(ref)
    with pytest.raises(InvalidReference, match="refuses the blob name"):
        room.storage.images.put(ref, b"miau", mime="image/png")


def test_a_blob_that_nobody_may_write_is_refused_by_its_code(room: Darkroom, refusing: RefusingBlobs) -> None:
    ref = put(room, "cat.png")
    refusing.answers["/cat.png"] = (409, "BlobImmutableDueToPolicy")
    with pytest.raises(Refused, match="BlobImmutableDueToPolicy"):
        room.storage.images.put(ref, b"woof", mime="image/png")


@pytest.mark.case("mutants 3", was="receive, bury and bury_event raise for ever")
@pytest.mark.parametrize(("status", "code"), [*ANSWERS, (400, "InvalidUri")])
@pytest.mark.parametrize("inlet", ["receive", "bury", "admit"])
def test_every_way_in_rejects_what_names_such_a_blob(
    room: Darkroom, refusing: RefusingBlobs, inlet: str, status: int, code: str
) -> None:
    ref = put(room, "cat.png")
    refusing.answers["/cat.png"] = (status, code)
    body = json.dumps({"container": ref.container, "name": ref.name}).encode()
    step = getattr(getattr(room, inlet), inlet)
    outcomes = step(body, owner="queue/1") if inlet == "receive" else step(body)
    assert outcomes == [Disposition.REJECTED]
    (kept,) = room.storage.rejections.list(limit=10)
    assert kept.code == ("invalid_reference" if status == 400 else "blob_unreadable")


def test_a_thumbnail_that_is_refused_is_an_answer_too(room: Darkroom, refusing: RefusingBlobs) -> None:
    images: Any = room.storage.images
    images.insert_thumbnail("job/1.webp", b"small", mime="image/webp")
    refusing.answers["/1.webp"] = (409, "BlobImmutableDueToPolicy")
    with pytest.raises(Refused, match="BlobImmutableDueToPolicy"):
        images.delete_thumbnail("job/1.webp")
    with pytest.raises(BlobUnreadable, match="BlobImmutableDueToPolicy"):
        images.thumbnail("job/1.webp")
    with pytest.raises(Refused, match="BlobImmutableDueToPolicy"):
        images.insert_thumbnail("job/1.webp", b"small", mime="image/webp")


def test_a_thumbnail_that_can_not_be_written_counts_as_an_attempt(place: Place, refusing: RefusingBlobs) -> None:
    room = place.with_settings(MAX_ATTEMPTS="1").build(refusing, create=True)
    ref = ref_of(room)
    room.storage.images.put(ref, png(), mime="image/png")
    job_id = room.record.record(ref).job_id
    refusing.answers[room.settings.thumbnails_container] = (409, "BlobImmutableDueToPolicy")
    assert room.attempt.run(job_id, owner="queue/1") is End.FAILED
    error = job_moves.row_of(room.storage.jobs, job_id).job.error
    assert error is not None
    assert (error.code, "BlobImmutableDueToPolicy" in error.message) == ("blob_refused", True)


@pytest.mark.parametrize(("status", "code", "requests"), [(409, "BlobArchived", 1), (403, "AuthorizationFailure", 2)])
def test_an_answer_costs_a_request_and_a_closed_door_one_more(
    room: Darkroom, refusing: RefusingBlobs, status: int, code: str, requests: int
) -> None:
    ref = put(room, "cat.png")
    refusing.answers["/cat.png"], before = (status, code), refusing.requests
    with pytest.raises(BlobUnreadable):
        room.storage.images.head(ref)
    assert refusing.requests - before == requests


def test_who_may_read_and_not_write_meets_an_outage(room: Darkroom, refusing: RefusingBlobs) -> None:
    ref = put(room, "cat.png")
    room.storage.images.insert_thumbnail("job/1.webp", b"small", mime="image/webp")
    refusing.answers |= {"/cat.png": (403, "AuthorizationPermissionMismatch"), "/1.webp": (403, "AuthorizationFailure")}
    with pytest.raises(StorageOut, match="AuthorizationPermissionMismatch"):
        room.storage.images.put(ref, b"woof", mime="image/png")
    with pytest.raises(StorageOut, match="AuthorizationFailure"):
        room.storage.images.delete_thumbnail("job/1.webp")
