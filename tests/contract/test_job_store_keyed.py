"""A job that is opened again takes its reference, also where no key row is left of it."""

import pytest
from azure.data.tables import TableClient

from shared.errors import Lost
from shared.ports.jobs import Row
from shared.rules.jobs import State
from tests.contract import lives
from tests.contract.audited import Audited
from tests.contract.benches import JobsBench
from tests.contract.memory import DoubledJobs
from tests.contract.torn import Torn
from tests.doubles.transports import Fault


def without_key(jobs: JobsBench) -> Row:
    """End a job whose key row somebody has taken away."""
    row = jobs.store.insert(lives.added(jobs))
    ended = jobs.store.replace(row, lives.ended(jobs, row))
    if isinstance(jobs, DoubledJobs):
        jobs.store.kept.keys.clear()
    else:
        take_keys(jobs.store._table)  # type: ignore[attr-defined] # on Azurite
    return ended


def take_keys(table: TableClient) -> None:
    """Delete every key row by the SDK."""
    for entity in list(table.list_entities()):
        if entity["RowKey"].startswith("key:"):
            table.delete_entity(entity)


def test_a_key_row_that_is_missing_is_written_with_the_job(jobs: JobsBench) -> None:
    ended = without_key(jobs)
    opened = jobs.store.replace(ended, lives.redriven(jobs, ended), keyed=True)
    key = jobs.store.key(lives.TYPE, ended.job.ref)
    assert key is not None
    assert (key.job_id, key.version, key.state) == (opened.job.id, opened.job.version, None)


def test_without_that_wish_no_key_row_is_written(jobs: JobsBench) -> None:
    ended = without_key(jobs)
    jobs.store.replace(ended, lives.redriven(jobs, ended))
    assert jobs.store.key(lives.TYPE, ended.job.ref) is None


def test_a_key_row_that_another_has_written_meanwhile_makes_it_lost(jobs: JobsBench) -> None:
    ended = without_key(jobs)
    jobs.store.insert(lives.added(jobs, version="0x2"))
    before = jobs.rows()
    with pytest.raises(Lost):
        jobs.store.replace(ended, lives.redriven(jobs, ended), keyed=True)
    assert jobs.rows() == before


@pytest.mark.parametrize("fault", Fault)
def test_a_reply_that_is_lost_does_not_hide_that_the_job_was_opened(torn: Torn, fault: Fault) -> None:
    ended = without_key(torn.rival)

    def rival() -> None:
        if fault.applies:  # the row has moved on: the key row alone proves the write
            row = torn.rival.store.get(ended.job.id)
            assert row is not None
            torn.rival.store.replace(row, lives.claimed(torn, row))

    torn.wire.arm(fault, meanwhile=rival)
    torn.store.replace(ended, lives.redriven(torn, ended), keyed=True)
    stands = torn.rival.store.get(ended.job.id)
    assert stands is not None
    assert stands.job.state is (State.RUNNING if fault.applies else State.PENDING)
    assert torn.rival.store.key(lives.TYPE, ended.job.ref) is not None


def test_verify_finds_nothing_wrong_with_a_job_that_was_opened_without_a_key_row(bench: Audited) -> None:
    row = bench.recorded()
    bench.darkroom.operate.cancel(row.job.id)
    take_keys(bench.table)
    bench.darkroom.operate.redrive(row.job.id)
    assert (bench.verify().violations, bench.found) == (0, [])
