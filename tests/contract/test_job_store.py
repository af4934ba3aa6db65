import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Duplicate, KeyTaken, Lost, NewerSchema, SettingsInvalid, TooLarge
from shared.ports.jobs import Row
from shared.rules.jobs import SCHEMA, Event, Move, State
from tests.contract import job_moves
from tests.contract.benches import JobsBench
from tests.contract.races import race
from tests.doubles import job_strategies
from tests.proving import at_length

HOUR = timedelta(hours=1)
examples = settings(max_examples=at_length(6, 200), suppress_health_check=[HealthCheck.function_scoped_fixture])


@examples
@given(data=st.data(), ref=job_strategies.refs)
@pytest.mark.parametrize("state", State)
def test_a_job_of_any_state_is_read_back_as_it_was_written(
    jobs: JobsBench, state: State, data: st.DataObject, ref: str
) -> None:
    version = uuid.uuid4().hex  # the table outlives the example
    row = jobs.store.insert(job_moves.add(jobs, ref, version), over=jobs.store.key(job_moves.TYPE, ref))
    written = data.draw(job_strategies.jobs(ref, state, version=version))
    jobs.store.replace(row, Move(Event.CLAIM if state is State.RUNNING else Event.CANCEL, written, jobs.now))
    assert job_moves.row_of(jobs.store, row.job.id).job == written


def test_an_inserted_job_is_read_back_as_it_was(jobs: JobsBench) -> None:
    move = job_moves.add(jobs)
    jobs.store.insert(move)
    assert job_moves.row_of(jobs.store, move.job.id).job == move.job


def test_an_absent_job_is_none(jobs: JobsBench) -> None:
    assert jobs.store.get(f"{job_moves.TYPE}-{1:032x}") is None


def test_an_absent_key_is_none(jobs: JobsBench) -> None:
    assert jobs.store.key(job_moves.TYPE, "images/absent.png") is None


@pytest.mark.azurite
def test_the_first_insert_creates_what_is_missing(jobs: JobsBench) -> None:
    assert jobs.rows() == {}
    assert jobs.store.insert(job_moves.add(jobs)).job.state is State.PENDING


def test_a_read_tells_when_the_service_wrote_the_row_and_when_it_answered(jobs: JobsBench) -> None:
    row = job_moves.waiting(jobs)
    read = job_moves.row_of(jobs.store, row.job.id)
    assert read.seen_at.microsecond == 0
    assert timedelta(seconds=-1) < read.seen_at - read.modified_at < timedelta(seconds=3)


def test_the_key_names_the_inserted_version(jobs: JobsBench) -> None:
    row = jobs.store.insert(job_moves.add(jobs, "images/ä #?/%.png", "0xAB"))
    key = job_moves.key_of(jobs, "images/ä #?/%.png")
    assert (key.type, key.ref) == (job_moves.TYPE, "images/ä #?/%.png")
    assert (key.version, key.job_id) == ("0xAB", row.job.id)


@pytest.mark.parametrize(("version", "error"), [("0x1", Duplicate), ("0x2", KeyTaken)])
def test_the_same_id_again_is_a_duplicate_another_version_finds_the_key_taken_and_neither_writes_anything(
    jobs: JobsBench, version: str, error: type[Exception]
) -> None:
    jobs.store.insert(job_moves.add(jobs, version="0x1"))
    before = jobs.rows()
    with pytest.raises(error):
        jobs.store.insert(job_moves.add(jobs, version=version, grace=HOUR))
    assert jobs.rows() == before


def test_an_insert_over_the_key_makes_its_version_the_newest(jobs: JobsBench) -> None:
    jobs.store.insert(job_moves.add(jobs, version="0x1"))
    key = job_moves.key_of(jobs)
    row = jobs.store.insert(job_moves.add(jobs, version="0x2"), over=key)
    newest = job_moves.key_of(jobs)
    assert (newest.version, newest.job_id) == ("0x2", row.job.id)


def test_an_insert_over_a_key_that_has_moved_finds_it_taken(jobs: JobsBench) -> None:
    jobs.store.insert(job_moves.add(jobs, version="0x1"))
    old = job_moves.key_of(jobs)
    jobs.store.insert(job_moves.add(jobs, version="0x2"), over=old)
    before = jobs.rows()
    with pytest.raises(KeyTaken):
        jobs.store.insert(job_moves.add(jobs, version="0x3"), over=old)
    assert jobs.rows() == before


def test_a_superseded_job_ends_in_the_same_write(jobs: JobsBench) -> None:
    old = jobs.store.insert(job_moves.add(jobs, version="0x1"))
    key = job_moves.key_of(jobs)
    end = job_moves.end(jobs, old, Event.SUPERSEDE)
    jobs.store.insert(job_moves.add(jobs, version="0x2"), over=key, superseded=(old, end))
    assert job_moves.row_of(jobs.store, old.job.id).job == end.job


def test_an_insert_is_lost_when_the_superseded_job_has_moved_and_writes_nothing(jobs: JobsBench) -> None:
    old = jobs.store.insert(job_moves.add(jobs, version="0x1"))
    jobs.store.replace(old, job_moves.claim(jobs, old))
    end, before = job_moves.end(jobs, old, Event.SUPERSEDE), jobs.rows()
    with pytest.raises(Lost):
        jobs.store.insert(job_moves.add(jobs, version="0x2"), over=job_moves.key_of(jobs), superseded=(old, end))
    assert jobs.rows() == before


@pytest.mark.azurite
@pytest.mark.parametrize("change", [job_moves.claim, job_moves.end])
def test_a_stale_etag_is_lost_and_writes_nothing(jobs: JobsBench, change: Callable[[JobsBench, Row], Move]) -> None:
    row = job_moves.waiting(jobs)
    jobs.store.replace(row, job_moves.claim(jobs, row))
    before = jobs.rows()
    with pytest.raises(Lost):
        jobs.store.replace(row, change(jobs, row))
    assert jobs.rows() == before


def test_the_row_that_a_write_returns_is_good_for_the_next(jobs: JobsBench) -> None:
    row = job_moves.running(jobs)
    row = jobs.store.replace(row, job_moves.renew(jobs, row))
    row = jobs.store.replace(row, job_moves.complete(jobs, row))
    read = job_moves.row_of(jobs.store, row.job.id)
    assert (read.job, read.etag) == (row.job, row.etag)


def test_a_version_that_comes_back_takes_the_key_in_one_write(jobs: JobsBench) -> None:
    ended = job_moves.canceled(jobs)
    key = job_moves.key_of(jobs)
    second = jobs.store.insert(job_moves.add(jobs, version="0x2"), over=key)
    end = (second, job_moves.end(jobs, second, Event.SUPERSEDE))
    opened = job_moves.redrive(jobs, ended)
    jobs.store.replace(ended, opened, over=job_moves.key_of(jobs), superseded=end)
    assert (job_moves.key_of(jobs).version, job_moves.row_of(jobs.store, second.job.id).job.state) == (
        "0x1",
        State.CANCELED,
    )


def test_a_replace_over_a_key_that_has_moved_is_lost_and_writes_nothing(jobs: JobsBench) -> None:
    ended = job_moves.canceled(jobs)
    old = job_moves.key_of(jobs)
    jobs.store.insert(job_moves.add(jobs, version="0x2"), over=old)
    before = jobs.rows()
    with pytest.raises(Lost):
        jobs.store.replace(ended, job_moves.redrive(jobs, ended), over=old)
    assert jobs.rows() == before


def test_a_row_of_a_newer_release_is_refused(jobs: JobsBench) -> None:
    row = job_moves.waiting(jobs)
    jobs.store.replace(row, Move(Event.CANCEL, replace(row.job, schema=SCHEMA + 1), jobs.now))
    with pytest.raises(NewerSchema):
        jobs.store.get(row.job.id)


def test_another_number_of_buckets_is_refused_by_its_name(jobs: JobsBench) -> None:
    job_moves.waiting(jobs)
    with pytest.raises(SettingsInvalid, match="JOB_BUCKETS"):
        jobs.reopen(buckets=8).insert(job_moves.add(jobs, "images/dog.png"))


def test_another_number_of_buckets_is_refused_at_the_first_read_too(jobs: JobsBench) -> None:
    row = job_moves.waiting(jobs)
    with pytest.raises(SettingsInvalid, match="JOB_BUCKETS"):
        jobs.reopen(buckets=8).get(row.job.id)


def test_the_same_number_of_buckets_is_welcome(jobs: JobsBench) -> None:
    job_moves.waiting(jobs)
    assert jobs.reopen(buckets=4).insert(job_moves.add(jobs, "images/dog.png")).job.ref == "images/dog.png"


@pytest.mark.azurite
def test_one_of_twenty_claims_wins(jobs: JobsBench) -> None:
    row = job_moves.waiting(jobs)
    outcomes = race(lambda number: jobs.store.replace(row, job_moves.claim(jobs, row, owner=f"queue/{number}")))
    assert outcomes == {"won": 1, "Lost": 19}


def test_one_of_twenty_inserts_wins(jobs: JobsBench) -> None:
    jobs.store.insert(job_moves.add(jobs, "images/warm.png"))
    assert race(lambda _: jobs.store.insert(job_moves.add(jobs))) == {"won": 1, "Duplicate": 19}


@pytest.mark.azurite
def test_one_of_twenty_first_inserts_into_a_missing_table_wins(jobs: JobsBench) -> None:
    assert race(lambda _: jobs.store.insert(job_moves.add(jobs))) == {"won": 1, "Duplicate": 19}


def test_one_of_twenty_newer_versions_takes_the_key(jobs: JobsBench) -> None:
    jobs.store.insert(job_moves.add(jobs, version="0x0"))
    key = job_moves.key_of(jobs)
    outcomes = race(lambda number: jobs.store.insert(job_moves.add(jobs, version=f"0x1{number}"), over=key))
    assert outcomes == {"won": 1, "KeyTaken": 19}


@pytest.mark.parametrize("field", ["params", "report", "thumbnail"])
def test_what_no_row_holds_is_refused_and_nothing_is_written(jobs: JobsBench, field: str) -> None:
    large: Any = b"x" * 65_537 if field == "thumbnail" else {"x": "y" * 32_768}
    move = job_moves.add(jobs)
    with pytest.raises(TooLarge) as met:
        jobs.store.insert(replace(move, job=replace(move.job, **{field: large})))
    assert (met.value.field, [name for name in jobs.rows() if ":" in name]) == (field, [])
