"""``EndedJobs`` on its double and on Azurite."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from shared.errors import Lost
from shared.ports.ended import EndedJobs
from shared.ports.jobs import Key, Row
from shared.rules import moves
from shared.rules.jobs import Event, Move, State
from shared.storage import ended_table
from tests.contract import job_moves
from tests.contract.benches import ImagesBench, JobsBench
from tests.contract.memory_benches import DoubledJobs
from tests.contract.versions_bench import VersionsBench
from tests.doubles.ended import MemoryEnded

HOUR = timedelta(hours=1)


@dataclass
class Resting(VersionsBench):
    """A job table and its ended jobs."""

    ended: EndedJobs

    def key(self, row: Row) -> Key | None:
        """Return the key row that names a job."""
        key = self.jobs.store.key(row.job.type, row.job.ref)
        return key if key is not None and key.job_id == row.job.id else None

    def list_ended(self, row: Row, before: datetime, *, state: State = State.CANCELED) -> list[str]:
        """List what has ended in a job's bucket."""
        bucket = int(row.job.id.removeprefix(f"{job_moves.TYPE}-")[:2], 16) % 4
        return [job_id for page in self.ended.ended(job_moves.TYPE, bucket, state, before=before) for job_id in page]


@pytest.fixture
def resting(jobs: JobsBench) -> Resting:
    """Give an empty table."""
    if isinstance(jobs, DoubledJobs):
        return Resting(jobs, MemoryEnded(jobs.store.table))
    return Resting(jobs, jobs.darkroom.storage.ended)


def test_ended_jobs_come_oldest_first_and_those_of_later_not_at_all(resting: Resting) -> None:
    rows = [resting.canceled(number, after=HOUR * (number % 3 + number / 60)) for number in range(4)]
    found = resting.list_ended(rows[0], resting.jobs.now + HOUR + HOUR / 2)
    assert found == [rows[number].job.id for number in (0, 3, 1)]


def test_a_list_of_many_pages_is_whole_and_the_oldest_first(resting: Resting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting.ended, "_page", 3, raising=False)
    rows = [resting.canceled(number, after=-48 * HOUR * number) for number in range(8)]
    assert resting.list_ended(rows[0], resting.jobs.now + HOUR) == [row.job.id for row in reversed(rows)]


def test_a_job_is_listed_in_the_state_in_which_it_ended_alone(resting: Resting) -> None:
    row, far = resting.canceled(), resting.jobs.now + HOUR
    assert resting.list_ended(row, far) == [row.job.id]
    assert resting.list_ended(row, far, state=State.COMPLETED) == resting.list_ended(row, far, state=State.FAILED) == []


def test_nothing_has_ended_in_a_table_that_is_missing_or_before_there_were_tables(resting: Resting) -> None:
    assert list(resting.ended.ended(job_moves.TYPE, 0, State.FAILED, before=resting.jobs.now)) in ([], [[]])
    ages = timedelta(days=36_500)
    assert list(resting.ended.ended(job_moves.TYPE, 0, State.FAILED, before=resting.jobs.now - ages)) == []


@pytest.mark.azurite
def test_all_rows_of_a_purged_job_go_but_its_key_row_which_says_how_it_ended(resting: Resting) -> None:
    row = resting.canceled()
    assert resting.ended.purge([(row, resting.key(row))]) == {row.job.id}
    assert [name.partition(":")[0] for name in resting.jobs.rows() if ":" in name] == ["key"]
    key = job_moves.key_of(resting.jobs, row.job.ref)
    assert (key.version, key.job_id, key.state) == (row.job.version, row.job.id, State.CANCELED)
    assert key.ended is not None
    assert row.job.ended is not None
    assert abs(key.ended - row.job.ended) < timedelta(milliseconds=1)


def test_a_purged_job_that_stood_for_a_newer_version_leaves_that_version_known(resting: Resting) -> None:
    row = job_moves.running(resting.jobs)
    done = resting.jobs.store.replace(row, job_moves.complete(resting.jobs, row))
    move = moves.retag(done.job, version="0x9", now=resting.jobs.now)
    both = resting.jobs.store.replace(done, move, over=resting.key(done))
    assert resting.ended.purge([(both, resting.key(both))]) == {row.job.id}
    key = job_moves.key_of(resting.jobs, row.job.ref)
    assert (key.version, key.job_id, key.state) == ("0x9", row.job.id, State.COMPLETED)


def test_the_key_row_of_a_newer_version_stays_as_it_is(resting: Resting) -> None:
    older, _ = resting.canceled(0), resting.canceled(1)
    before = resting.jobs.store.key(older.job.type, older.job.ref)
    assert resting.ended.purge([(older, resting.key(older))]) == {older.job.id}
    assert resting.jobs.store.key(older.job.type, older.job.ref) == before


def test_a_job_that_has_moved_on_stays_and_the_rest_goes(resting: Resting) -> None:
    rows = [resting.canceled(number) for number in range(4)]
    opened = resting.jobs.store.replace(rows[1], job_moves.redrive(resting.jobs, rows[1]))
    going = [(row, resting.key(row)) for row in rows]
    assert resting.ended.purge(going) == {row.job.id for row in rows} - {opened.job.id}
    assert resting.jobs.store.get(opened.job.id) is not None
    assert job_moves.index_of(resting.jobs, opened) != []


def test_a_job_whose_row_alone_has_moved_stays(resting: Resting) -> None:
    row = resting.canceled()
    now = resting.jobs.store.replace(row, Move(Event.RESCHEDULE, row.job, resting.jobs.now))
    assert job_moves.index_of(resting.jobs, now) == job_moves.index_of(resting.jobs, row)
    assert resting.ended.purge([(row, resting.key(row))]) == set()
    assert resting.jobs.store.get(row.job.id) is not None


def test_a_job_whose_key_row_has_moved_on_stays_and_the_rest_goes(resting: Resting) -> None:
    rows = [resting.canceled(number) for number in range(3)]
    going = [(row, resting.key(row)) for row in rows]
    resting.canceled(9)
    assert resting.ended.purge(going) == {rows[0].job.id, rows[1].job.id}
    assert resting.jobs.store.get(rows[2].job.id) is not None


def test_a_job_that_another_has_purged_is_gone_and_so_is_the_rest(resting: Resting) -> None:
    rows = [resting.canceled(number) for number in range(3)]
    going = [(row, resting.key(row)) for row in rows]
    resting.ended.purge(going[:1])
    assert resting.ended.purge(going) == {row.job.id for row in rows}


def claimed_thrice(jobs: JobsBench) -> Row:
    """Claim a job, end it, open it again, and so on: two tokens are left out between its three attempts."""
    row = job_moves.running(jobs)
    for _ in range(2):
        ended = jobs.store.replace(row, job_moves.end(jobs, row))
        row = jobs.store.replace(ended, job_moves.redrive(jobs, ended))
        row = jobs.store.replace(row, job_moves.claim(jobs, row))
    return row


def test_attempts_go_with_their_job_also_where_tokens_have_been_left_out(resting: Resting) -> None:
    jobs, row = resting.jobs, claimed_thrice(resting.jobs)
    done = jobs.store.replace(row, job_moves.complete(jobs, row))
    assert (done.job.attempts, done.job.token) == (3, 5)
    assert resting.ended.purge([(done, resting.key(done))]) == {done.job.id}
    assert [name.partition(":")[0] for name in jobs.rows() if ":" in name] == ["key"]


def test_a_job_of_more_attempts_than_one_transaction_takes_keeps_them_all_if_it_has_moved_on(
    resting: Resting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended_table, "_ATTEMPTS_AT_ONCE", 1)
    jobs, row = resting.jobs, claimed_thrice(resting.jobs)
    seen = jobs.store.replace(row, job_moves.end(jobs, row))
    opened = jobs.store.replace(seen, job_moves.redrive(jobs, seen))
    assert resting.ended.purge([(seen, resting.key(seen))]) == set()
    stands = job_moves.row_of(jobs.store, opened.job.id)
    assert (stands.job, stands.etag) == (opened.job, opened.etag)
    assert sum(name.startswith("try:") for name in jobs.rows()) == 3


def test_the_thumbnails_of_a_job_are_those_under_its_id_alone(images: ImagesBench) -> None:
    assert images.store.thumbnails_of("job") == []
    for name in ("job/1.webp", "job/2.webp", "job-2/1.webp", "jo/b.webp"):
        images.store.insert_thumbnail(name, b"small", mime="image/webp")
    assert images.store.thumbnails_of("job") == ["job/1.webp", "job/2.webp"]


def purged(resting: Resting) -> Key:
    """Purge a job; return the key row that is left of it."""
    row = resting.canceled()
    resting.ended.purge([(row, resting.key(row))])
    key = resting.key(row)
    assert key is not None
    return key


def test_the_key_row_of_a_purged_job_is_forgotten(resting: Resting) -> None:
    resting.ended.forget(purged(resting))
    assert [name for name in resting.jobs.rows() if ":" in name] == []


def test_to_forget_twice_is_harmless(resting: Resting) -> None:
    key = purged(resting)
    for _ in range(2):
        resting.ended.forget(key)
    assert [name for name in resting.jobs.rows() if ":" in name] == []


def test_a_key_row_that_has_moved_on_is_not_forgotten(resting: Resting) -> None:
    key = purged(resting)
    newer = resting.canceled(1)
    with pytest.raises(Lost):
        resting.ended.forget(key)
    assert resting.key(newer) is not None


def test_a_key_row_that_another_has_forgotten_and_a_new_job_has_again_is_not_forgotten(resting: Resting) -> None:
    key = purged(resting)
    resting.ended.forget(key)
    again = resting.canceled()
    with pytest.raises(Lost):
        resting.ended.forget(key)
    assert resting.key(again) is not None
