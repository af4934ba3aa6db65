"""Writes whose reply is lost, and writes that are lost: the writer learns which, and writes once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import Lost, Undecided
from shared.ports.jobs import Row
from shared.ports.locks import LockRow
from shared.storage import cas, codec
from tests.contract import lives
from tests.contract.torn import Torn
from tests.doubles.transports import Fault

APPLIED, NOT_APPLIED = [Fault.REPLY_LOST, Fault.BUSY_AFTER], [Fault.REQUEST_LOST, Fault.BUSY_BEFORE]

Write = Callable[[], Row | LockRow]


def _insert(torn: Torn) -> Write:
    move = lives.added(torn)
    return lambda: torn.store.insert(move)


def _claim(torn: Torn) -> Write:
    row = torn.rival.store.insert(lives.added(torn))
    move = lives.claimed(torn, row)
    return lambda: torn.store.replace(row, move)


def _complete(torn: Torn) -> Write:
    row = lives.running(torn.rival)
    move = lives.completed(torn, row)
    return lambda: torn.store.replace(row, move)


def _renew(torn: Torn) -> Write:
    row = lives.running(torn.rival)
    move = lives.renewed(torn, row)
    return lambda: torn.store.replace(row, move)


def _cancel(torn: Torn) -> Write:
    row = lives.running(torn.rival)
    move = lives.ended(torn, row)
    return lambda: torn.store.replace(row, move)


def _lock_insert(torn: Torn) -> Write:
    return lambda: torn.storage.locks.insert(lives.LOCK)


def _lock_replace(torn: Torn) -> Write:
    row = torn.rivals.locks.insert(lives.LOCK)
    return lambda: torn.storage.locks.replace(row, replace(lives.LOCK, token=2))


WRITES = pytest.mark.parametrize(
    "prepare", [_insert, _claim, _complete, _renew, _cancel, _lock_insert, _lock_replace], ids=lambda w: w.__name__[1:]
)


def _stands(torn: Torn, won: Row | LockRow) -> Row | LockRow | None:
    return torn.rivals.locks.get("sweep") if isinstance(won, LockRow) else torn.rivals.jobs.get(won.job.id)


def _content(row: Row | LockRow | None) -> object:
    assert row is not None
    return row.lock if isinstance(row, LockRow) else row.job


@WRITES
@pytest.mark.parametrize("fault", APPLIED)
def test_a_writer_that_hears_nothing_learns_that_it_has_won(
    torn: Torn, prepare: Callable[[Torn], Write], fault: Fault
) -> None:
    write = prepare(torn)
    torn.wire.arm(fault)
    won = write()
    stands = _stands(torn, won)
    assert stands is not None
    assert (won.etag, _content(won)) == (stands.etag, _content(stands))


@WRITES
@pytest.mark.parametrize("fault", APPLIED)
def test_a_write_that_was_applied_is_not_sent_again(torn: Torn, prepare: Callable[[Torn], Write], fault: Fault) -> None:
    write = prepare(torn)
    torn.wire.arm(fault)
    write()
    assert torn.wire.writes == 1


@WRITES
@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_write_that_was_not_applied_is_sent_again_and_wins(
    torn: Torn, prepare: Callable[[Torn], Write], fault: Fault
) -> None:
    write = prepare(torn)
    torn.wire.arm(fault, times=3)
    won = write()
    stands = _stands(torn, won)
    assert stands is not None
    assert (won.etag, _content(won)) == (stands.etag, _content(stands))
    assert torn.wire.writes == 4


@pytest.mark.parametrize("fault", Fault)
def test_a_claim_leaves_one_attempt_and_one_index_row_whatever_happens(torn: Torn, fault: Fault) -> None:
    write = _claim(torn)
    torn.wire.arm(fault)
    won = write()
    assert isinstance(won, Row)
    attempts = [key for key in torn.rows() if key.startswith("try:")]
    assert len(attempts) == len(lives.index_of(torn, won)) == 1
    assert won.job.token == 1


@pytest.mark.parametrize("fault", Fault)
def test_an_insert_leaves_one_job_one_key_and_one_index_row_whatever_happens(torn: Torn, fault: Fault) -> None:
    write = _insert(torn)
    torn.wire.arm(fault)
    write()
    kinds = sorted(key.partition(":")[0] for key in torn.rows())
    assert kinds == ["buckets", "due", "job", "key"]


@WRITES
@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_write_that_nobody_decides_is_undecided(torn: Torn, prepare: Callable[[Torn], Write], fault: Fault) -> None:
    write = prepare(torn)
    torn.wire.arm(fault, times=1000)
    with pytest.raises(Undecided):
        write()


@pytest.mark.parametrize("fault", APPLIED)
def test_a_second_send_that_is_refused_finds_the_first_applied(torn: Torn, fault: Fault) -> None:
    write = _claim(torn)
    torn.wire.arm(fault, reads_lost=1)  # the look after the first send
    won = write()
    stands = _stands(torn, won)
    assert stands is not None
    assert (torn.wire.writes, won.etag) == (2, stands.etag)


@pytest.mark.azurite
def test_a_definite_refusal_is_lost_without_a_look(torn: Torn) -> None:
    row = lives.running(torn.rival)
    torn.rival.store.replace(row, lives.renewed(torn, row))
    torn.wire.arm(Fault.REPLY_LOST, nth=99)
    with pytest.raises(Lost):
        torn.store.replace(row, lives.completed(torn, row))
    assert torn.wire.writes == 1


@pytest.mark.parametrize("fault", Fault)
def test_a_thumbnail_is_written_once_whatever_happens(torn: Torn, fault: Fault) -> None:
    torn.wire.arm(fault)
    torn.storage.images.insert_thumbnail("job/1.webp", b"small", mime="image/webp")
    thumbnails = torn.rivals.images._thumbnails
    assert [blob.name for blob in thumbnails.list_blobs()] == ["job/1.webp"]


def test_a_thumbnail_is_not_sent_again_by_who_is_to_stop(torn: Torn) -> None:
    torn.wire.arm(Fault.REQUEST_LOST, times=1000)
    with pytest.raises(Undecided):
        torn.storage.images.insert_thumbnail(
            "job/1.webp", b"small", mime="image/webp", stop=lambda: torn.wire.writes > 1
        )
    assert torn.wire.writes == 2


@pytest.mark.parametrize("fault", Fault)
def test_a_message_is_put_in_at_least_once_whatever_happens(torn: Torn, fault: Fault) -> None:
    torn.wire.arm(fault)
    torn.storage.queue.send("hello")
    received = [message.content for message in torn.rivals.queue._queue.receive_messages()]
    assert received in (["hello"], ["hello"] * 2)


def test_a_message_that_nobody_takes_is_undecided(torn: Torn) -> None:
    torn.wire.arm(Fault.REQUEST_LOST, times=1000)
    with pytest.raises(Undecided):
        torn.storage.queue.send("hello")


def test_an_index_row_that_is_missing_is_told_apart_from_a_lost_race(torn: Torn) -> None:
    row = torn.rival.store.insert(lives.added(torn))
    (index,) = lives.index_of(torn, row)
    torn.rival.store._table.delete_entity(row_key=index, partition_key=codec.partition(row.job.id, 4))
    with pytest.raises(cas.IndexBroken):
        torn.store.replace(row, lives.claimed(torn, row))
