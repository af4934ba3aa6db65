"""The whole purge on Azurite: what it costs, what stands against it, and what a crash leaves."""

import itertools
import math
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.ports.jobs import Key, Row
from shared.rules.images import ImageRef
from shared.rules.invariants import INFORMATION, Rule
from shared.rules.jobs import State
from shared.steps.intake.record import Recording
from shared.steps.operators.verify import VerifyResult
from shared.steps.upkeep import purge
from shared.steps.upkeep.purge import PurgeResult
from shared.steps.upkeep.retention import edges
from shared.storage import codec, ended_table
from shared.storage.ended_table import EndedTable
from shared.storage.job_table import JobTable
from tests.contract import job_moves
from tests.contract.places import Place
from tests.contract.purge_bench import Died, Dying, PurgeBench
from tests.doubles.transports import CountingTransport, Fault, FaultyTransport
from tests.proving import at_length

#: Of one transaction there are 25.
MANY = at_length(75, 200)


@pytest.fixture
def aged(place: Place) -> PurgeBench:
    """Give an empty pipeline whose purge comes a month later."""
    return PurgeBench(place)


def _one_of_each(aged: PurgeBench) -> list[str]:
    """Make one job of each kind that a purge meets; return what must be left of them."""
    aged.strewn(aged.completed("done.png"), 0)
    aged.completed("twice.png")
    aged.canceled("twice.png")
    aged.exhaust_all_but_one("often.png", attempts=5)
    return ["key"] * 3


@pytest.mark.azurite
def test_all_that_has_ended_goes_and_nothing_is_wrong_afterwards(aged: PurgeBench) -> None:
    left, live = _one_of_each(aged), aged.claim(aged.record("live.png"))
    assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=4, thumbnails=3)
    assert aged.remains() == sorted([*left, "due", "job", "key", "try"])
    assert aged.verify() == VerifyResult(jobs=1)
    assert (aged.findings, aged.row(live.job.id).etag) == ([], live.etag)


def test_nothing_is_wrong_before_and_after_a_job_that_stands_for_two_versions_is_purged(aged: PurgeBench) -> None:
    row = aged.completed()
    assert aged.darkroom.record.record(aged.touch("cat.png")).outcome is Recording.UNCHANGED
    assert aged.verify().violations == 0
    aged.darkroom.purge.purge(owner="timer/1")
    assert aged.darkroom.storage.jobs.get(row.job.id) is None
    assert (aged.verify().violations, aged.findings) == (0, [])
    assert (
        aged.darkroom.record.record(ImageRef(aged.darkroom.settings.images_container, "cat.png")).job_id == row.job.id
    )


def test_what_is_within_its_retention_stays(place: Place) -> None:
    aged = PurgeBench(place, days=29)
    _one_of_each(aged)
    before = aged.remains()
    assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult()
    assert aged.remains() == before


def test_a_purged_version_is_a_duplicate_for_three_requests_and_a_newer_one_is_not(place: Place) -> None:
    aged = PurgeBench(place, counting := CountingTransport(place.transport))
    row = aged.completed()
    aged.darkroom.purge.purge(owner="timer/1")
    with counting.count() as requests:
        assert aged.darkroom.record.record(ImageRef.of(row.job.ref)).outcome is Recording.DUPLICATE
    assert [request.split()[0] for request in requests] == ["HEAD", "POST", "GET"]
    assert aged.record().job.state is State.PENDING
    assert aged.verify() == VerifyResult(jobs=1)


def test_a_committed_thumbnail_that_is_to_be_kept_is_a_note_once_its_job_is_gone(place: Place) -> None:
    aged = PurgeBench(place, PURGE_THUMBNAILS="false")
    row = aged.completed()
    aged.strewn(row, 0)
    assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=1, thumbnails=1)
    assert aged.remains() == ["key", f"{row.job.id}/1.webp"]
    assert aged.verify() == VerifyResult()
    assert aged.rules() == [Rule.THUMBNAIL_ORPHAN]


def test_a_thumbnail_that_went_before_its_job_is_a_note_only_when_the_job_is_to_follow(place: Place) -> None:
    aged = PurgeBench(place)
    row = aged.completed()
    aged.darkroom.storage.images.delete_thumbnail(f"{row.job.id}/1.webp")
    assert aged.verify() == VerifyResult(jobs=1)
    assert aged.rules() == [Rule.THUMBNAIL_PURGED]
    aged.darkroom.verify.ended_before = dict
    assert aged.verify() == VerifyResult(jobs=1, violations=1)
    assert aged.rules() == [Rule.THUMBNAIL_MISSING]


@pytest.mark.parametrize("fault", [Fault.REPLY_LOST, Fault.BUSY_AFTER])
def test_jobs_without_a_key_row_of_their_own_are_known_to_be_gone_after_a_lost_reply(
    place: Place, fault: Fault
) -> None:
    aged = PurgeBench(place, faulty := FaultyTransport(place.transport))
    rows = [aged.canceled("cat.png") for _ in range(3)]
    newest = aged.record("cat.png")
    going: list[tuple[Row, Key | None]] = [(row, None) for row in rows]
    faulty.arm(fault)
    assert aged.darkroom.storage.ended.purge(going) == {row.job.id for row in rows}
    assert aged.verify() == VerifyResult(jobs=1)
    assert aged.row(newest.job.id).etag == newest.etag


def test_conflicts_are_passed_over_and_the_rest_is_purged(aged: PurgeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [aged.canceled(f"{number}.png") for number in range(4)]
    take = aged.darkroom.storage.ended.purge

    def late(jobs: Any) -> set[str]:  # noqa: ANN401 - as the port has it
        aged.reopen(rows[0])
        aged.darkroom.record.record(aged.upload("1.png", b"newer"))
        return take(jobs)

    monkeypatch.setattr(aged.darkroom.storage.ended, "purge", late)
    assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=2, conflicts=2)
    assert aged.verify() == VerifyResult(jobs=3)
    assert aged.row(rows[0].job.id).job.state is State.PENDING


def test_a_job_that_does_not_hold_together_is_left_to_a_person_and_the_rest_goes(aged: PurgeBench) -> None:
    broken, _ = aged.exhaust_all_but_one("broken.png", attempts=2), aged.exhaust_all_but_one("sound.png", attempts=1)
    aged.remove(aged.place(broken), codec.try_key(broken.job.id, 1))
    assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=1, conflicts=1)
    aged.verify()
    assert aged.rules() == [Rule.ATTEMPTS_MISCOUNTED]


def test_many_jobs_go_in_full_transactions(place: Place) -> None:
    aged = PurgeBench(place, counting := CountingTransport(place.transport))
    jobs = aged.darkroom.storage.jobs
    for number in range(MANY):
        row = jobs.insert(job_moves.add(aged, f"images/{number}.png"))  # type: ignore[arg-type] # it knows the time
        jobs.replace(row, job_moves.end(aged, row))  # type: ignore[arg-type] # the same
    with counting.count() as requests:
        assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=MANY)
    assert sum("batch" in request for request in requests) == MANY / 25 + 2  # the lock's
    assert aged.remains() == ["key"] * MANY
    assert aged.verify() == VerifyResult()


@pytest.mark.parametrize(("count", "costs"), [(0, 3 + 3 + 3), (1, 3 + 3 + 3 + 5), (60, 3 + 3 + 3 + 60 * 4 + 3)])
def test_a_purge_takes_four_requests_a_job_and_one_for_twenty_five_of_them(
    place: Place, count: int, costs: int
) -> None:
    aged = PurgeBench(place, counting := CountingTransport(place.transport))
    for number in range(count):
        aged.completed(f"{number}.png")
    with counting.count() as requests:
        assert aged.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=count, thumbnails=count)
    assert len(requests) == costs, Counter(request.split()[0] for request in requests)


def test_a_day_with_more_than_a_page_is_listed_whole(aged: PurgeBench) -> None:
    made = [aged.canceled(f"{number}.png").job.id for number in range(9)]
    jobs = aged.darkroom.storage.jobs
    assert isinstance(jobs, JobTable)
    table = EndedTable(jobs._table, buckets=1, retry=jobs._retry, draw=jobs._draw, page=3)
    before = aged.darkroom.clock.now() + timedelta(days=1)
    pages = list(table.ended("image-analysis", 0, State.CANCELED, before=before))
    found = list(itertools.chain(*pages))
    assert sorted(found) == sorted(made)
    assert [len(page) for page in pages if page] == [3, 3, 3]


def _dies(aged: PurgeBench, wire: Dying, nth: int) -> bool:
    """Let a purge die before a write; say whether it came so far."""
    wire.arm(nth)
    try:
        aged.darkroom.purge.purge(owner="timer/1")
    except Died:
        return True
    finally:
        wire.arm(math.inf)
    return False


def test_a_purge_that_dies_at_any_request_leaves_nothing_wrong_and_the_next_one_finishes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "AT_ONCE", 1)
    monkeypatch.setattr(ended_table, "_ATTEMPTS_AT_ONCE", 2)
    for nth in itertools.count(1):
        aged = PurgeBench(place.another(), dying := Dying(place.transport))
        left = _one_of_each(aged)
        if not _dies(aged, dying, nth):
            break
        assert aged.verify().violations == 0, (nth, aged.findings)
        assert set(aged.rules()) <= INFORMATION
        before = edges(aged.darkroom.settings, aged.darkroom.purge.clock.now())
        aged.darkroom.purge._work(before, bool)  # another instance, once the lock has lapsed
        assert (aged.remains(), aged.verify().violations) == (left, 0), nth
    assert nth > 9


def test_a_purge_takes_all_of_it_whichever_writes_reply_is_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_table, "_ATTEMPTS_AT_ONCE", 2)
    for nth in itertools.count(1):
        aged = PurgeBench(place.another(), faulty := FaultyTransport(place.transport))
        left = _one_of_each(aged)
        faulty.arm(Fault.REPLY_LOST, nth=nth)
        done = aged.darkroom.purge.purge(owner="timer/1")
        if faulty.writes < nth:
            break
        assert (done.jobs, done.conflicts, aged.remains()) == (4, 0, left), nth
        assert aged.verify() == VerifyResult()
    assert nth > 7
