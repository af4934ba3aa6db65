"""What index rows copy of their jobs: on the double, in process and on Azurite."""

from dataclasses import replace
from datetime import timedelta

import pytest
from azure.data.tables import UpdateMode

from shared.ports.jobs import Row
from shared.ports.queries import JobQuery
from shared.rules import moves
from shared.rules.invariants import Finding, Rule
from shared.rules.jobs import Event, Move, State
from shared.steps.operators.verify import VerifyResult
from shared.storage import copies, row_keys
from shared.storage.ended_table import EndedTable
from tests.contract import job_moves
from tests.contract.index_bench import IndexBench
from tests.contract.verify_bench import VerifyBench


def stands(bench: IndexBench, row: Row) -> bool:
    """Say whether a job's index row copies it as its own row stands; one transaction writes them microseconds apart."""
    own = job_moves.row_of(bench.jobs.store, row.job.id)
    (copy,) = bench.copies(own.job.state if own.job.state.ended else None)
    assert copy is not None
    assert abs(copy.modified_at - own.modified_at) < timedelta(milliseconds=9)
    return copy.job == replace(own.job, claim_id=None, add_nonce="", thumbnail=None)


@pytest.mark.azurite
def test_an_index_row_copies_its_job_after_each_move(index_bench: IndexBench) -> None:
    jobs = index_bench.jobs
    row = index_bench.add(0)
    assert stands(index_bench, row)
    for move in (job_moves.claim, job_moves.renew, job_moves.retry, job_moves.claim, job_moves.complete):
        row = index_bench.move(row, move(jobs, row))
        assert stands(index_bench, row), move
    row = index_bench.move(row, moves.retag(row.job, version="0x9", now=jobs.now))
    assert stands(index_bench, row)


def test_an_index_row_copies_its_job_after_an_end_by_another_and_a_redrive(index_bench: IndexBench) -> None:
    row = index_bench.add(0)
    row = index_bench.move(row, job_moves.end(index_bench.jobs, row))
    assert stands(index_bench, row)
    row = index_bench.move(row, job_moves.redrive(index_bench.jobs, row))
    assert stands(index_bench, row)


def test_a_move_that_leaves_the_index_key_as_it_is_renews_the_copy(index_bench: IndexBench) -> None:
    row = index_bench.add(0)
    row = index_bench.move(row, Move(Event.RESCHEDULE, replace(row.job, progress=0.5), index_bench.jobs.now))
    assert stands(index_bench, row)
    large = replace(row.job, params={"text": "x" * copies.CHARACTERS})
    row = index_bench.move(row, Move(Event.RESCHEDULE, large, index_bench.jobs.now))
    assert index_bench.copies(None) == [None]
    index_bench.move(row, Move(Event.RESCHEDULE, replace(large, params={}), index_bench.jobs.now))
    assert stands(index_bench, row)


def test_nobody_gets_copies_who_does_not_ask_for_them(index_bench: IndexBench) -> None:
    index_bench.add(0)
    assert [position.copy for position in index_bench.live()] == [None]
    standings = index_bench.index.standings(job_moves.TYPE, index_bench.bucket, group=None, after=None, limit=9)
    assert [standing.at.copy for standing in standings] == [None]


@pytest.mark.azurite
def test_a_look_at_all_groups_brings_copies_to_those_who_ask(index_bench: IndexBench) -> None:
    live, ended = index_bench.add(0), index_bench.add(1)
    ended = index_bench.move(ended, job_moves.end(index_bench.jobs, ended))
    standings = index_bench.index.standings(
        job_moves.TYPE, index_bench.bucket, group=None, after=None, limit=9, with_copies=True
    )
    copies = [(standing.group, standing.at.copy and standing.at.copy.job.id) for standing in standings]
    assert copies == [(None, live.job.id), (State.CANCELED, ended.job.id)]


def test_a_list_shows_jobs_of_an_earlier_release_and_what_no_copy_says_by_their_own_rows(bench: VerifyBench) -> None:
    for number, copy in enumerate((None, 7, "{", "[" * 9_000, '{"schema": 1}')):
        row = bench.completed(f"{number}.png")
        index = {"PartitionKey": bench.place(row), "RowKey": row_keys.index_key(row.job)}
        assert bench.table.get_entity(*index.values())["copy"]
        columns = index if copy is None else index | {"copy": copy}
        bench.table.update_entity(columns, mode=UpdateMode.REPLACE)
        items = bench.darkroom.lookup.list(JobQuery(states=frozenset({State.COMPLETED})), limit=9).items
        (found,) = (each for each in items if each.job.id == row.job.id)
        assert found == job_moves.row_of(bench.darkroom.storage.jobs, row.job.id)


def test_a_job_that_a_purge_has_taken_attempts_off_is_shown_by_its_own_row(bench: VerifyBench) -> None:
    row = bench.completed()
    ended = bench.darkroom.storage.ended
    assert isinstance(ended, EndedTable)
    ended._cut(row, [row_keys.try_key(row.job.id, 1)])
    (found,) = bench.darkroom.lookup.list(JobQuery(), limit=9).items
    assert (found, found.job.attempts) == (bench.row(row.job.id), 0)


def test_a_job_that_has_moved_on_without_its_copy_is_told_and_shown_by_its_own_row(bench: VerifyBench) -> None:
    row = bench.completed()
    at = {"PartitionKey": bench.place(row), "RowKey": f"job:{row.job.id}"}
    bench.table.update_entity({**at, "progress": 0.25}, mode=UpdateMode.MERGE)  # as an earlier release would
    (index,) = bench.index(row)
    assert bench.verify().violations == 1
    assert bench.findings == [Finding(Rule.INDEX_STALE, bench.place(row), index)]
    assert bench.verify(repair=True) == VerifyResult(jobs=1, repairs=1)
    (found,) = bench.darkroom.lookup.list(JobQuery(), limit=9).items
    assert (found, found.job.progress, bench.index(row)) == (bench.row(row.job.id), 0.25, [index])
    assert bench.verify() == VerifyResult(jobs=1)
