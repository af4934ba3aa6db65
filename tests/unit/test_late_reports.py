from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import ServerClock
from shared.errors import ClockUnset, StorageOut, Undecided
from shared.steps.now import Now
from shared.steps.work.late_reports import MARK
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.external_jobs import claim_job


def total(world: World) -> int | None:
    """Return the count as it stands."""
    mark = world.marks.get(MARK)
    return None if mark is None else mark.value["total"]


def test_a_refused_report_is_noted_on_its_attempt(world: World) -> None:
    job_id, claim = claim_job(world)
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    world.darkroom.late_reports.note(job_id, claim.token, report="fail")
    noted = world.jobs.table.attempts[job_id, claim.token]
    assert (noted["late_reports"], noted["last_late_report"], noted["last_late_at"]) == (2, "fail", world.clock.now)


def test_refused_reports_are_counted_whatever_their_job(world: World) -> None:
    assert total(world) is None
    for number in range(3):
        world.darkroom.late_reports.note(
            claim_job(world)[0] if not number else f"word-count-{number:032x}", 1, report="complete"
        )
    assert total(world) == 3


def test_a_count_takes_two_reads_and_two_transactions(world: World) -> None:
    job_id, claim = claim_job(world)
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    assert world.journal == ["jobs.refuse", "marks.get", "marks.insert"]
    world.journal.clear()
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    assert world.journal == ["jobs.refuse", "marks.get", "marks.replace"]


@pytest.mark.parametrize(("before", "call"), [(0, "insert"), (1, "replace")])
def test_of_two_who_count_at_once_both_count(world: World, before: int, call: str) -> None:
    job_id, claim = claim_job(world)
    for _ in range(before):
        world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    world.marks.before(call, lambda: world.darkroom.late_reports.note(job_id, claim.token, report="complete"))
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    assert total(world) == before + 2


def test_a_count_that_others_are_faster_with_each_time_is_let_go(world: World) -> None:
    job_id, claim = claim_job(world)
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    faster = world.darkroom.late_reports._count
    world.marks.before("replace", faster, int, faster, int, faster, int)
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    assert total(world) == 4


@pytest.mark.parametrize("port", ["jobs", "marks"])
def test_what_storage_does_not_take_is_no_failure(world: World, port: str) -> None:
    job_id, claim = claim_job(world)
    getattr(world, port).out = True
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")


def test_what_storage_does_not_decide_is_no_failure(world: World) -> None:
    job_id, claim = claim_job(world)
    world.jobs.before("refuse", raising(Undecided()))
    world.darkroom.late_reports.note(job_id, claim.token, report="complete")
    assert total(world) is None


def test_the_time_is_asked_for_once_and_by_who_asks_first() -> None:
    asked: list[str] = []
    clock = ServerClock(lambda: 0.0)
    date = datetime(2026, 1, 1, tzinfo=UTC)

    def ask() -> None:
        asked.append("asked")
        clock.observe(date)

    now = Now(clock=clock, ask=ask)
    assert all(timedelta(0) <= moment - date <= timedelta(seconds=1) for moment in (now(), now()))
    assert asked == ["asked"]


def test_a_time_that_is_not_told_is_no_time() -> None:
    with pytest.raises(ClockUnset):
        Now(clock=ServerClock(lambda: 0.0), ask=lambda: None)()


def test_storage_that_is_out_tells_no_time() -> None:
    with pytest.raises(StorageOut):
        Now(clock=ServerClock(lambda: 0.0), ask=raising(StorageOut("out")))()
