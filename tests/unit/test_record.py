import hashlib
import json
from datetime import timedelta
from functools import partial

import pytest

from shared.errors import BlobGone, StorageOut, Undecided
from shared.rules.flows import flow_of
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from tests.doubles.world import World, png
from tests.unit.image_jobs import CAT

SEND = "queue.send"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_row_stands_before_the_message_is_sent(world: World) -> None:
    world.record_image()
    assert world.journal == ["images.head", "jobs.insert", SEND]


def test_the_message_names_the_job_and_carries_its_trace(world: World) -> None:
    job_id = world.darkroom.record.record(world.upload(), traceparent=TRACE).job_id
    ((text, delay),) = world.queue.messages
    assert json.loads(text) == {
        "v": 1,
        "job_id": job_id,
        "flow": flow_of("images/cat.png"),
        "traceparent": TRACE,
    }
    assert delay == timedelta(0)


def test_a_recorded_job_knows_its_image(world: World) -> None:
    job = world.job(world.record_image())
    assert (job.ref, job.version, job.state) == ("images/cat.png", "0x1", State.PENDING)
    digest = hashlib.md5(png(), usedforsecurity=False).hexdigest()
    created = world.clock.now.isoformat()
    facts = {"bytes": len(png()), "content_type": "image/png", "content_md5": digest, "created_at": created}
    assert job.params == facts


def test_a_trace_that_is_given_is_kept(world: World) -> None:
    recorded = world.darkroom.record.record(world.upload(), traceparent=TRACE)
    assert world.job(recorded.job_id).traceparent == TRACE


def test_no_trace_is_made_up_where_nobody_traces(world: World) -> None:
    assert world.job(world.record_image()).traceparent is None
    assert "traceparent" not in world.queue.messages[0][0]


def test_the_same_version_again_is_a_duplicate_and_sends_nothing(world: World) -> None:
    job_id = world.record_image()
    again = world.darkroom.record.record(CAT)
    assert (again.job_id, again.outcome) == (job_id, Recording.DUPLICATE)
    assert world.journal.count(SEND) == 1


def test_a_blob_that_is_gone_is_not_recorded(world: World) -> None:
    with pytest.raises(BlobGone):
        world.darkroom.record.record(CAT)
    assert world.jobs.table.jobs == {}


def test_a_newer_version_supersedes_the_live_job(world: World) -> None:
    old, new = world.record_image(), world.record_image(data=png(9, 9))
    superseded = world.job(old)
    assert superseded.error is not None
    assert (superseded.state, superseded.error.code) == (State.CANCELED, "superseded")
    assert world.job(new).state is State.PENDING
    assert world.journal.count(SEND) == 2


def test_a_newer_version_leaves_a_finished_job_as_it_is(world: World) -> None:
    old = world.record_image()
    world.darkroom.attempt.run(old, owner="queue/1")
    world.record_image(data=png(9, 9))
    assert world.job(old).state is State.COMPLETED


@pytest.mark.parametrize("between", ["before the key is read", "between the reading of the key and HEAD"])
def test_a_late_recorder_cannot_put_an_older_version_over_a_newer(world: World, between: str) -> None:
    world.record_image()
    ref = world.upload(data=png(5, 5))
    if between == "before the key is read":
        world.jobs.before("key", lambda: world.record_image(data=png(9, 9)))
    else:
        world.images.before("head", int, lambda: world.record_image(data=png(9, 9)))
    late = world.darkroom.record.record(ref)
    key = world.jobs.table.keys["image-analysis", "images/cat.png"]
    assert (key.version, world.job(key.job_id).state) == ("0x3", State.PENDING)
    assert (late.job_id, late.outcome) == (key.job_id, Recording.DUPLICATE)


def test_a_recorder_that_looked_before_a_newer_version_was_recorded_looks_again(world: World) -> None:
    first, newest = world.record_image(), world.upload(data=png(5, 5))
    world.jobs.before("insert", int, lambda: world.record_image(data=png(9, 9)))  # just before its write
    late = world.darkroom.record.record(newest)
    key = world.jobs.table.keys["image-analysis", "images/cat.png"]
    assert (key.version, late.job_id, late.outcome) == ("0x3", key.job_id, Recording.DUPLICATE)
    assert world.job(first).state is State.CANCELED


def _come_back(world: World) -> tuple[str, str]:
    """Record a version and a newer one, then put the first back; return both jobs' ids."""
    old = world.record_image()
    blob = world.images.take(CAT)
    new = world.record_image(data=png(9, 9))
    world.images.restore(CAT, blob)
    return old, new


def test_a_version_that_comes_back_is_opened_again(world: World) -> None:
    old, new = _come_back(world)
    back = world.darkroom.record.record_newer(CAT)
    assert (back.job_id, back.outcome) == (old, Recording.RECORDED)
    assert (world.job(old).state, world.job(new).state) == (State.PENDING, State.CANCELED)
    assert world.jobs.table.keys["image-analysis", "images/cat.png"].job_id == old


def test_an_older_job_that_a_newer_release_has_written_is_left_to_it(world: World) -> None:
    old = world.record_image()
    world.newer_release_writes(old)
    row, new = world.jobs.table.jobs[old], world.record_image(data=png(9, 9))
    assert (world.jobs.table.jobs[old], world.job(new).state) == (row, State.PENDING)


def test_a_version_that_comes_back_to_a_job_of_a_newer_release_is_left_to_it(world: World) -> None:
    old, new = _come_back(world)
    world.newer_release_writes(old)
    row = world.jobs.table.jobs[old]
    back = world.darkroom.record.record_newer(CAT)
    assert (back.job_id, back.outcome) == (old, Recording.DUPLICATE)
    assert (world.jobs.table.jobs[old], world.job(new).state) == (row, State.PENDING)


def test_a_superseded_job_that_is_claimed_meanwhile_is_superseded_all_the_same(world: World) -> None:
    old, ref = world.record_image(), world.upload(data=png(9, 9))
    world.jobs.before("insert", int, lambda: world.rival_claims(old))
    new = world.darkroom.record.record(ref)
    assert (new.outcome, world.job(old).state, world.job(old).token) == (Recording.RECORDED, State.CANCELED, 2)


def test_recorders_that_never_stop_meeting_raise(world: World) -> None:
    world.record_image()
    ref = world.upload(data=png(9, 9))
    world.jobs.before("insert", int, *[partial(_rekey, world)] * 20)
    with pytest.raises(Undecided):
        world.darkroom.record.record(ref)


def _rekey(world: World) -> None:
    """Let a rival write the key row of the first version anew, under another ETag."""
    world.jobs.table.keys.clear()
    (first,) = (row.job for row in world.jobs.table.jobs.values())
    world.jobs._apply_key(first)


def test_a_queue_that_is_out_delays_the_job_and_loses_nothing(world: World) -> None:
    world.queue.out = True
    recorded = world.darkroom.record.record(world.upload())
    job = world.job(recorded.job_id)
    assert (recorded.outcome, job.state) == (Recording.RECORDED, State.PENDING)
    assert job.due is not None


def test_a_table_that_is_out_raises_and_sends_nothing(world: World) -> None:
    world.jobs.out = True
    with pytest.raises(StorageOut):
        world.darkroom.record.record(world.upload())
    assert world.queue.messages == []


@pytest.mark.parametrize(("dispatch", "grace_seconds"), [("both", 120), ("queue", 120), ("timer", 0), ("off", 0)])
def test_the_sweep_leaves_a_job_to_its_message_only_where_one_is_sent(dispatch: str, grace_seconds: int) -> None:
    world = World(DISPATCH=dispatch)
    job = world.job(world.record_image())
    assert job.due is not None
    assert job.created is not None
    assert (job.due - job.created).total_seconds() == grace_seconds
    assert len(world.queue.messages) == (1 if grace_seconds else 0)


def test_who_analyses_by_himself_announces_nothing(world: World) -> None:
    world.darkroom.record.record(world.upload(), announce=False)
    assert world.queue.messages == []


def test_an_event_of_our_container_is_recorded(world: World) -> None:
    world.upload("a/b.png")
    assert world.darkroom.record.record_event("images/a/b.png") is Recording.RECORDED
    assert world.darkroom.record.record_event("images/a/b.png") is Recording.DUPLICATE


@pytest.mark.parametrize("path", [None, "", "images", "images/", "thumbnails/cat.png"])
def test_an_event_of_anything_else_is_ignored(world: World, path: str | None) -> None:
    assert world.darkroom.record.record_event(path) is Disposition.IGNORED
    assert world.journal == []


def test_an_event_whose_blob_has_vanished_is_gone() -> None:
    assert World().darkroom.record.record_event("images/cat.png") is Disposition.GONE


def test_an_event_while_storage_is_out_raises(world: World) -> None:
    world.images.out = True
    with pytest.raises(StorageOut):
        world.darkroom.record.record_event("images/cat.png")


def test_an_event_of_a_name_that_no_url_can_say_is_kept_with_the_reason(world: World) -> None:
    assert world.darkroom.record.record_event("images/a/../b.png") is Disposition.REJECTED
    assert [row.code for row in world.rejections.rows.values()] == ["invalid_reference"]


@pytest.mark.case("storage folder marker", was="a FAILED job")
def test_the_marker_of_a_folder_is_no_image(world: World) -> None:
    world.images.mark(world.upload("album", data=b""), folder=True)
    assert world.darkroom.record.record_event("images/album") is Disposition.IGNORED
    assert world.darkroom.receive.receive(b"images/album", owner="queue/1") == [Disposition.IGNORED]
    assert (world.jobs.table.jobs, world.rejections.rows) == ({}, {})


@pytest.mark.case("storage encoding", was="inflated by the SDK in the host")
def test_an_encoding_that_the_uploader_has_declared_is_kept(world: World) -> None:
    ref = world.upload()
    world.images.mark(ref, content_encoding="gzip")
    assert world.job(world.darkroom.record.record(ref).job_id).params["content_encoding"] == "gzip"
