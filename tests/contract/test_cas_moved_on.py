"""Writes whose reply is lost while a rival moves the row on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import Duplicate, Lost
from shared.ports.jobs import Row
from shared.rules.jobs import Event, Move
from shared.storage.cas import MOVED_ON
from tests.contract import job_moves
from tests.contract.benches import AzureJobs
from tests.contract.faulty_storage import FaultyStorage
from tests.doubles.transports import Fault

APPLIED, NOT_APPLIED = [Fault.REPLY_LOST, Fault.BUSY_AFTER], [Fault.REQUEST_LOST, Fault.BUSY_BEFORE]


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_claims_meanwhile_has_won(faulty: FaultyStorage, fault: Fault) -> None:
    row = job_moves.waiting(faulty.rival)
    move = job_moves.claim(faulty.rival, row)
    faulty.wire.arm(
        fault, meanwhile=lambda: faulty.rival.store.replace(row, job_moves.claim(faulty.rival, row, owner="rival/1"))
    )
    with pytest.raises(Lost):
        faulty.store.replace(row, move)
    assert job_moves.row_of(faulty.rival.store, row.job.id).job.owner == "rival/1"


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


def _rival(
    faulty: FaultyStorage, job_id: str, change: Callable[[AzureJobs, Row], Move] = job_moves.claim
) -> Callable[[], Row]:
    """Return what a rival does to a job as it stands by then: it claims it, unless it does something else."""

    def act() -> Row:
        row = job_moves.row_of(faulty.rival.store, job_id)
        return faulty.rival.store.replace(row, change(faulty.rival, row))

    return act


@pytest.mark.parametrize("fault", APPLIED)
def test_a_claim_that_was_applied_and_moved_on_returns_an_etag_that_matches_nothing_and_loses_the_next_write(
    faulty: FaultyStorage, fault: Fault
) -> None:
    row = job_moves.waiting(faulty.rival)
    move = job_moves.claim(faulty.rival, row)
    faulty.wire.arm(fault, meanwhile=_rival(faulty, row.job.id, job_moves.end))
    won = faulty.store.replace(row, move)
    assert won.etag == MOVED_ON
    with pytest.raises(Lost):
        faulty.store.replace(won, job_moves.complete(faulty.rival, won))


def test_an_insert_that_was_applied_and_claimed_by_a_rival_has_won(faulty: FaultyStorage) -> None:
    move = job_moves.add(faulty.rival)
    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=_rival(faulty, move.job.id))
    assert faulty.store.insert(move).etag == MOVED_ON


def test_a_retry_that_was_applied_and_claimed_by_a_rival_has_won(faulty: FaultyStorage) -> None:
    row = job_moves.running(faulty.rival)
    move = job_moves.retry(faulty.rival, row)
    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=_rival(faulty, row.job.id))
    assert faulty.store.replace(row, move).etag == MOVED_ON


@pytest.mark.parametrize("fault", APPLIED)
def test_a_redrive_that_was_applied_and_claimed_by_a_rival_has_won(faulty: FaultyStorage, fault: Fault) -> None:
    row, key = job_moves.canceled(faulty.rival), job_moves.key_of(faulty.rival)
    faulty.wire.arm(fault, meanwhile=_rival(faulty, row.job.id))
    assert faulty.store.replace(row, job_moves.redrive(faulty.rival, row), over=key).etag == MOVED_ON


def test_a_redrive_that_was_applied_and_superseded_by_a_newer_version_is_lost(faulty: FaultyStorage) -> None:
    row, key = job_moves.canceled(faulty.rival), job_moves.key_of(faulty.rival)

    def supersedes() -> None:
        opened = job_moves.row_of(faulty.rival.store, row.job.id)
        end = (opened, job_moves.end(faulty.rival, opened, Event.SUPERSEDE))
        newer = job_moves.add(faulty.rival, version="0x2")
        faulty.rival.store.insert(newer, over=job_moves.key_of(faulty.rival), superseded=end)

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
