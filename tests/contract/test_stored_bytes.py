"""The bytes of a blob are those that are stored, whatever its headers say of them."""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.storage.blob import ContentSettings

from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.work.attempt import End
from shared.storage import clients, pools
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.places import Place, in_process
from tests.contract.uploads import blob_of, ref_of, upload
from tests.sdk_clients import table_of
from tests.simulation.service.behaviour import AZURE


@pytest.fixture
def room(place: Place) -> Darkroom:
    """Wire everything; containers and tables are there."""
    return place.build(create=True)


def put(room: Darkroom, data: bytes, encoding: str) -> ImageRef:
    """Put a blob there with a Content-Encoding."""
    return upload(room, data=data, content_settings=ContentSettings(content_encoding=encoding))


ENCODINGS = [
    *((gzip.compress(bytes(100_000), mtime=0), encoding) for encoding in ("gzip", "GZIP", "br", "deflate")),
    (b"this is not compressed at all", "gzip"),
]


@pytest.mark.case("storage encoding", was="inflated past the byte gate, in the host")
@pytest.mark.case("storage false encoding", was="18 attempts, error null, ended by the week's limit")
@pytest.mark.parametrize(("data", "encoding"), ENCODINGS)
def test_a_blob_is_read_as_it_is_stored(room: Darkroom, data: bytes, encoding: str) -> None:
    images, ref = room.storage.images, put(room, data, encoding)
    facts = images.head(ref)
    assert (facts.size_bytes, facts.content_encoding) == (len(data), encoding)
    assert images.read(ref, facts.version, size_bytes=facts.size_bytes) == data


@pytest.mark.case("storage folder marker", was="a FAILED job")
@pytest.mark.parametrize("key", ["hdi_isfolder", "Hdi_IsFolder"])
def test_the_marker_of_a_folder_is_ignored(room: Darkroom, key: str) -> None:
    ref, blob = ref_of(room, "album"), blob_of(room, "album")
    blob.upload_blob(b"", metadata={key: "true"})
    assert room.record.record_event(ref.ref) is Disposition.IGNORED
    blob.upload_blob(b"no marker", metadata={key: "true"}, overwrite=True)
    assert room.record.record_event(ref.ref) is Recording.RECORDED


@pytest.mark.case("storage rehydrated", was="FAILED for good")
def test_a_blob_that_has_left_the_archive_has_its_job_opened_again(place: Place, room: Darkroom) -> None:
    ref, blob = upload(room), blob_of(room)
    blob.set_standard_blob_tier("Archive")
    job_id = room.record.record(ref, announce=False).job_id
    assert room.attempt.run(job_id, owner="queue/1") is End.FAILED
    assert (room.storage.images.head(ref).archived, room.record.record(ref).outcome) == (True, Recording.DUPLICATE)
    place.go(1)  # a change of tier is told in whole seconds
    blob.set_standard_blob_tier("Hot")
    assert room.record.record(ref).outcome is Recording.REDRIVEN
    assert room.attempt.run(job_id, owner="queue/1") is End.COMPLETED


@pytest.mark.parametrize("empty_pages", [False, True])
def test_a_blob_that_leaves_the_archive_within_hours_is_found_by_a_walk(empty_pages: bool) -> None:  # noqa: FBT001
    place = in_process(replace(AZURE, empty_pages=empty_pages))
    room = place.with_settings(RECONCILE_GRACE_SECONDS="0").build(create=True)
    ref, blob = upload(room), blob_of(room)
    blob.set_standard_blob_tier("Archive")
    job_id = room.record.record(ref, announce=False).job_id
    assert room.attempt.run(job_id, owner="queue/1") is End.FAILED
    blob.set_standard_blob_tier("Cool")
    for hours, state in ((14, State.FAILED), (2, State.PENDING)):
        place.go(hours * 3600)
        room.reconcile.reconcile(owner=f"timer/{hours}")
        assert job_moves.row_of(room.storage.jobs, job_id).job.state is state


@pytest.fixture
def own_wire() -> Iterator[HttpTransport[Any, Any]]:
    with clients.default_transport({}) as made:
        yield made


@pytest.mark.azurite(only=True)
@pytest.mark.case("host 4", was="94 times in four runs")
def test_no_connection_is_thrown_away_while_many_threads_ask_at_once(
    place: Place, own_wire: HttpTransport[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    locks = place.build(own_wire).storage.locks
    table_of(locks).create_table()
    threads = 60
    together = Barrier(threads)

    def ask(_: int) -> None:
        together.wait(timeout=30)
        locks.get("a")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, range(threads)))
    assert "pool is full" not in caplog.text
    assert pools.CONNECTIONS > 40 * 8 + 25  # requests of the API with the threads of a list, functions of the host
