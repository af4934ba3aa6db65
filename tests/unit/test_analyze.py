import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.analysis import Analysis
from shared.analysis.analyst import Analyst
from shared.errors import StorageOut, Undecided
from shared.ports.jobs import Row
from shared.rules import ids, moves
from shared.rules.jobs import Event, JobError, Move, State
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.acts import raising
from tests.unit.image_jobs import CAT, attempt_job, error_code

PUBLISH = "images.insert_thumbnail"


def test_an_image_is_claimed_read_published_and_committed_in_that_order(world: World, job_id: str) -> None:
    world.journal.clear()
    assert attempt_job(world, job_id) is End.COMPLETED
    assert world.journal == ["jobs.get", "jobs.replace", "images.read", PUBLISH, "jobs.replace"]


def test_a_completed_job_holds_its_report(world: World, job_id: str) -> None:
    attempt_job(world, job_id)
    report = world.job(job_id).report
    assert report is not None
    assert (report["status"], report["image"]["width_px"]) == ("ok", 3)


def test_a_thumbnail_is_named_by_job_and_token_and_the_report_says_where(world: World, job_id: str) -> None:
    attempt_job(world, job_id)
    report = world.job(job_id).report
    assert report is not None
    assert list(world.images.thumbnails) == [f"{job_id}/1.png"]
    assert report["thumbnail"]["container"] == "thumbnails"
    assert report["thumbnail"]["name"] == f"{job_id}/1.png"


@pytest.mark.case("security C2", was="a report's own thumbnail name overrides the place where it was written")
def test_a_report_that_names_a_place_for_its_thumbnail_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    world, lie = World(), {"container": "secrets", "name": "../secrets/crown.txt"}
    told = Analyst.analyze

    def lying(analyst: Analyst, data: bytes, **given: Any) -> Analysis:  # noqa: ANN401 - the analyst's
        found = told(analyst, data, **given)
        return replace(found, report={**found.report, "thumbnail": found.report["thumbnail"] | lie})

    monkeypatch.setattr(Analyst, "analyze", lying)
    job_id = world.record_image()
    attempt_job(world, job_id)
    thumbnail = (world.job(job_id).report or {})["thumbnail"]
    assert (thumbnail["container"], thumbnail["name"]) == ("thumbnails", f"{job_id}/1.png")


def test_a_thumbnail_goes_into_the_row_where_that_is_wanted() -> None:
    world = World(THUMBNAILS="row")
    job_id = world.record_image()
    assert attempt_job(world, job_id) is End.COMPLETED
    job = world.job(job_id)
    assert job.report is not None
    assert job.thumbnail is not None
    assert len(job.thumbnail) == job.report["thumbnail"]["bytes"]
    assert "name" not in job.report["thumbnail"]
    assert (world.images.thumbnails, PUBLISH in world.journal) == ({}, False)


def test_no_thumbnail_is_written_where_none_is_wanted() -> None:
    world = World(THUMBNAILS="off")
    assert attempt_job(world, world.record_image()) is End.COMPLETED
    assert world.images.thumbnails == {}


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_blob"), (b"This is no picture.", "unsupported_format"), (png()[:40], "corrupt_image")],
)
def test_an_image_that_cannot_be_analysed_fails_with_its_code(world: World, data: bytes, code: str) -> None:
    job_id = world.record_image("text.jpg", data)
    assert attempt_job(world, job_id) is End.FAILED
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, code)


def test_an_empty_blob_is_not_even_read(world: World) -> None:
    attempt_job(world, world.record_image(data=b""))
    assert "images.read" not in world.journal


def test_a_blob_over_the_byte_gate_completes_in_part_without_being_read() -> None:
    world = World(MAX_BYTES="70")
    job_id = world.record_image(data=png() + b"x")
    assert attempt_job(world, job_id) is End.COMPLETED
    report = world.job(job_id).report
    assert report is not None
    assert (report["status"], report["error"]["code"]) == ("partial", "too_many_bytes")
    assert not {"images.read", PUBLISH} & set(world.journal)


def test_a_blob_that_is_gone_cancels_its_job(world: World, job_id: str) -> None:
    world.images.take(CAT)
    assert attempt_job(world, job_id) is End.CANCELED
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.CANCELED, "blob_gone")


def test_an_image_overwritten_while_it_waited_is_superseded_and_the_newer_one_announced(world: World) -> None:
    old = world.record_image()
    world.upload(data=png(9, 9))
    assert attempt_job(world, old) is End.CANCELED
    assert (world.job(old).state, error_code(world.job(old))) == (State.CANCELED, "superseded")
    newest = json.loads(world.queue.messages[-1][0])["job_id"]
    assert (newest != old, world.job(newest).state, world.job(newest).version) == (True, State.PENDING, "0x2")


def test_an_image_overwritten_and_recorded_by_another_is_superseded(world: World) -> None:
    old = world.record_image()
    world.images.before("read", lambda: world.record_image(data=png(9, 9)))
    assert attempt_job(world, old) is End.CANCELED
    assert error_code(world.job(old)) == "superseded"


def test_a_version_that_was_not_there_for_a_moment_is_read_later(world: World, job_id: str) -> None:
    mine = world.images.take(CAT)
    world.upload(data=png(9, 9))
    world.images.before("head", lambda: world.images.restore(CAT, mine))
    assert attempt_job(world, job_id) is End.RETRIED
    assert error_code(world.job(job_id)) == "blob_changed"
    world.clock.advance(60)
    assert attempt_job(world, job_id) is End.COMPLETED


def test_an_image_overwritten_and_then_deleted_is_gone(world: World) -> None:
    old = world.record_image()
    world.upload(data=png(9, 9))
    world.images.before("head", lambda: world.images.take(CAT))
    assert attempt_job(world, old) is End.CANCELED
    assert error_code(world.job(old)) == "blob_gone"


def test_a_version_whose_job_stands_already_ends_the_older_job_all_the_same(world: World) -> None:
    old = world.record_image()
    world.upload(data=png(9, 9))
    key = world.jobs.table.keys["image-analysis", "images/cat.png"]
    newer = replace(key, version="0x2", job_id=ids.job_id(key.type, key.ref, "0x2"))
    world.jobs.before("key", lambda: world.jobs.table.keys.update({(key.type, key.ref): newer}))
    assert attempt_job(world, old) is End.CANCELED
    assert error_code(world.job(old)) == "superseded"


def test_a_lease_that_runs_out_before_the_end_publishes_nothing(world: World, job_id: str) -> None:
    world.images.before("read", lambda: world.clock.advance(58))
    assert attempt_job(world, job_id) is End.LOST
    assert (world.images.thumbnails, world.job(job_id).state) == ({}, State.RUNNING)


def test_a_thumbnail_is_not_written_when_the_lease_runs_out_before_it_is_sent(world: World, job_id: str) -> None:
    world.images.before("insert_thumbnail", lambda: world.clock.advance(58))
    with pytest.raises(Undecided):
        attempt_job(world, job_id)
    assert (world.images.thumbnails, world.job(job_id).state) == ({}, State.PENDING)


def test_a_claim_that_goes_to_another_while_publishing_takes_its_own_thumbnail_back(world: World, job_id: str) -> None:
    world.images.before("insert_thumbnail", lambda: world.rival_claims(job_id))
    world.images.thumbnails[f"{job_id}/2.png"] = (b"the rival's", "image/png")
    assert attempt_job(world, job_id) is End.LOST
    assert list(world.images.thumbnails) == [f"{job_id}/2.png"]
    assert (world.job(job_id).owner, world.job(job_id).token) == ("rival/1", 2)


def test_a_job_canceled_while_it_was_analysed_stays_canceled(world: World, job_id: str) -> None:

    def canceled(row: Row) -> Move:
        error = JobError("by_hand", "", world.clock.now)
        return moves.end(row.job, event=Event.CANCEL, error=error, lapsed=False, now=world.clock.now)

    world.images.before("insert_thumbnail", lambda: world.jobs.behind(job_id, canceled))
    assert attempt_job(world, job_id) is End.LOST
    assert (world.job(job_id).state, world.job(job_id).report) == (State.CANCELED, None)


def beat(world: World) -> None:
    """Let time pass until leases are renewed."""
    world.clock.advance(20)
    world.darkroom.heartbeat.beat()


def test_a_commit_matches_the_last_renewal_of_its_own_heartbeat(world: World, job_id: str) -> None:
    world.images.before("insert_thumbnail", lambda: beat(world))
    world.journal.clear()
    assert attempt_job(world, job_id) is End.COMPLETED
    assert world.journal.count("jobs.replace") == 3


def test_no_renewal_goes_out_once_the_commit_has_begun(world: World, job_id: str) -> None:
    world.jobs.before("replace", int, lambda: beat(world))
    world.journal.clear()
    assert attempt_job(world, job_id) is End.COMPLETED
    assert world.journal.count("jobs.replace") == 2


def test_a_commit_refused_under_a_claim_that_is_still_own_is_sent_again(world: World, job_id: str) -> None:

    def renew(row: Row) -> Move:
        assert row.job.claim is not None
        return moves.renew(row.job, claim=row.job.claim, now=world.clock.now, lease=timedelta(seconds=60))

    world.images.before("insert_thumbnail", lambda: world.jobs.behind(job_id, renew))
    assert attempt_job(world, job_id) is End.COMPLETED


def test_a_commit_that_is_undecided_raises_and_keeps_the_thumbnail(world: World, job_id: str) -> None:
    world.jobs.before("replace", int, raising(Undecided()))
    with pytest.raises(Undecided):
        attempt_job(world, job_id)
    assert list(world.images.thumbnails) == [f"{job_id}/1.png"]


def test_the_renewals_end_with_the_attempt_even_when_storage_is_out(world: World, job_id: str) -> None:
    world.images.before("read", lambda: setattr(world.images, "out", True))
    with pytest.raises(StorageOut):
        attempt_job(world, job_id)
    assert world.darkroom.heartbeat.beat() is None
