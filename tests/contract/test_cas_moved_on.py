"""Writes whose reply is lost while a rival moves the row on."""

from dataclasses import replace

import pytest

from shared.errors import Duplicate, Lost
from shared.rules.jobs import Event
from shared.storage.cas import MOVED_ON
from tests.contract import job_moves
from tests.contract.faulty_storage import FaultyStorage
from tests.doubles.transports import Fault

APPLIED, NOT_APPLIED = [Fault.REPLY_LOST, Fault.BUSY_AFTER], [Fault.REQUEST_LOST, Fault.BUSY_BEFORE]


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_claims_meanwhile_has_won(faulty: FaultyStorage, fault: Fault) -> None:
    row = faulty.rival.store.insert(job_moves.add(faulty.rival))
    move = job_moves.claim(faulty.rival, row)
    faulty.wire.arm(
        fault, meanwhile=lambda: faulty.rival.store.replace(row, job_moves.claim(faulty.rival, row, owner="rival/1"))
    )
    with pytest.raises(Lost):
        faulty.store.replace(row, move)
    stands = faulty.rival.store.get(row.job.id)
    assert stands is not None
    assert stands.job.owner == "rival/1"


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_inserts_meanwhile_has_won(faulty: FaultyStorage, fault: Fault) -> None:
    move = job_moves.add(faulty.rival)
    faulty.wire.arm(fault, meanwhile=lambda: faulty.rival.store.insert(job_moves.add(faulty.rival)))
    with pytest.raises(Duplicate):
        faulty.store.insert(move)


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_takes_the_lock_meanwhile_has_won(faulty: FaultyStorage, fault: Fault) -> None:
    faulty.wire.arm(fault, meanwhile=lambda: faulty.rivals.locks.insert(replace(job_moves.LOCK, owner="rival/1")))
    with pytest.raises(Lost):
        faulty.storage.locks.insert(job_moves.LOCK)


def _cancels(faulty: FaultyStorage, job_id: str) -> None:
    row = faulty.rival.store.get(job_id)
    assert row is not None
    faulty.rival.store.replace(row, job_moves.end(faulty.rival, row))


@pytest.mark.parametrize("fault", APPLIED)
def test_a_claim_that_was_applied_and_moved_on_returns_an_etag_that_matches_nothing(
    faulty: FaultyStorage, fault: Fault
) -> None:
    row = faulty.rival.store.insert(job_moves.add(faulty.rival))
    move = job_moves.claim(faulty.rival, row)
    faulty.wire.arm(fault, meanwhile=lambda: _cancels(faulty, row.job.id))
    assert faulty.store.replace(row, move).etag == MOVED_ON


@pytest.mark.parametrize("fault", APPLIED)
def test_the_next_write_after_a_claim_that_was_moved_on_is_lost(faulty: FaultyStorage, fault: Fault) -> None:
    row = faulty.rival.store.insert(job_moves.add(faulty.rival))
    move = job_moves.claim(faulty.rival, row)
    faulty.wire.arm(fault, meanwhile=lambda: _cancels(faulty, row.job.id))
    won = faulty.store.replace(row, move)
    with pytest.raises(Lost):
        faulty.store.replace(won, job_moves.complete(faulty.rival, won))


def test_an_insert_that_was_applied_and_claimed_by_a_rival_has_won(faulty: FaultyStorage) -> None:
    move = job_moves.add(faulty.rival)

    def claims() -> None:
        row = faulty.rival.store.get(move.job.id)
        assert row is not None
        faulty.rival.store.replace(row, job_moves.claim(faulty.rival, row))

    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=claims)
    assert faulty.store.insert(move).etag == MOVED_ON


def test_a_retry_that_was_applied_and_claimed_by_a_rival_has_won(faulty: FaultyStorage) -> None:
    row = job_moves.running(faulty.rival)
    move = job_moves.retry(faulty.rival, row)

    def claims() -> None:
        freed = faulty.rival.store.get(row.job.id)
        assert freed is not None
        faulty.rival.store.replace(freed, job_moves.claim(faulty.rival, freed))

    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=claims)
    assert faulty.store.replace(row, move).etag == MOVED_ON


@pytest.mark.parametrize("fault", APPLIED)
def test_a_redrive_that_was_applied_and_claimed_by_a_rival_has_won(faulty: FaultyStorage, fault: Fault) -> None:
    added = faulty.rival.store.insert(job_moves.add(faulty.rival))
    row = faulty.rival.store.replace(added, job_moves.end(faulty.rival, added))
    key = faulty.rival.store.key(row.job.type, row.job.ref)

    def claims() -> None:
        opened = faulty.rival.store.get(row.job.id)
        assert opened is not None
        faulty.rival.store.replace(opened, job_moves.claim(faulty.rival, opened))

    faulty.wire.arm(fault, meanwhile=claims)
    assert faulty.store.replace(row, job_moves.redrive(faulty.rival, row), over=key).etag == MOVED_ON


def test_a_redrive_that_was_applied_and_superseded_by_a_newer_version_is_lost(faulty: FaultyStorage) -> None:
    added = faulty.rival.store.insert(job_moves.add(faulty.rival))
    row = faulty.rival.store.replace(added, job_moves.end(faulty.rival, added))
    key = faulty.rival.store.key(row.job.type, row.job.ref)

    def supersedes() -> None:
        opened, stands = faulty.rival.store.get(row.job.id), faulty.rival.store.key(row.job.type, row.job.ref)
        assert opened is not None
        end = (opened, job_moves.end(faulty.rival, opened, Event.SUPERSEDE))
        faulty.rival.store.insert(job_moves.add(faulty.rival, version="0x2"), over=stands, superseded=end)

    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=supersedes)
    with pytest.raises(Lost):
        faulty.store.replace(row, job_moves.redrive(faulty.rival, row), over=key)


def test_a_lock_that_was_taken_and_moved_on_is_lost(faulty: FaultyStorage) -> None:
    def takes() -> None:
        row = faulty.rivals.locks.get("sweep")
        assert row is not None
        faulty.rivals.locks.replace(row, replace(job_moves.LOCK, owner="rival/1", token=2))

    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=takes)
    with pytest.raises(Lost):
        faulty.storage.locks.insert(job_moves.LOCK)
