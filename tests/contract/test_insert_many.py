"""Many jobs of one bucket in one transaction: the rows that single inserts write, all of them or none."""

import itertools
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import ContentRefused, OneRefused, TooLarge, Undecided
from shared.ports.jobs import MOST_TOGETHER
from shared.rules import ids
from shared.rules.jobs import Move
from shared.rules.names import BLOB_CHARACTERS
from shared.storage import row_keys
from shared.storage.retries import RetryPolicy
from tests.contract import job_moves
from tests.contract.benches import AzureJobs, JobsBench
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.memory_benches import DoubledJobs
from tests.contract.places import Place
from tests.contract.races import race
from tests.contract.refusing_transports import RefusingWrites
from tests.doubles.clock import FakeClock
from tests.doubles.transports import Fault
from tests.sdk_clients import table_of


def together(bench: JobsBench, number: int = 3, *, tail: str = ".png", version: str = "0x1") -> list[Move]:
    """Return the additions of so many jobs of one bucket, under one nonce."""
    refs = (f"images/{each:04}{tail}" for each in itertools.count())
    ours = (ref for ref in refs if ids.bucket(ids.job_id(job_moves.TYPE, ref, ""), 4) == 1)
    nonce = uuid.uuid4().hex
    moves = [job_moves.add(bench, ref, version) for ref in itertools.islice(ours, number)]
    return [replace(move, job=replace(move.job, add_nonce=nonce)) for move in moves]


def content(bench: JobsBench) -> dict[str, dict[str, Any]]:
    """Return every row without its ETag."""
    rows = bench.rows().items()
    return {name: {key: value for key, value in row.items() if key != "etag"} for name, row in rows}


def jobs_of(bench: JobsBench) -> list[str]:
    """Return the ids of all jobs."""
    return sorted(name.removeprefix("job:") for name in bench.rows() if name.startswith("job:"))


@pytest.fixture
def other(place: Place | None) -> JobsBench:
    """Give a second table, as empty as the first."""
    return DoubledJobs() if place is None else AzureJobs(place.another())


@pytest.mark.azurite
def test_jobs_that_are_added_together_have_the_rows_of_jobs_that_are_added_one_by_one(
    jobs: JobsBench, other: JobsBench
) -> None:
    moves = together(jobs, MOST_TOGETHER)
    jobs.store.insert_many(moves)
    for move in moves:
        other.store.insert(move)
    ours, theirs = content(jobs), content(other)
    for nonce in (rows.get("buckets", {}).pop("nonce", None) for rows in (ours, theirs)):
        assert nonce is None or nonce != moves[0].job.add_nonce
    assert ours == theirs
    assert [job_moves.row_of(jobs.store, move.job.id).job for move in moves] == [move.job for move in moves]


@pytest.mark.azurite
@pytest.mark.parametrize("version", ["0x1", "0x2"])
def test_one_that_is_there_or_has_another_version_is_named_and_none_is_added(jobs: JobsBench, version: str) -> None:
    moves = together(jobs)
    ref = moves[1].job.ref
    jobs.store.insert(job_moves.add(jobs, ref, version))
    before = jobs.rows()
    with pytest.raises(OneRefused) as met:
        jobs.store.insert_many(moves)
    assert (met.value.job_id, jobs.rows()) == (moves[1].job.id, before)


def test_one_whose_job_is_purged_is_named_too(jobs: JobsBench) -> None:
    moves = together(jobs)
    jobs.store.insert(moves[2])
    if isinstance(jobs, DoubledJobs):
        jobs.store.table.jobs.clear()
    else:
        take_job(jobs, moves[2])
    with pytest.raises(OneRefused) as met:
        jobs.store.insert_many(moves)
    assert met.value.job_id == moves[2].job.id


def take_job(jobs: AzureJobs, move: Move) -> None:
    """Delete the rows of a job by the SDK, but for its key row."""
    for row_key in (row_keys.job_key(move.job.id), row_keys.index_key(move.job)):
        table_of(jobs.store).delete_entity(row_keys.partition(move.job.id, 4), row_key)


@pytest.mark.azurite
def test_one_of_twenty_that_add_the_same_together_wins(jobs: JobsBench) -> None:
    jobs.store.insert(job_moves.add(jobs, "images/warm.png"))
    moves = together(jobs, 5)

    def add(number: int) -> None:
        nonce = f"{number:032x}"
        jobs.store.insert_many([replace(move, job=replace(move.job, add_nonce=nonce)) for move in moves])

    assert race(add) == {"won": 1, "OneRefused": 19}
    nonces = {job_moves.row_of(jobs.store, move.job.id).job.add_nonce for move in moves}
    assert len(nonces) == 1


@pytest.mark.azurite
def test_as_many_as_go_together_fit_into_a_transaction_with_the_longest_names_that_there_are(jobs: JobsBench) -> None:
    moves = together(jobs, MOST_TOGETHER, tail="😀" * (BLOB_CHARACTERS - len("0000")))
    long = {"content_type": "x/" + "y" * 8_000}
    jobs.store.insert_many([replace(move, job=replace(move.job, params=long)) for move in moves])
    assert len(jobs_of(jobs)) == MOST_TOGETHER


def test_what_no_row_holds_is_refused_and_nothing_is_written(jobs: JobsBench) -> None:
    moves = together(jobs)
    moves[1] = replace(moves[1], job=replace(moves[1].job, params={"x": "y" * 32_768}))
    with pytest.raises(TooLarge):
        jobs.store.insert_many(moves)
    assert jobs_of(jobs) == []


@pytest.mark.parametrize("fault", Fault)
def test_a_reply_that_is_lost_does_not_hide_that_all_were_added(faulty: FaultyStorage, fault: Fault) -> None:
    moves = together(faulty.rival)
    faulty.wire.arm(fault, times=3)
    faulty.store.insert_many(moves)
    assert faulty.wire.writes == (1 if fault.applies else 4)
    assert jobs_of(faulty.rival) == sorted(move.job.id for move in moves)


def test_one_row_proves_all_when_a_rival_has_moved_it_on(faulty: FaultyStorage) -> None:
    moves = together(faulty.rival)

    def claim() -> None:
        row = job_moves.row_of(faulty.rival.store, moves[0].job.id)
        faulty.rival.store.replace(row, job_moves.claim(faulty.rival, row))

    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=claim)
    faulty.store.insert_many(moves)
    assert faulty.wire.writes == 1


@pytest.mark.parametrize("number", range(3))
def test_a_job_that_is_gone_by_the_time_of_the_look_makes_none_of_the_others_lost(
    faulty: FaultyStorage, number: int
) -> None:
    moves = together(faulty.rival)
    faulty.wire.arm(Fault.REPLY_LOST, meanwhile=lambda: take_job(faulty.rival, moves[number]))
    if number:
        faulty.store.insert_many(moves)
    else:  # no proof is left: it was sent again, and refused for what stands of the first
        with pytest.raises(OneRefused) as met:
            faulty.store.insert_many(moves)
        assert met.value.job_id == moves[0].job.id
    assert faulty.wire.writes == (1 if number else 2)
    assert len(jobs_of(faulty.rival)) == 2


@pytest.mark.parametrize("number", range(3))
def test_a_rival_that_adds_one_of_them_meanwhile_has_won_and_is_named(faulty: FaultyStorage, number: int) -> None:
    moves = together(faulty.rival)
    rival = job_moves.add(faulty.rival, moves[number].job.ref)
    faulty.wire.arm(Fault.REQUEST_LOST, meanwhile=lambda: faulty.rival.store.insert(rival))
    with pytest.raises(OneRefused) as met:
        faulty.store.insert_many(moves)
    assert (met.value.job_id, jobs_of(faulty.rival)) == (moves[number].job.id, [rival.job.id])


def test_what_nobody_decides_is_undecided(faulty: FaultyStorage) -> None:
    moves = together(faulty.rival)
    faulty.wire.arm(Fault.BUSY_BEFORE, times=1000)
    with pytest.raises(Undecided):
        faulty.store.insert_many(moves)


@pytest.mark.parametrize(("whole", "error"), [(False, OneRefused), (True, ContentRefused)])
def test_content_that_storage_refuses_is_named_where_storage_names_it(
    place: Place, error: type[Exception], *, whole: bool
) -> None:
    refusing, clock = RefusingWrites(place.transport), FakeClock()
    retry = RetryPolicy(within=timedelta(seconds=10), monotonic=clock, pause=clock.advance)
    store, bench = place.build(refusing, retry=retry, create=True).storage.jobs, AzureJobs(place)
    moves = together(bench)
    refusing.answers[moves[0].job.id], refusing.whole = (400, "PropertyValueTooLarge"), whole
    with pytest.raises(error):
        store.insert_many(moves)
    assert (refusing.refusals, jobs_of(bench)) == (1, [])
