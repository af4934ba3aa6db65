"""Writes whose reply is lost while a rival moves the row on."""

from dataclasses import replace

import pytest

from shared.errors import Duplicate, Lost
from shared.rules.jobs import Event
from shared.storage.cas import MOVED_ON
from tests.contract import lives
from tests.contract.torn import Torn
from tests.doubles.transports import Fault

APPLIED, NOT_APPLIED = [Fault.REPLY_LOST, Fault.BUSY_AFTER], [Fault.REQUEST_LOST, Fault.BUSY_BEFORE]


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_claims_meanwhile_has_won(torn: Torn, fault: Fault) -> None:
    row = torn.rival.store.insert(lives.added(torn))
    move = lives.claimed(torn, row)
    torn.wire.arm(fault, meanwhile=lambda: torn.rival.store.replace(row, lives.claimed(torn, row, owner="rival/1")))
    with pytest.raises(Lost):
        torn.store.replace(row, move)
    stands = torn.rival.store.get(row.job.id)
    assert stands is not None
    assert stands.job.owner == "rival/1"


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_inserts_meanwhile_has_won(torn: Torn, fault: Fault) -> None:
    move = lives.added(torn)
    torn.wire.arm(fault, meanwhile=lambda: torn.rival.store.insert(lives.added(torn)))
    with pytest.raises(Duplicate):
        torn.store.insert(move)


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_a_rival_that_takes_the_lock_meanwhile_has_won(torn: Torn, fault: Fault) -> None:
    torn.wire.arm(fault, meanwhile=lambda: torn.rivals.locks.insert(replace(lives.LOCK, owner="rival/1")))
    with pytest.raises(Lost):
        torn.storage.locks.insert(lives.LOCK)


def _cancels(torn: Torn, job_id: str) -> None:
    row = torn.rival.store.get(job_id)
    assert row is not None
    torn.rival.store.replace(row, lives.ended(torn, row))


@pytest.mark.parametrize("fault", APPLIED)
def test_a_claim_that_was_applied_and_moved_on_returns_an_etag_that_matches_nothing(torn: Torn, fault: Fault) -> None:
    row = torn.rival.store.insert(lives.added(torn))
    move = lives.claimed(torn, row)
    torn.wire.arm(fault, meanwhile=lambda: _cancels(torn, row.job.id))
    assert torn.store.replace(row, move).etag == MOVED_ON


@pytest.mark.parametrize("fault", APPLIED)
def test_the_next_write_after_a_claim_that_was_moved_on_is_lost(torn: Torn, fault: Fault) -> None:
    row = torn.rival.store.insert(lives.added(torn))
    move = lives.claimed(torn, row)
    torn.wire.arm(fault, meanwhile=lambda: _cancels(torn, row.job.id))
    won = torn.store.replace(row, move)
    with pytest.raises(Lost):
        torn.store.replace(won, lives.completed(torn, won))


def test_an_insert_that_was_applied_and_claimed_by_a_rival_has_won(torn: Torn) -> None:
    move = lives.added(torn)

    def claims() -> None:
        row = torn.rival.store.get(move.job.id)
        assert row is not None
        torn.rival.store.replace(row, lives.claimed(torn, row))

    torn.wire.arm(Fault.REPLY_LOST, meanwhile=claims)
    assert torn.store.insert(move).etag == MOVED_ON


def test_a_retry_that_was_applied_and_claimed_by_a_rival_has_won(torn: Torn) -> None:
    row = lives.running(torn.rival)
    move = lives.retried(torn, row)

    def claims() -> None:
        freed = torn.rival.store.get(row.job.id)
        assert freed is not None
        torn.rival.store.replace(freed, lives.claimed(torn, freed))

    torn.wire.arm(Fault.REPLY_LOST, meanwhile=claims)
    assert torn.store.replace(row, move).etag == MOVED_ON


@pytest.mark.parametrize("fault", APPLIED)
def test_a_redrive_that_was_applied_and_claimed_by_a_rival_has_won(torn: Torn, fault: Fault) -> None:
    added = torn.rival.store.insert(lives.added(torn))
    row = torn.rival.store.replace(added, lives.ended(torn, added))
    key = torn.rival.store.key(row.job.type, row.job.ref)

    def claims() -> None:
        opened = torn.rival.store.get(row.job.id)
        assert opened is not None
        torn.rival.store.replace(opened, lives.claimed(torn, opened))

    torn.wire.arm(fault, meanwhile=claims)
    assert torn.store.replace(row, lives.redriven(torn, row), over=key).etag == MOVED_ON


def test_a_redrive_that_was_applied_and_superseded_by_a_newer_version_is_lost(torn: Torn) -> None:
    added = torn.rival.store.insert(lives.added(torn))
    row = torn.rival.store.replace(added, lives.ended(torn, added))
    key = torn.rival.store.key(row.job.type, row.job.ref)

    def supersedes() -> None:
        opened, stands = torn.rival.store.get(row.job.id), torn.rival.store.key(row.job.type, row.job.ref)
        assert opened is not None
        end = (opened, lives.ended(torn, opened, Event.SUPERSEDE))
        torn.rival.store.insert(lives.added(torn, version="0x2"), over=stands, superseded=end)

    torn.wire.arm(Fault.REPLY_LOST, meanwhile=supersedes)
    with pytest.raises(Lost):
        torn.store.replace(row, lives.redriven(torn, row), over=key)


def test_a_lock_that_was_taken_and_moved_on_is_lost(torn: Torn) -> None:
    def takes() -> None:
        row = torn.rivals.locks.get("sweep")
        assert row is not None
        torn.rivals.locks.replace(row, replace(lives.LOCK, owner="rival/1", token=2))

    torn.wire.arm(Fault.REPLY_LOST, meanwhile=takes)
    with pytest.raises(Lost):
        torn.storage.locks.insert(lives.LOCK)
