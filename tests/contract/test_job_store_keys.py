"""A job that is opened again takes its reference, also where no key row is left of it."""

import pytest
from azure.data.tables import TableClient

from shared.errors import Lost
from shared.ports.jobs import Row
from shared.rules.jobs import State
from tests.contract import job_moves
from tests.contract.benches import JobsBench
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.memory_benches import DoubledJobs
from tests.contract.verify_bench import VerifyBench
from tests.doubles.transports import Fault
from tests.sdk_clients import table_of


def without_key(jobs: JobsBench) -> Row:
    """End a job whose key row somebody has taken away."""
    ended = job_moves.canceled(jobs)
    if isinstance(jobs, DoubledJobs):
        jobs.store.table.keys.clear()
    else:
        take_keys(table_of(jobs.store))
    return ended


def take_keys(table: TableClient) -> None:
    """Delete every key row by the SDK."""
    for entity in list(table.list_entities()):
        if entity["RowKey"].startswith("key:"):
            table.delete_entity(entity)


def test_a_key_row_that_is_missing_is_written_with_the_job(jobs: JobsBench) -> None:
    ended = without_key(jobs)
    opened = jobs.store.replace(ended, job_moves.redrive(jobs, ended), keyed=True)
    key = job_moves.key_of(jobs, ended.job.ref)
    assert (key.job_id, key.version, key.state) == (opened.job.id, opened.job.version, None)


def test_without_that_wish_no_key_row_is_written(jobs: JobsBench) -> None:
    ended = without_key(jobs)
    jobs.store.replace(ended, job_moves.redrive(jobs, ended))
    assert jobs.store.key(job_moves.TYPE, ended.job.ref) is None


def test_a_key_row_that_another_has_written_meanwhile_makes_it_lost(jobs: JobsBench) -> None:
    ended = without_key(jobs)
    jobs.store.insert(job_moves.add(jobs, version="0x2"))
    before = jobs.rows()
    with pytest.raises(Lost):
        jobs.store.replace(ended, job_moves.redrive(jobs, ended), keyed=True)
    assert jobs.rows() == before


@pytest.mark.parametrize("fault", Fault)
def test_a_reply_that_is_lost_does_not_hide_that_the_job_was_opened(faulty: FaultyStorage, fault: Fault) -> None:
    ended = without_key(faulty.rival)

    def rival() -> None:
        if fault.applies:  # the row has moved on: the key row alone proves the write
            row = job_moves.row_of(faulty.rival.store, ended.job.id)
            faulty.rival.store.replace(row, job_moves.claim(faulty.rival, row))

    faulty.wire.arm(fault, meanwhile=rival)
    faulty.store.replace(ended, job_moves.redrive(faulty.rival, ended), keyed=True)
    assert job_moves.row_of(faulty.rival.store, ended.job.id).job.state is (
        State.RUNNING if fault.applies else State.PENDING
    )
    assert faulty.rival.store.key(job_moves.TYPE, ended.job.ref) is not None


def test_verify_finds_nothing_wrong_with_a_job_that_was_opened_without_a_key_row(bench: VerifyBench) -> None:
    row = bench.record()
    bench.darkroom.cancel.cancel(row.job.id)
    take_keys(bench.table)
    bench.darkroom.redrive.redrive(row.job.id)
    assert (bench.verify().violations, bench.findings) == (0, [])
