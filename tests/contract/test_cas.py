"""Writes whose reply is lost, and writes that are lost: the writer learns which, and writes once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import Lost, Undecided
from shared.ports.jobs import Row
from shared.ports.locks import LockRow
from shared.storage import cas, codec
from shared.storage.blobs import BlobContainers
from tests.contract import job_moves
from tests.contract.faulty_storage import FaultyStorage
from tests.doubles.transports import Fault
from tests.sdk_clients import queue_of

APPLIED, NOT_APPLIED = [Fault.REPLY_LOST, Fault.BUSY_AFTER], [Fault.REQUEST_LOST, Fault.BUSY_BEFORE]

Write = Callable[[], Row | LockRow]


def _insert(faulty: FaultyStorage) -> Write:
    move = job_moves.add(faulty.rival)
    return lambda: faulty.store.insert(move)


def _claim(faulty: FaultyStorage) -> Write:
    row = faulty.rival.store.insert(job_moves.add(faulty.rival))
    move = job_moves.claim(faulty.rival, row)
    return lambda: faulty.store.replace(row, move)


def _complete(faulty: FaultyStorage) -> Write:
    row = job_moves.running(faulty.rival)
    move = job_moves.complete(faulty.rival, row)
    return lambda: faulty.store.replace(row, move)


def _renew(faulty: FaultyStorage) -> Write:
    row = job_moves.running(faulty.rival)
    move = job_moves.renew(faulty.rival, row)
    return lambda: faulty.store.replace(row, move)


def _cancel(faulty: FaultyStorage) -> Write:
    row = job_moves.running(faulty.rival)
    move = job_moves.end(faulty.rival, row)
    return lambda: faulty.store.replace(row, move)


def _lock_insert(faulty: FaultyStorage) -> Write:
    return lambda: faulty.storage.locks.insert(job_moves.LOCK)


def _lock_replace(faulty: FaultyStorage) -> Write:
    row = faulty.rivals.locks.insert(job_moves.LOCK)
    return lambda: faulty.storage.locks.replace(row, replace(job_moves.LOCK, token=2))


WRITES = pytest.mark.parametrize(
    "prepare", [_insert, _claim, _complete, _renew, _cancel, _lock_insert, _lock_replace], ids=lambda w: w.__name__[1:]
)


def _stands(faulty: FaultyStorage, won: Row | LockRow) -> Row | LockRow | None:
    return faulty.rivals.locks.get("sweep") if isinstance(won, LockRow) else faulty.rivals.jobs.get(won.job.id)


def _content(row: Row | LockRow | None) -> object:
    assert row is not None
    return row.lock if isinstance(row, LockRow) else row.job


@WRITES
@pytest.mark.parametrize("fault", APPLIED)
def test_a_writer_that_hears_nothing_learns_that_it_has_won(
    faulty: FaultyStorage, prepare: Callable[[FaultyStorage], Write], fault: Fault
) -> None:
    write = prepare(faulty)
    faulty.wire.arm(fault)
    won = write()
    stands = _stands(faulty, won)
    assert stands is not None
    assert (won.etag, _content(won)) == (stands.etag, _content(stands))


@WRITES
@pytest.mark.parametrize("fault", APPLIED)
def test_a_write_that_was_applied_is_not_sent_again(
    faulty: FaultyStorage, prepare: Callable[[FaultyStorage], Write], fault: Fault
) -> None:
    write = prepare(faulty)
    faulty.wire.arm(fault)
    write()
    assert faulty.wire.writes == 1


@WRITES
@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_write_that_was_not_applied_is_sent_again_and_wins(
    faulty: FaultyStorage, prepare: Callable[[FaultyStorage], Write], fault: Fault
) -> None:
    write = prepare(faulty)
    faulty.wire.arm(fault, times=3)
    won = write()
    stands = _stands(faulty, won)
    assert stands is not None
    assert (won.etag, _content(won)) == (stands.etag, _content(stands))
    assert faulty.wire.writes == 4


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


@WRITES
@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_write_that_nobody_decides_is_undecided(
    faulty: FaultyStorage, prepare: Callable[[FaultyStorage], Write], fault: Fault
) -> None:
    write = prepare(faulty)
    faulty.wire.arm(fault, times=1000)
    with pytest.raises(Undecided):
        write()


@pytest.mark.parametrize("fault", APPLIED)
def test_a_second_send_that_is_refused_finds_the_first_applied(faulty: FaultyStorage, fault: Fault) -> None:
    write = _claim(faulty)
    faulty.wire.arm(fault, reads_lost=1)  # the look after the first send
    won = write()
    stands = _stands(faulty, won)
    assert stands is not None
    assert (faulty.wire.writes, won.etag) == (2, stands.etag)


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
    row = faulty.rival.store.insert(job_moves.add(faulty.rival))
    (index,) = job_moves.index_of(faulty.rival, row)
    faulty.rival.store._table.delete_entity(row_key=index, partition_key=codec.partition(row.job.id, 4))
    with pytest.raises(cas.IndexBroken):
        faulty.store.replace(row, job_moves.claim(faulty.rival, row))
