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
from shared.storage import ended_table, row_keys
from shared.storage.ended_table import EndedTable
from shared.storage.job_table import JobTable
from tests.contract import job_moves
from tests.contract.places import Place
from tests.contract.purge_bench import Died, Dying, PurgeBench
from tests.contract.test_requests import verbs
from tests.contract.uploads import ref_of
from tests.doubles.transports import CountingTransport, Fault, FaultyTransport
from tests.proving import at_length

#: Of one transaction there are 25.
MANY = at_length(75, 200)


@pytest.fixture
def bench(place: Place) -> PurgeBench:
    """Give an empty pipeline whose purge comes a month later."""
    return PurgeBench(place)


def _one_of_each(bench: PurgeBench) -> list[str]:
    """Make one job of each kind that a purge meets; return what must be left of them."""
    bench.strew(bench.completed("done.png"), 0)
    bench.completed("twice.png")
    bench.canceled("twice.png")
    bench.exhaust_all_but_one("often.png", attempts=5)
    return ["key"] * 3


@pytest.mark.azurite
def test_all_that_has_ended_goes_and_nothing_is_wrong_afterwards(bench: PurgeBench) -> None:
    left, live = _one_of_each(bench), bench.claim(bench.record("live.png"))
    assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=4, thumbnails=3)
    assert bench.remains() == sorted([*left, "due", "job", "key", "try"])
    assert bench.verify() == VerifyResult(jobs=1)
    assert (bench.findings, bench.row(live.job.id).etag) == ([], live.etag)


def test_nothing_is_wrong_before_and_after_a_job_that_stands_for_two_versions_is_purged(bench: PurgeBench) -> None:
    row = bench.completed()
    assert bench.darkroom.record.record(bench.touch("cat.png")).outcome is Recording.UNCHANGED
    assert bench.verify().violations == 0
    bench.darkroom.purge.purge(owner="timer/1")
    assert bench.darkroom.storage.jobs.get(row.job.id) is None
    assert (bench.verify().violations, bench.findings) == (0, [])
    assert bench.darkroom.record.record(ref_of(bench.darkroom)).job_id == row.job.id


def test_what_is_within_its_retention_stays(place: Place) -> None:
    bench = PurgeBench(place, days=29)
    _one_of_each(bench)
    before = bench.remains()
    assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult()
    assert bench.remains() == before


def test_a_purged_version_is_a_duplicate_for_three_requests_and_a_newer_one_is_not(place: Place) -> None:
    bench = PurgeBench(place, counting := CountingTransport(place.transport))
    row = bench.completed()
    bench.darkroom.purge.purge(owner="timer/1")
    with counting.count() as requests:
        assert bench.darkroom.record.record(ImageRef.of(row.job.ref)).outcome is Recording.DUPLICATE
    assert verbs(requests) == ["HEAD", "POST", "GET"]
    assert bench.record().job.state is State.PENDING
    assert bench.verify() == VerifyResult(jobs=1)


def test_a_committed_thumbnail_that_is_to_be_kept_is_a_note_once_its_job_is_gone(place: Place) -> None:
    bench = PurgeBench(place, PURGE_THUMBNAILS="false")
    row = bench.completed()
    bench.strew(row, 0)
    assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=1, thumbnails=1)
    assert bench.remains() == ["key", f"{row.job.id}/1.webp"]
    assert bench.verify() == VerifyResult()
    assert bench.rules() == [Rule.THUMBNAIL_ORPHAN]


def test_a_thumbnail_that_went_before_its_job_is_a_note_only_when_the_job_is_to_follow(place: Place) -> None:
    bench = PurgeBench(place)
    row = bench.completed()
    bench.darkroom.storage.images.delete_thumbnail(f"{row.job.id}/1.webp")
    assert bench.verify() == VerifyResult(jobs=1)
    assert bench.rules() == [Rule.THUMBNAIL_PURGED]
    bench.darkroom.verify.ended_before = dict
    assert bench.verify() == VerifyResult(jobs=1, violations=1)
    assert bench.rules() == [Rule.THUMBNAIL_MISSING]


@pytest.mark.parametrize("fault", [Fault.REPLY_LOST, Fault.BUSY_AFTER])
def test_jobs_without_a_key_row_of_their_own_are_known_to_be_gone_after_a_lost_reply(
    place: Place, fault: Fault
) -> None:
    bench = PurgeBench(place, faulty := FaultyTransport(place.transport))
    rows = [bench.canceled("cat.png") for _ in range(3)]
    newest = bench.record("cat.png")
    going: list[tuple[Row, Key | None]] = [(row, None) for row in rows]
    faulty.arm(fault)
    assert bench.darkroom.storage.ended.purge(going) == {row.job.id for row in rows}
    assert bench.verify() == VerifyResult(jobs=1)
    assert bench.row(newest.job.id).etag == newest.etag


def test_conflicts_are_passed_over_and_the_rest_is_purged(bench: PurgeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [bench.canceled(f"{number}.png") for number in range(4)]
    take = bench.darkroom.storage.ended.purge

    def late(jobs: Any) -> set[str]:  # noqa: ANN401 - as the port has it
        bench.reopen(rows[0])
        bench.darkroom.record.record(bench.upload("1.png", b"newer"))
        return take(jobs)

    monkeypatch.setattr(bench.darkroom.storage.ended, "purge", late)
    assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=2, conflicts=2)
    assert bench.verify() == VerifyResult(jobs=3)
    assert bench.row(rows[0].job.id).job.state is State.PENDING


def test_a_job_that_does_not_hold_together_is_left_to_a_person_and_the_rest_goes(bench: PurgeBench) -> None:
    broken, _ = bench.exhaust_all_but_one("broken.png", attempts=2), bench.exhaust_all_but_one("sound.png", attempts=1)
    bench.remove(bench.place(broken), row_keys.try_key(broken.job.id, 1))
    assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=1, conflicts=1)
    bench.verify()
    assert bench.rules() == [Rule.ATTEMPTS_MISCOUNTED]


def test_many_jobs_go_in_full_transactions(place: Place) -> None:
    bench = PurgeBench(place, counting := CountingTransport(place.transport))
    jobs = bench.darkroom.storage.jobs
    for number in range(MANY):
        row = jobs.insert(job_moves.add(bench, f"images/{number}.png"))  # type: ignore[arg-type] # it knows the time
        jobs.replace(row, job_moves.end(bench, row))  # type: ignore[arg-type] # the same
    with counting.count() as requests:
        assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=MANY)
    assert sum("batch" in request for request in requests) == MANY / 25 + 2  # the lock's
    assert bench.remains() == ["key"] * MANY
    assert bench.verify() == VerifyResult()


@pytest.mark.parametrize(("count", "costs"), [(0, 3 + 4 + 3), (1, 3 + 4 + 3 + 5), (60, 3 + 4 + 3 + 60 * 4 + 3)])
def test_a_purge_takes_four_requests_a_job_and_one_for_twenty_five_of_them(
    place: Place, count: int, costs: int
) -> None:
    bench = PurgeBench(place, counting := CountingTransport(place.transport))
    for number in range(count):
        bench.completed(f"{number}.png")
    with counting.count() as requests:
        assert bench.darkroom.purge.purge(owner="timer/1") == PurgeResult(jobs=count, thumbnails=count)
    assert len(requests) == costs, Counter(request.split()[0] for request in requests)


def test_a_day_with_more_than_a_page_is_listed_whole(bench: PurgeBench) -> None:
    made = [bench.canceled(f"{number}.png").job.id for number in range(9)]
    jobs = bench.darkroom.storage.jobs
    assert isinstance(jobs, JobTable)
    table = EndedTable(jobs._table, buckets=1, retry=jobs._retry, draw=jobs._draw, page=3)
    before = bench.darkroom.clock.now() + timedelta(days=1)
    pages = list(table.ended("image-analysis", 0, State.CANCELED, before=before))
    found = list(itertools.chain(*pages))
    assert sorted(found) == sorted(made)
    assert [len(page) for page in pages if page] == [3, 3, 3]


def _dies(bench: PurgeBench, wire: Dying, nth: int) -> bool:
    """Let a purge die before a write; say whether it came so far."""
    wire.arm(nth)
    try:
        bench.darkroom.purge.purge(owner="timer/1")
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
        bench = PurgeBench(place.another(), dying := Dying(place.transport))
        left = _one_of_each(bench)
        if not _dies(bench, dying, nth):
            break
        assert bench.verify().violations == 0, (nth, bench.findings)
        assert set(bench.rules()) <= INFORMATION
        before = edges(bench.darkroom.settings, bench.darkroom.purge.clock.now())
        bench.darkroom.purge._work(before, bool)  # another instance, once the lock has lapsed
        assert (bench.remains(), bench.verify().violations) == (left, 0), nth
    assert nth > 9


def test_a_purge_takes_all_of_it_whichever_writes_reply_is_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_table, "_ATTEMPTS_AT_ONCE", 2)
    for nth in itertools.count(1):
        bench = PurgeBench(place.another(), faulty := FaultyTransport(place.transport))
        left = _one_of_each(bench)
        faulty.arm(Fault.REPLY_LOST, nth=nth)
        done = bench.darkroom.purge.purge(owner="timer/1")
        if faulty.writes < nth:
            break
        assert (done.jobs, done.conflicts, bench.remains()) == (4, 0, left), nth
        assert bench.verify() == VerifyResult()
    assert nth > 7
