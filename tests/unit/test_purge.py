import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shared.errors import Refused, StorageOut
from shared.rules.jobs import State
from shared.rules.moves import redrive
from shared.settings.settings import Settings
from shared.steps.intake.record import Recording
from shared.steps.upkeep.purge import PurgeResult
from shared.steps.upkeep.retention import edges
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.acts import raising

DAY = 86_400.0
IMAGE = {State.COMPLETED: png(), State.FAILED: b"broken", State.CANCELED: png()}


def _ended(world: World, state: State = State.COMPLETED, name: str = "cat.png") -> str:
    """Record an image and let its job end in a state."""
    job_id = world.record_image(name, IMAGE[state])
    if state is State.CANCELED:
        world.darkroom.cancel.cancel(job_id)
    else:
        world.darkroom.attempt.run(job_id, owner="queue/1")
    assert world.job(job_id).state is state
    return job_id


def _overdue(world: World, state: State = State.COMPLETED) -> str:
    """Let a job end in a state, and its retention be over."""
    job_id = _ended(world, state)
    world.clock.advance(31 * DAY)
    return job_id


def _thumbnail(world: World, job_id: str) -> str:
    """Return the name of a job's committed thumbnail."""
    report = world.job(job_id).report
    assert report is not None
    return str(report["thumbnail"]["name"])


def _reopens(world: World, job_id: str) -> None:
    """Open a job again, as an operator does while others purge."""
    world.jobs.behind(job_id, lambda row: redrive(row.job, now=world.clock.now, grace=timedelta(0)))


@pytest.mark.parametrize("state", IMAGE)
def test_a_job_goes_when_the_retention_of_its_state_is_over_and_no_sooner(state: State) -> None:
    world = World(**{f"RETENTION_{state}_DAYS": "7"})
    _ended(world, state)
    world.clock.advance(7 * DAY - 5)
    assert world.darkroom.purge.purge(owner="timer/1").jobs == 0
    world.clock.advance(10)
    assert world.darkroom.purge.purge(owner="timer/2").jobs == 1
    assert (world.jobs.table.jobs, world.jobs.table.attempts) == ({}, {})


@pytest.mark.parametrize("state", IMAGE)
def test_a_state_is_kept_by_its_own_retention_alone(state: State) -> None:
    world = World(**{f"RETENTION_{other}_DAYS": "7" for other in IMAGE if other is not state})
    kept = [_ended(world, each, f"{each}.png") for each in IMAGE].pop(list(IMAGE).index(state))
    world.clock.advance(8 * DAY)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(
        jobs=2, thumbnails=int(state is not State.COMPLETED)
    )
    assert set(world.jobs.table.jobs) == {kept}


def test_a_retention_of_no_days_and_one_of_a_century_are_taken() -> None:
    settings = Settings.read({"RETENTION_COMPLETED_DAYS": "0", "RETENTION_FAILED_DAYS": "36500"})
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    before = edges(settings, now)
    assert (before[State.COMPLETED], before[State.FAILED].year) == (now, 1926)


def test_a_live_job_stays_however_old_it_is(world: World) -> None:
    waits, runs = world.record_image("waits.png"), world.record_image("runs.png")
    world.rival_claims(runs)
    world.clock.advance(400 * DAY)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult()
    assert set(world.jobs.table.jobs) == {waits, runs}


def test_an_end_row_proves_nothing_against_the_jobs_own_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    old, young, live = (_ended(world, State.FAILED, f"{number}.png") for number in range(3))
    world.clock.advance(31 * DAY)
    for job_id in (young, live):
        _reopens(world, job_id)
    world.darkroom.attempt.run(young, owner="queue/1")
    monkeypatch.setattr(world.ended, "ended", lambda *_, **__: iter([[old, young, live, "absent"]]))
    assert world.darkroom.purge.purge(owner="timer/1").jobs == 1
    assert set(world.jobs.table.jobs) == {young, live}


def test_a_job_that_is_opened_again_in_between_is_passed_over_and_the_rest_goes() -> None:
    world = World(JOB_BUCKETS="1")
    ids = [_ended(world, State.FAILED, f"{number}.png") for number in range(5)]
    world.clock.advance(31 * DAY)
    world.ended.before("purge", lambda: _reopens(world, ids[2]))
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=4, conflicts=1)
    assert set(world.jobs.table.jobs) == {ids[2]}
    assert world.darkroom.attempt.run(ids[2], owner="queue/1") is End.FAILED


def test_a_job_of_a_newer_release_is_left_to_it(world: World) -> None:
    job_id = _ended(world)
    world.newer_release_writes(job_id)
    world.clock.advance(31 * DAY)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(conflicts=1)
    assert len(world.images.thumbnails) == 1


def test_the_same_version_after_a_purge_is_a_duplicate_and_the_key_row_says_how_it_ended(world: World) -> None:
    job_id = _ended(world)
    job = world.job(job_id)
    world.clock.advance(31 * DAY)
    world.darkroom.purge.purge(owner="timer/1")
    assert world.darkroom.record.record_event(job.ref) is Recording.DUPLICATE
    key = world.jobs.key(job.type, job.ref)
    assert key is not None
    assert (key.job_id, key.state, key.ended) == (job_id, State.COMPLETED, job.ended)


def test_a_newer_version_after_a_purge_is_recorded_and_its_key_row_has_no_end(world: World) -> None:
    _overdue(world)
    world.darkroom.purge.purge(owner="timer/1")
    job = world.job(world.record_image("cat.png", png(9, 9)))
    key = world.jobs.key(job.type, job.ref)
    assert key is not None
    assert (key.job_id, key.state, key.ended) == (job.id, None, None)


def test_an_older_version_goes_without_a_word_in_the_key_row_of_the_newest(world: World) -> None:
    _overdue(world)
    job = world.job(world.record_image("cat.png", png(9, 9)))
    before = world.jobs.key(job.type, job.ref)
    assert world.darkroom.purge.purge(owner="timer/1").jobs == 1
    assert world.jobs.key(job.type, job.ref) == before


@pytest.mark.parametrize(("goes", "left"), [("true", 0), ("false", 1)])
def test_the_thumbnails_of_attempts_go_always_and_the_committed_one_as_is_set(goes: str, left: int) -> None:
    world = World(PURGE_THUMBNAILS=goes)
    job_id = world.record_image()
    world.worker_dies(job_id)
    world.images.thumbnails[f"{job_id}/1.webp"] = (b"", "image/webp")
    world.darkroom.attempt.run(job_id, owner="queue/1")
    committed = _thumbnail(world, job_id)
    world.images.thumbnails["another/1.webp"] = (b"", "image/webp")
    world.clock.advance(31 * DAY)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=1, thumbnails=2 - left)
    assert set(world.images.thumbnails) == {"another/1.webp", *[committed][:left]}


def test_what_is_not_named_as_an_attempts_is_no_thumbnail_of_a_job(world: World) -> None:
    job_id = _ended(world)
    world.images.thumbnails[f"{job_id}/notes.txt"] = (b"", "text/plain")
    world.clock.advance(31 * DAY)
    world.darkroom.purge.purge(owner="timer/1")
    assert set(world.images.thumbnails) == {f"{job_id}/notes.txt"}


def test_the_thumbnail_of_a_job_that_was_opened_again_and_completed_in_between_stays(world: World) -> None:
    job_id = _overdue(world, State.CANCELED)

    def completes() -> None:
        _reopens(world, job_id)
        assert world.darkroom.attempt.run(job_id, owner="queue/1") is End.COMPLETED

    world.images.before("thumbnails_of", completes)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(conflicts=1)
    assert _thumbnail(world, job_id) in world.images.thumbnails


def test_thumbnails_go_before_the_job_that_leads_to_them() -> None:
    world = World(JOB_BUCKETS="1")
    _overdue(world)
    world.journal.clear()
    world.darkroom.purge.purge(owner="timer/1")
    calls = ["jobs.get", "jobs.key", "images.thumbnails_of", "images.delete_thumbnail", "ended.purge"]
    assert [call for call in world.journal if call in calls] == calls


def test_nothing_is_begun_when_the_budget_is_over_and_the_next_run_goes_on() -> None:
    world = World(JOB_BUCKETS="1", LEASE_SECONDS="3600", PURGE_BUDGET_SECONDS="60")
    for number in range(60):
        _ended(world, State.CANCELED, f"{number}.png")
    world.clock.advance(31 * DAY)
    world.ended.before("purge", int, lambda: world.clock.advance(60))
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=50, left=True)
    assert world.darkroom.purge.purge(owner="timer/2") == PurgeResult(jobs=10)


def test_nothing_is_begun_when_the_lock_is_lost() -> None:
    world = World(JOB_BUCKETS="1")
    for number in range(60):
        _ended(world, State.CANCELED, f"{number}.png")
    world.clock.advance(31 * DAY)
    world.ended.before("purge", lambda: world.clock.advance(58))
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=25, left=True)


def test_no_state_waits_for_the_backlog_of_another() -> None:
    world = World(JOB_BUCKETS="1", LEASE_SECONDS="3600")
    for number in range(60):
        _ended(world, State.COMPLETED, f"{number}.png")
    canceled = _ended(world, State.CANCELED)
    world.clock.advance(31 * DAY)
    world.ended.before("purge", int, lambda: world.clock.advance(120))
    assert world.darkroom.purge.purge(owner="timer/1").left
    assert canceled not in world.jobs.table.jobs


def test_a_purge_beside_another_does_nothing(world: World) -> None:
    _overdue(world)
    with world.another().lock.try_acquire("purge", owner="timer/2"):
        assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(locked_out=True)
    assert "ended.ended" not in world.journal


@pytest.mark.parametrize("port", ["jobs", "ended", "images", "locks"])
def test_a_purge_while_storage_is_out_raises_and_takes_nothing(world: World, port: str) -> None:
    job_id = _overdue(world)
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        world.darkroom.purge.purge(owner="timer/1")
    assert job_id in world.jobs.table.jobs


def test_a_purge_tells_what_it_did_in_one_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    _overdue(world)
    with caplog.at_level(logging.INFO, logger="darkroom"):
        world.darkroom.purge.purge(owner="timer/1")
    told = json.loads(caplog.messages[-1])
    assert (told["event"], told["jobs"], told["thumbnails"]) == ("purge done", 1, 1)


def test_every_type_of_which_there_were_jobs_is_purged(monkeypatch: pytest.MonkeyPatch) -> None:
    world, asked = World(), set[str]()
    world.index.insert_type("report")

    def nothing(kind: str, *_: object, **__: object) -> Iterator[list[str]]:
        asked.add(kind)
        return iter(())

    monkeypatch.setattr(world.ended, "ended", nothing)
    world.darkroom.purge.purge(owner="timer/1")
    assert asked == {"image-analysis", "report"}


def test_a_job_whose_thumbnail_may_not_be_deleted_stays_and_keeps_no_other(world: World) -> None:
    jobs = [world.record_image(name) for name in ("a.png", "b.png")]
    for job_id in jobs:
        world.darkroom.attempt.run(job_id, owner="queue/1")
    world.clock.advance(31 * DAY)
    world.images.before("delete_thumbnail", raising(Refused("blob_refused", "BlobImmutableDueToPolicy")))
    done = world.darkroom.purge.purge(owner="timer/1")
    assert (done.jobs, done.conflicts, len(world.jobs.table.jobs)) == (1, 1, 1)
