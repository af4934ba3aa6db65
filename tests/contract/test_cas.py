"""Writes whose reply is lost, and writes that are lost: the writer learns which, and writes once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import Lost, Undecided
from shared.ports.jobs import Row
from shared.ports.locks import LockRow
from shared.rules.jobs import Job, Move
from shared.rules.locks import Lock
from shared.storage import blob_writes, cas, row_keys
from shared.storage.blobs import BlobContainers
from shared.storage.retries import RetryPolicy
from tests.contract import job_moves
from tests.contract.benches import AzureJobs
from tests.contract.faulty_storage import FaultyStorage
from tests.doubles.transports import Fault
from tests.sdk_clients import blobs_of, queue_of, table_of

APPLIED, NOT_APPLIED = [Fault.REPLY_LOST, Fault.BUSY_AFTER], [Fault.REQUEST_LOST, Fault.BUSY_BEFORE]

Write = Callable[[], Row | LockRow]
Prepare = Callable[[FaultyStorage], Write]


def _insert(faulty: FaultyStorage) -> Write:
    move = job_moves.add(faulty.rival)
    return lambda: faulty.store.insert(move)


def _replace(begin: Callable[[AzureJobs], Row], change: Callable[[AzureJobs, Row], Move]) -> Prepare:
    """Return what prepares a change of a job that stands as it does after its beginning."""

    def prepare(faulty: FaultyStorage) -> Write:
        row = begin(faulty.rival)
        move = change(faulty.rival, row)
        return lambda: faulty.store.replace(row, move)

    return prepare


def _lock_replace(faulty: FaultyStorage) -> Write:
    row = faulty.rivals.locks.insert(job_moves.LOCK)
    return lambda: faulty.storage.locks.replace(row, replace(job_moves.LOCK, token=2))


_claim = _replace(job_moves.waiting, job_moves.claim)
WRITES: dict[str, Prepare] = {
    "insert": _insert,
    "claim": _claim,
    "complete": _replace(job_moves.running, job_moves.complete),
    "renew": _replace(job_moves.running, job_moves.renew),
    "cancel": _replace(job_moves.running, job_moves.end),
    "lock_insert": lambda faulty: lambda: faulty.storage.locks.insert(job_moves.LOCK),
    "lock_replace": _lock_replace,
}
EACH_WRITE = pytest.mark.parametrize("prepare", WRITES.values(), ids=WRITES)


def _stands(faulty: FaultyStorage, won: Row | LockRow) -> Row | LockRow | None:
    return faulty.rivals.locks.get("sweep") if isinstance(won, LockRow) else faulty.rivals.jobs.get(won.job.id)


def _content(row: Row | LockRow | None) -> tuple[str, Lock | Job]:
    assert row is not None
    return row.etag, row.lock if isinstance(row, LockRow) else row.job


@EACH_WRITE
@pytest.mark.parametrize("fault", Fault)
def test_a_writer_that_hears_nothing_learns_that_it_has_won_and_sends_again_only_what_was_not_applied(
    faulty: FaultyStorage, prepare: Prepare, fault: Fault
) -> None:
    write = prepare(faulty)
    faulty.wire.arm(fault, times=3)
    won = write()
    assert _content(won) == _content(_stands(faulty, won))
    assert faulty.wire.writes == (1 if fault.applies else 4)


@pytest.mark.parametrize("fault", Fault)
def test_a_claim_leaves_one_attempt_and_one_index_row_whatever_happens(faulty: FaultyStorage, fault: Fault) -> None:
    write = _claim(faulty)
    faulty.wire.arm(fault)
    won = write()
    assert isinstance(won, Row)
    attempts = [key for key in faulty.rival.rows() if key.startswith("try:")]
    assert len(attempts) == len(job_moves.index_of(faulty.rival, won)) == 1
    assert won.job.token == 1


@pytest.mark.parametrize("fault", Fault)
def test_an_insert_leaves_one_job_one_key_and_one_index_row_under_any_fault(
    faulty: FaultyStorage, fault: Fault
) -> None:
    write = _insert(faulty)
    faulty.wire.arm(fault)
    write()
    kinds = sorted(key.partition(":")[0] for key in faulty.rival.rows())
    assert kinds == ["buckets", "due", "job", "key"]


@EACH_WRITE
@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_write_that_nobody_decides_is_undecided(faulty: FaultyStorage, prepare: Prepare, fault: Fault) -> None:
    write = prepare(faulty)
    faulty.wire.arm(fault, times=1000)
    with pytest.raises(Undecided):
        write()


@pytest.mark.parametrize("fault", APPLIED)
def test_a_second_send_that_is_refused_finds_the_first_applied(faulty: FaultyStorage, fault: Fault) -> None:
    write = _claim(faulty)
    faulty.wire.arm(fault, reads_lost=1)  # the look after the first send
    won = write()
    assert (faulty.wire.writes, _content(won)) == (2, _content(_stands(faulty, won)))


@pytest.mark.azurite
def test_a_definite_refusal_is_lost_without_a_look(faulty: FaultyStorage) -> None:
    row = job_moves.running(faulty.rival)
    faulty.rival.store.replace(row, job_moves.renew(faulty.rival, row))
    faulty.wire.arm(Fault.REPLY_LOST, nth=99)
    with pytest.raises(Lost):
        faulty.store.replace(row, job_moves.complete(faulty.rival, row))
    assert faulty.wire.writes == 1


@pytest.mark.parametrize("fault", Fault)
def test_a_thumbnail_is_written_once_whatever_happens(faulty: FaultyStorage, fault: Fault) -> None:
    faulty.wire.arm(fault)
    faulty.storage.images.insert_thumbnail("job/1.webp", b"small", mime="image/webp")
    assert isinstance(faulty.rivals.images, BlobContainers)
    assert [blob.name for blob in faulty.rivals.images._thumbnails.list_blobs()] == ["job/1.webp"]


def test_a_thumbnail_is_not_sent_again_by_who_is_to_stop(faulty: FaultyStorage) -> None:
    faulty.wire.arm(Fault.REQUEST_LOST, times=1000)
    with pytest.raises(Undecided):
        faulty.storage.images.insert_thumbnail(
            "job/1.webp", b"small", mime="image/webp", stop=lambda: faulty.wire.writes > 1
        )
    assert faulty.wire.writes == 2


@pytest.mark.parametrize("fault", Fault)
def test_a_message_is_put_in_at_least_once_whatever_happens(faulty: FaultyStorage, fault: Fault) -> None:
    faulty.wire.arm(fault)
    faulty.storage.queue.send("hello")
    received = [message.content for message in queue_of(faulty.rivals.queue).receive_messages()]
    assert received in (["hello"], ["hello"] * 2)


def test_a_message_that_nobody_takes_is_undecided(faulty: FaultyStorage) -> None:
    faulty.wire.arm(Fault.REQUEST_LOST, times=1000)
    with pytest.raises(Undecided):
        faulty.storage.queue.send("hello")


def test_an_index_row_that_is_missing_is_told_apart_from_a_lost_race(faulty: FaultyStorage) -> None:
    row = job_moves.waiting(faulty.rival)
    (index,) = job_moves.index_of(faulty.rival, row)
    faulty.rival.store._table.delete_entity(row_key=index, partition_key=row_keys.partition(row.job.id, 4))
    with pytest.raises(cas.IndexBroken):
        faulty.store.replace(row, job_moves.claim(faulty.rival, row))


def test_a_write_that_meets_its_own_late_copy_where_its_table_was_missing_has_won(faulty: FaultyStorage) -> None:
    table = table_of(faulty.rivals.locks)
    table.delete_table()
    operations = [("create", {"PartitionKey": "lock", "RowKey": "sweep", "nonce": "mine"})]

    def create() -> None:
        table.create_table()
        table.submit_transaction(operations)

    etag = cas.transact(
        table, operations, cas.GuardRow("lock", "sweep", None, "mine"), retry=RetryPolicy(), create=create
    )
    assert etag == table.get_entity("lock", "sweep").metadata["etag"]


def test_an_upload_that_meets_its_own_late_copy_where_its_container_was_missing_is_done(faulty: FaultyStorage) -> None:
    container = blobs_of(faulty.rivals.images).get_container_client("other-images")
    blob = container.get_blob_client("cat.png")

    def create() -> None:
        container.create_container()
        blob.upload_blob(b"miau")

    blob_writes.put_blob(blob, b"miau", mime="image/png", only_new=True, etag=None, retry=RetryPolicy(), create=create)
    assert blob.download_blob().readall() == b"miau"
