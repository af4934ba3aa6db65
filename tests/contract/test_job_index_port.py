"""``JobIndex`` on its double and on Azurite."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import InvalidReference, Lost
from shared.ports.index import GROUPS, LIVE, Standing
from shared.ports.jobs import JobCopy
from shared.rules.ids import bucket, digest
from shared.rules.jobs import SCHEMA, Event, JobError, Move, State
from tests.contract import job_moves
from tests.contract.index_bench import REF, IndexBench
from tests.contract.job_moves import TYPE

HOUR = timedelta(hours=1)


def test_a_table_that_is_missing_holds_nothing(index_bench: IndexBench) -> None:
    index = index_bench.index
    assert (index_bench.live(), index_bench.ended(), index.types(), index.attempts(f"image-{0:032x}")) == (
        [],
        [],
        [],
        [],
    )
    assert index.of_ref("image", REF, after=None, limit=9) == []
    assert index.jobs("image", 0, first=f"image-{0:032x}", last=f"image-{0:032x}", limit=9) == []
    assert (index.keys("image", 0, after=None, limit=9), index.key_of("image", f"{0:032x}")) == ([], None)


def test_live_jobs_come_by_their_due_moment_whether_due_or_not(index_bench: IndexBench) -> None:
    rows = [index_bench.add(number, grace=hours * HOUR) for number, hours in enumerate((1, -2, 3, -4))]
    assert [position.job_id for position in index_bench.live()] == [rows[number].job.id for number in (3, 1, 0, 2)]
    assert {position.segment for position in index_bench.live()} == {LIVE}


def test_a_position_tells_the_due_moment_in_milliseconds(index_bench: IndexBench) -> None:
    due = index_bench.add(0).job.due
    assert due is not None
    assert [position.ms for position in index_bench.live()] == [round(due.timestamp() * 1000)]


def test_a_live_job_stands_as_what_it_is_whichever_move_was_its_last(index_bench: IndexBench) -> None:
    row = index_bench.add(0)
    assert [position.running for position in index_bench.live()] == [False]
    row = index_bench.jobs.store.replace(row, job_moves.claim(index_bench.jobs, row))
    assert [position.running for position in index_bench.live()] == [True]
    retry = job_moves.retry(index_bench.jobs, row)
    index_bench.jobs.store.replace(row, replace(retry, job=replace(retry.job, due=row.job.due)))  # under the same key
    assert [position.running for position in index_bench.live()] == [False]


def test_the_rows_of_a_bucket_are_the_lists_of_its_groups_one_after_the_other(index_bench: IndexBench) -> None:
    index_bench.canceled(0)
    index_bench.canceled(1)
    index_bench.add(2)
    listed = [*index_bench.live(), *index_bench.ended()]
    assert len(listed) == 3
    for limit in (1, 2, 9):
        found, group, after = list[Standing](), GROUPS[0], None
        while page := index_bench.index.standings(TYPE, index_bench.bucket, group=group, after=after, limit=limit):
            found, group, after = found + page, page[-1].group, page[-1].at
        assert [standing.group for standing in found] == [None, State.CANCELED, State.CANCELED]
        assert [each.at if each.group is None else each.at.job_id for each in found] == listed
    later = index_bench.index.standings(TYPE, index_bench.bucket, group=State.COMPLETED, after=None, limit=9)
    assert later == []


def test_live_jobs_go_on_behind_a_position_even_where_its_job_is_gone_from_there(index_bench: IndexBench) -> None:
    rows = [index_bench.add(number, grace=number * HOUR) for number in range(4)]
    (first, second) = index_bench.live(limit=2)
    index_bench.jobs.store.replace(rows[1], job_moves.end(index_bench.jobs, rows[1]))
    assert index_bench.live(second) == index_bench.live()[1:]
    assert [position.job_id for position in index_bench.live(first, 1)] == [rows[2].job.id]


def test_jobs_of_one_moment_go_on_by_their_ids(index_bench: IndexBench) -> None:
    at = index_bench.jobs.now
    rows = [index_bench.canceled(number, at=at) for number in range(4)]
    ids = sorted(row.job.id for row in rows)
    (last,) = index_bench.index.ended(
        TYPE, index_bench.bucket, State.CANCELED, after=None, ended_from=None, ended_to=None, limit=1
    )
    assert [last.job_id, *index_bench.ended(after=last)] == ids


@pytest.mark.azurite
def test_ended_jobs_come_newest_first_and_live_ones_not_at_all(index_bench: IndexBench) -> None:
    rows = [index_bench.canceled(number, after=hours * HOUR) for number, hours in enumerate((1, -2, 3))]
    index_bench.add(9)
    assert index_bench.ended() == [rows[number].job.id for number in (2, 0, 1)]
    assert index_bench.ended(limit=2) == [rows[number].job.id for number in (2, 0)]
    assert index_bench.ended(state=State.COMPLETED) == index_bench.ended(state=State.FAILED) == []


def test_a_span_holds_its_beginning_and_not_its_end(index_bench: IndexBench) -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    ids = [index_bench.canceled(number, at=at + number * timedelta(milliseconds=1)).job.id for number in range(4)]
    assert index_bench.ended(at + timedelta(milliseconds=1), at + timedelta(milliseconds=3)) == [ids[2], ids[1]]
    assert index_bench.ended(at + timedelta(milliseconds=2), None) == [ids[3], ids[2]]
    assert index_bench.ended(None, at + timedelta(milliseconds=1)) == [ids[0]]


def test_a_span_goes_on_behind_a_position(index_bench: IndexBench) -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    ids = [index_bench.canceled(number, at=at + number * HOUR).job.id for number in range(4)]
    until = at + 3 * HOUR
    (last,) = index_bench.index.ended(
        TYPE, index_bench.bucket, State.CANCELED, after=None, ended_from=at, ended_to=until, limit=1
    )
    assert (last.job_id, index_bench.ended(at, at + 3 * HOUR, after=last)) == (ids[2], [ids[1], ids[0]])


@pytest.mark.parametrize(("since", "until", "there"), [(1, 9999, 1), (9998, 9999, 0), (1, 2, 0)])
def test_a_span_may_be_of_any_years(index_bench: IndexBench, since: int, until: int, there: int) -> None:
    index_bench.canceled(0)
    assert len(index_bench.ended(datetime(since, 1, 1, tzinfo=UTC), datetime(until, 1, 1, tzinfo=UTC))) == there


def test_other_buckets_and_types_are_left_out(index_bench: IndexBench) -> None:
    index_bench.add(0)
    other = (index_bench.bucket + 1) % 4
    assert index_bench.index.live(TYPE, other, after=None, limit=9) == []
    assert index_bench.index.keys(TYPE, other, after=None, limit=9) == []
    assert index_bench.index.live("image", index_bench.bucket, after=None, limit=9) == []
    assert index_bench.index.keys("image", index_bench.bucket, after=None, limit=9) == []


def test_the_jobs_of_a_reference_come_by_their_ids_and_go_on(index_bench: IndexBench) -> None:
    rows = sorted((index_bench.add(number).job for number in range(4)), key=lambda job: job.id)
    first = index_bench.index.of_ref(TYPE, REF, after=None, limit=3)
    rest = index_bench.index.of_ref(TYPE, REF, after=first[-1].job.id, limit=3)
    assert [row.job.id for row in (*first, *rest)] == [job.id for job in rows]


def test_a_job_of_a_reference_is_as_its_own_row_tells(index_bench: IndexBench) -> None:
    row = job_moves.running(index_bench.jobs)
    read, (found,) = index_bench.jobs.store.get(row.job.id), index_bench.index.of_ref(TYPE, REF, after=None, limit=9)
    assert read is not None
    assert (found.job, found.etag, found.modified_at) == (read.job, read.etag, read.modified_at)
    assert abs(found.seen_at - read.seen_at) < timedelta(seconds=5)


def test_a_reference_that_another_begins_with_is_another(index_bench: IndexBench) -> None:
    index_bench.add(0)
    assert index_bench.index.of_ref(TYPE, REF[:-1], after=None, limit=9) == []
    assert index_bench.index.of_ref("image", REF, after=None, limit=9) == []


def test_a_job_of_a_newer_release_is_left_out_of_its_reference(index_bench: IndexBench) -> None:
    row, other = index_bench.add(0), index_bench.add(1)
    newer = replace(row.job, schema=SCHEMA + 1)
    stands = job_moves.row_of(index_bench.jobs.store, row.job.id)
    index_bench.jobs.store.replace(stands, Move(Event.RESCHEDULE, newer, index_bench.jobs.now))
    assert [one.job.id for one in index_bench.index.of_ref(TYPE, REF, after=None, limit=2)] == [other.job.id]


@pytest.mark.azurite
def test_jobs_come_by_their_ids_from_one_to_another_as_their_own_rows_tell(index_bench: IndexBench) -> None:
    for number in range(5):
        index_bench.add(number)
    rows = index_bench.index.of_ref(TYPE, REF, after=None, limit=9)
    ids, (_, first, *_, last, _) = [row.job.id for row in rows], rows
    span = {"first": first.job.id, "last": last.job.id}
    found = index_bench.index.jobs(TYPE, index_bench.bucket, **span, limit=9)
    assert found == [JobCopy(replace(row.job, add_nonce=""), row.modified_at) for row in rows[1:4]]
    assert [row.job.id for row in index_bench.index.jobs(TYPE, index_bench.bucket, **span, limit=2)] == ids[1:3]
    assert index_bench.index.jobs(TYPE, (index_bench.bucket + 1) % 4, **span, limit=9) == []
    assert index_bench.index.jobs("image", index_bench.bucket, **span, limit=9) == []


def test_jobs_come_without_what_no_list_shows_and_those_of_a_newer_release_not_at_all(index_bench: IndexBench) -> None:
    row, other = index_bench.add(0), index_bench.add(1)
    claimed = job_moves.claim(index_bench.jobs, other).job
    for job in (replace(row.job, schema=SCHEMA + 1), replace(claimed, thumbnail=b"small")):
        stands = job_moves.row_of(index_bench.jobs.store, job.id)
        index_bench.jobs.store.replace(stands, Move(Event.RESCHEDULE, job, index_bench.jobs.now))
    ids = sorted((row.job.id, other.job.id))
    (found,) = index_bench.index.jobs(TYPE, index_bench.bucket, first=ids[0], last=ids[1], limit=1)
    assert found.job == replace(claimed, claim_id=None, add_nonce="")


@pytest.mark.azurite
def test_references_come_by_their_digests_and_go_on(index_bench: IndexBench) -> None:
    refs = sorted((f"images/{number}.png" for number in range(9)), key=lambda ref: digest(TYPE, ref))
    keys = [
        index_bench.jobs.store.key(TYPE, ref)
        for ref in refs
        if index_bench.jobs.store.insert(job_moves.add(index_bench.jobs, ref))
    ]
    for number in range(4):
        home = [key for key in keys if key and bucket(f"{TYPE}-{digest(TYPE, key.ref)}", 4) == number]
        first = index_bench.index.keys(TYPE, number, after=None, limit=2)
        behind = digest(TYPE, first[-1].ref) if first else None
        assert [*first, *(index_bench.index.keys(TYPE, number, after=behind, limit=9) if first else ())] == home


def test_a_reference_is_found_by_its_digest(index_bench: IndexBench) -> None:
    index_bench.add(0)
    assert index_bench.index.key_of(TYPE, digest(TYPE, REF)) == index_bench.jobs.store.key(TYPE, REF)
    assert index_bench.index.key_of(TYPE, digest(TYPE, "images/dog.png")) is None


@pytest.mark.parametrize("text", ["", "x", "0" * 31, "G" * 32])
def test_what_is_no_digest_and_no_job_id_is_refused(index_bench: IndexBench, text: str) -> None:
    with pytest.raises(InvalidReference):
        index_bench.index.key_of(TYPE, text)
    with pytest.raises(InvalidReference):
        index_bench.index.attempts(f"image-{text}")


def test_attempts_come_in_their_order_with_what_became_of_them(index_bench: IndexBench) -> None:
    jobs = index_bench.jobs
    row = job_moves.running(jobs)
    row = jobs.store.replace(row, job_moves.claim(jobs, row, owner="queue/2", lapsed=True))
    row = jobs.store.replace(row, job_moves.retry(jobs, row))
    for token, report in ((1, "completed"), (1, "corrupt_image"), (99, "completed")):  # there is no attempt 99
        jobs.store.refuse(row.job.id, token, report=report, now=jobs.now)
    row = jobs.store.replace(row, job_moves.claim(jobs, row, owner="queue/3"))
    first, second, third = index_bench.index.attempts(row.job.id)
    assert [one.token for one in (first, second, third)] == [1, 2, 3]
    assert [(one.owner, one.outcome) for one in (first, second)] == [("queue/1", "lapsed"), ("queue/2", "retry")]
    assert (first.late_reports, first.last_late_report) == (2, "corrupt_image")
    assert (second.late_reports, second.last_late_at) == (0, None)
    assert isinstance(second.error, JobError)
    assert (second.error.code, second.error.message, first.error) == ("corrupt_image", "Nothing to see.", None)
    assert (third.owner, third.claim_id, third.outcome, third.ended) == ("queue/3", row.job.claim_id, None, None)
    assert second.ended is not None
    assert second.started <= second.ended <= third.started


def test_attempts_at_other_jobs_are_left_out(index_bench: IndexBench) -> None:
    row = job_moves.running(index_bench.jobs)
    assert index_bench.index.attempts(index_bench.add(9).job.id) == []
    assert len(index_bench.index.attempts(row.job.id)) == 1


def test_types_are_noted_once_and_told_by_name(index_bench: IndexBench) -> None:
    for kind in ("thumbnails", "audio", "thumbnails", "z" * 31):
        index_bench.index.insert_type(kind)
    assert index_bench.index.types() == ["audio", "thumbnails", "z" * 31]


def test_a_type_is_quiet_once_nobody_has_noted_it_for_so_long(index_bench: IndexBench) -> None:
    index_bench.index.insert_type("audio")
    assert index_bench.index.quiet_types(timedelta(hours=1)) == []
    assert [known.kind for known in index_bench.index.quiet_types(timedelta(seconds=-1))] == ["audio"]


def test_a_type_goes_as_it_was_read_and_not_when_it_was_noted_again(index_bench: IndexBench) -> None:
    for kind in ("audio", "zip"):
        index_bench.index.insert_type(kind)
    audio, zipped = index_bench.index.quiet_types(timedelta(seconds=-1))  # the Date has whole seconds
    index_bench.index.insert_type("zip")
    index_bench.index.delete_type(audio)
    for known in (audio, zipped):
        with pytest.raises(Lost):
            index_bench.index.delete_type(known)
    assert index_bench.index.types() == ["zip"]


def test_a_partition_has_jobs_while_one_lives_or_has_ended(index_bench: IndexBench) -> None:
    row = job_moves.running(index_bench.jobs)
    buckets = [index_bench.index.has_jobs(TYPE, bucket) for bucket in range(4)]
    assert buckets.count(True) == 1
    assert not any(index_bench.index.has_jobs("audio", bucket) for bucket in range(4))
    assert buckets[int(row.job.id[-32:-30], 16) % 4]
