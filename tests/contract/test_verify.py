"""``verify`` on Azurite: what is wrong is found, and index rows are put right."""

import json
import uuid
from collections.abc import Iterator

import pytest
from azure.data.tables import TableEntity

from shared.errors import Lost
from shared.ports.jobs import Row
from shared.rules.audit import Group, Mending
from shared.rules.invariants import Finding, Rule, violations
from shared.rules.jobs import Event, JobError, State
from shared.rules.moves import add, end, redrive
from shared.steps.intake.add import NewJob
from shared.steps.operators.verify import VerifyResult
from shared.storage import row_keys
from shared.storage.audit import AuditReader
from tests.contract.verify_bench import VerifyBench
from tests.doubles.world import png


@pytest.mark.azurite
def test_nothing_is_wrong_after_all_that_a_pipeline_does(bench: VerifyBench) -> None:
    darkroom = bench.darkroom
    bench.completed("done.png")
    bench.record("waiting.png")
    bench.claim(bench.claim(bench.record("lapsed.png")), lapsed=True)
    darkroom.attempt.run(darkroom.record.record(bench.upload("empty.png", b"")).job_id, owner="queue/1")
    older = bench.record("twice.png")
    bench.claim(older)
    darkroom.record.record(bench.upload("twice.png", png(5, 5)))
    assert bench.row(older.job.id).job.state is State.CANCELED
    darkroom.receive.receive(b"absent.png", owner="queue/1")
    again = bench.record("again.png")
    at = darkroom.clock.now()
    move = end(again.job, event=Event.CANCEL, error=JobError("x", "", at), lapsed=False, now=at)
    ended = darkroom.storage.jobs.replace(again, move)
    darkroom.storage.jobs.replace(ended, redrive(ended.job, now=at, grace=darkroom.settings.grace))
    assert bench.verify() == VerifyResult(jobs=7)
    assert bench.findings == []


def test_a_due_row_deleted_by_hand_is_found_and_put_back_and_the_job_is_as_before(bench: VerifyBench) -> None:
    row = bench.record()
    (due,) = bench.index(row)
    bench.remove(bench.place(row), due)
    assert bench.verify() == VerifyResult(jobs=1, violations=1)
    assert bench.findings == [Finding(Rule.INDEX_MISSING, bench.place(row), due, "PENDING")]
    assert bench.verify(repair=True) == VerifyResult(jobs=1, repairs=1)
    assert bench.index(row) == [due]
    assert bench.row(row.job.id).job == row.job
    assert bench.row(row.job.id).etag != row.etag
    assert bench.verify() == VerifyResult(jobs=1)


def test_an_end_row_deleted_by_hand_is_put_back(bench: VerifyBench) -> None:
    row = bench.completed()
    (end_row,) = bench.index(row)
    bench.remove(bench.place(row), end_row)
    assert bench.verify(repair=True).repairs == 1
    assert bench.index(row) == [end_row]


def test_index_rows_of_no_job_and_at_wrong_keys_are_deleted(bench: VerifyBench) -> None:
    row = bench.completed()
    nobody = f"{row.job.id[:-16]}{'0' * 16}"
    for key in (f"due:0000000000001:{nobody}", f"due:0000000000001:{row.job.id}", f"end:FAILED:1:{row.job.id}"):
        bench.put(bench.place(row), key)
    assert bench.verify().violations == 3
    assert sorted(set(bench.rules())) == sorted({Rule.INDEX_ORPHAN, Rule.INDEX_MISPLACED})
    assert bench.verify(repair=True) == VerifyResult(jobs=1, repairs=3)
    assert len(bench.index(row)) == 1
    assert bench.verify() == VerifyResult(jobs=1)


def test_a_job_whose_state_was_changed_by_hand_is_told_and_not_touched(bench: VerifyBench) -> None:
    row = bench.completed()
    bench.table.update_entity({"PartitionKey": bench.place(row), "RowKey": f"job:{row.job.id}", "token": 7})
    assert bench.verify(repair=True).violations == 1
    assert bench.rules() == [Rule.INDEX_STALE, Rule.COMPLETION_UNPROVEN]
    assert bench.row(row.job.id).job.token == 7


def test_a_job_that_moves_under_a_repair_makes_it_lost_and_is_looked_at_again(
    bench: VerifyBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = bench.record()
    bench.put(bench.place(row), f"due:0000000000001:{row.job.id}")
    audit, mended = bench.darkroom.storage.audit, list[Mending]()
    mend = audit.mend

    def late(group: Group, mending: Mending) -> None:
        if not mended:
            bench.claim(row)
        mended.append(mending)
        mend(group, mending)

    monkeypatch.setattr(audit, "mend", late)
    assert bench.verify(repair=True) == VerifyResult(jobs=1, repairs=1)
    assert [mending.job.etag == row.etag for mending in mended if mending.job] == [True, False]
    job = bench.row(row.job.id).job
    assert (job.state, bench.index(row)) == (State.RUNNING, [row_keys.index_key(job)])


def test_of_two_repairs_at_once_one_is_told(bench: VerifyBench, monkeypatch: pytest.MonkeyPatch) -> None:
    row = bench.record()
    (due,) = bench.index(row)
    bench.remove(bench.place(row), due)
    audit = bench.darkroom.storage.audit
    mend = audit.mend

    def second(group: Group, mending: Mending) -> None:
        mend(group, mending)  # another operator's
        mend(group, mending)

    monkeypatch.setattr(audit, "mend", second)
    assert bench.verify(repair=True) == VerifyResult(jobs=1)
    assert bench.index(row) == [due]


def test_an_index_row_that_has_found_its_job_meanwhile_is_not_deleted(bench: VerifyBench) -> None:
    row = bench.record()
    (due,) = bench.index(row)
    group = bench.darkroom.storage.audit.group_of(row.job.id)
    bench.put(bench.place(row), due, touched=True)  # another row now, under the same key
    with pytest.raises(Lost):
        bench.darkroom.storage.audit.mend(group, Mending(None, delete=(group.index[due],)))
    assert bench.index(row) == [due]


def test_a_job_that_moves_while_the_table_is_read_is_no_finding(
    bench: VerifyBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = bench.record()
    audit = bench.darkroom.storage.audit
    groups = audit.groups

    def faulty() -> Iterator[Group]:
        for group in groups():
            group.index.clear()  # as if the due row had moved before the reader came by
            bench.claim(row)
            yield group

    monkeypatch.setattr(audit, "groups", faulty)
    assert bench.verify(repair=True) == VerifyResult(jobs=1)


def move_during_looks(bench: VerifyBench, row: Row, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Move a job in the middle of each of so many looks."""
    audit, left = bench.darkroom.storage.audit, [None] * times
    assert isinstance(audit, AuditReader)
    key_row = audit._key_row

    def late(place: str, stem: str) -> list[TableEntity]:
        if left:
            left.pop()
            bench.claim(bench.row(row.job.id), lapsed=True)
        return key_row(place, stem)

    monkeypatch.setattr(audit, "_key_row", late)


def test_a_look_that_a_move_has_torn_is_taken_again(bench: VerifyBench, monkeypatch: pytest.MonkeyPatch) -> None:
    row = bench.record()
    move_during_looks(bench, row, monkeypatch, times=1)
    group = bench.darkroom.storage.audit.group_of(row.job.id)
    assert list(violations(group)) == []
    assert group.jobs[row.job.id].state is State.RUNNING


def test_rows_that_move_at_every_look_are_a_note(bench: VerifyBench, monkeypatch: pytest.MonkeyPatch) -> None:
    row = bench.record()
    bench.remove(bench.place(row), row_keys.ref_key(row.job.type, row.job.ref))
    move_during_looks(bench, row, monkeypatch, times=5)
    assert bench.verify(repair=True) == VerifyResult(jobs=1)
    assert bench.rules() == [Rule.MOVING]


def test_a_thumbnail_that_a_report_names_and_is_not_there_is_a_violation(bench: VerifyBench) -> None:
    row = bench.completed()
    assert row.job.report is not None
    name = row.job.report["thumbnail"]["name"]
    bench.darkroom.storage.images.delete_thumbnail(name)
    assert bench.verify(blobs=False) == VerifyResult(jobs=1)
    assert bench.verify() == VerifyResult(jobs=1, violations=1)
    assert [(finding.rule, finding.name) for finding in bench.findings] == [(Rule.THUMBNAIL_MISSING, name)]


@pytest.mark.case("security C1", was="the name was followed")
@pytest.mark.parametrize("name", ["../secrets/crown.txt", "other/1.webp"])
def test_a_thumbnail_that_no_attempt_can_have_written_is_a_violation_and_never_followed(
    bench: VerifyBench, name: str
) -> None:
    row = bench.completed()
    report = {**(row.job.report or {}), "thumbnail": {"container": "secrets", "name": name}}
    bench.put(bench.place(row), f"job:{row.job.id}", report=json.dumps(report))
    bench.verify()
    assert Rule.THUMBNAIL_MISNAMED in bench.rules()


def test_a_thumbnail_that_no_report_names_is_a_note_unless_its_worker_is_about_to_commit(bench: VerifyBench) -> None:
    done, running = bench.completed("done.png"), bench.claim(bench.record("running.png"))
    images = bench.darkroom.storage.images
    for name in (f"{done.job.id}/9.webp", f"{running.job.id}/1.webp", "stray.txt"):
        images.insert_thumbnail(name, b"x", mime="image/webp")
    assert bench.verify() == VerifyResult(jobs=2)
    assert {(finding.rule, finding.name) for finding in bench.findings} == {
        (Rule.THUMBNAIL_ORPHAN, f"{done.job.id}/9.webp"),
        (Rule.THUMBNAIL_ORPHAN, "stray.txt"),
    }


@pytest.mark.parametrize(
    ("row_key", "columns"),
    [("job:{id}", {"schema": 1}), ("what:ever", {}), ("due:1:nothing", {}), ("key:xyz", {}), ("try:{id}:x", {})],
)
def test_a_row_of_no_known_form_is_told_and_left(bench: VerifyBench, row_key: str, columns: dict[str, object]) -> None:
    bench.put("image-analysis:00", row_key.format(id=f"image-analysis-{0:032x}"), **columns)
    assert bench.verify(repair=True).violations == 1
    assert bench.rules() == [Rule.UNREADABLE]


def test_what_a_newer_release_wrote_is_a_note(bench: VerifyBench) -> None:
    row = bench.record()
    bench.put(bench.place(row), f"job:{row.job.id}", schema=99)
    assert bench.verify(repair=True) == VerifyResult(jobs=0)
    assert bench.rules() == [Rule.NEWER]


def test_the_key_row_of_a_version_that_was_never_added_is_found(bench: VerifyBench) -> None:
    row = bench.record()
    for key in (f"job:{row.job.id}", *bench.index(row)):
        bench.remove(bench.place(row), key)
    bench.verify(repair=True)
    assert bench.rules() == [Rule.KEY_BROKEN]


def test_a_job_added_by_the_rules_alone_is_sound(bench: VerifyBench) -> None:
    now, jobs = bench.record("other.png").seen_at, bench.darkroom.storage.jobs
    move = add(
        kind="other-type", ref="x/y", version="", params={}, max_attempts=1, now=now,
        grace=bench.darkroom.settings.grace, add_nonce=uuid.uuid4().hex,
    )  # fmt: skip
    jobs.insert(move)
    assert bench.verify() == VerifyResult(jobs=2)


def add_job(bench: VerifyBench, *, unique: bool) -> Row:
    """Add a job of another type."""
    row = bench.darkroom.add.add(NewJob(kind="word-count", ref="text", params={}, unique=unique)).row
    assert row is not None
    return row


def test_live_jobs_of_one_reference_that_are_not_unique_are_no_violation(bench: VerifyBench) -> None:
    for _ in range(2):
        add_job(bench, unique=False)
    bench.claim(add_job(bench, unique=False))
    add_job(bench, unique=True)
    assert bench.verify() == VerifyResult(jobs=4)
    assert bench.findings == []


def test_a_unique_job_without_its_key_row_is_a_violation_beside_others_that_have_none(bench: VerifyBench) -> None:
    add_job(bench, unique=False)
    row = add_job(bench, unique=True)
    bench.remove(bench.place(row), row_keys.ref_key(row.job.type, row.job.ref))
    assert bench.verify().violations == 1
    assert bench.rules() == [Rule.LIVE_UNNAMED]


def test_an_index_row_of_a_job_that_is_not_unique_is_put_back(bench: VerifyBench) -> None:
    row = add_job(bench, unique=False)
    (due,) = bench.index(row)
    bench.remove(bench.place(row), due)
    assert bench.verify(repair=True) == VerifyResult(jobs=1, repairs=1)
    assert bench.index(row) == [due]


def test_rows_that_name_types_are_no_finding(bench: VerifyBench) -> None:
    bench.darkroom.storage.index.insert_type("word-count")
    assert bench.verify(repair=True) == VerifyResult(jobs=0)
    assert (bench.findings, bench.darkroom.storage.index.types()) == ([], ["word-count"])


@pytest.mark.parametrize("forget", [True, False])
def test_nothing_is_wrong_after_a_job_was_removed(bench: VerifyBench, *, forget: bool) -> None:
    row = add_job(bench, unique=True)
    bench.darkroom.cancel.cancel(row.job.id)
    bench.darkroom.remove.remove(row.job.id, forget=forget)
    assert bench.verify() == VerifyResult(jobs=0)
    assert bench.findings == []
