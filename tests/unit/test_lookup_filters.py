"""Lists of jobs with filters: what is on their pages, and how much a page looks at."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.ports.queries import JobQuery
from shared.rules.filters import JobFilter
from shared.rules.jobs import Job, JobError, State
from shared.steps.operators import pages
from tests.doubles.reports import report
from tests.unit.acts import note
from tests.unit.test_lookup import LookupWorld
from tests.unit.test_lookup_lists import turn_pages

CODES = ("corrupt_image", "empty_blob", "analysis_timeout")


def end(world: LookupWorld, job_id: str, **changes: Any) -> None:  # noqa: ANN401 - of a job
    """Let a job stand in its row as another end would have left it."""
    rows, now = world.jobs.table.jobs, world.clock.server.now()
    rows[job_id] = replace(rows[job_id], job=replace(rows[job_id].job, due=None, ended=now, **changes))


@pytest.fixture
def world() -> LookupWorld:
    """Give jobs of two types, a second apart: two of five are FAILED, and a few wait or are CANCELED."""
    strewn = LookupWorld()
    strewn.index.insert_type("audio")
    for number in range(45):
        job_id = (
            strewn.record_image(f"{number % 3}/{number}.PNG") if number % 4 else strewn.add_job("audio", f"{number}")
        )
        strewn.clock.advance(1)
        if number % 5 < 2:
            error = JobError(CODES[number % 3], "It is broken.", strewn.clock.server.now())
            end(strewn, job_id, state=State.FAILED, error=error)
        elif number % 5 < 4:
            flags = ["dark"] if number % 7 == 0 else []
            end(strewn, job_id, state=State.COMPLETED, report=report(quality={"flags": flags}, image={"format": "png"}))
    return strewn


def wanted_ids(world: LookupWorld, query: JobQuery) -> set[str]:
    """Return the ids that a list should have, by a look at every job."""
    jobs = [row.job for row in world.jobs.table.jobs.values()]
    states = query.states or {*State}
    return {job.id for job in jobs if job.state in states and query.filter.matches(job)}


def moment(job: Job) -> Any:  # noqa: ANN401 - a time
    """Return what ``since`` and ``until`` go by."""
    return job.ended or job.created


@pytest.mark.parametrize(
    "wanted",
    [
        {"error": "corrupt_image"},
        {"ref_prefix": "images/2/"},
        {"ref_prefix": "4"},
        {"name_part": ".png"},
        {"flag": "dark"},
        {"format": "png"},
        {"format": "png", "name_prefix": "1/", "flag": "dark"},
        {"error": "corrupt_image", "ref_prefix": "images/0/"},
    ],
)
def test_pages_hold_every_job_that_is_wanted_once(world: LookupWorld, wanted: dict[str, Any]) -> None:
    query = JobQuery(filter=JobFilter(**wanted))
    assert wanted_ids(world, query)
    for limit, most_rows in ((3, 2_000), (100, 2_000), (5, 20)):
        world.darkroom.pages.most_rows = most_rows
        with note(limit):
            seen = turn_pages(world, query, limit)
            assert (len(seen), set(seen)) == (len(set(seen)), wanted_ids(world, query))


@pytest.mark.parametrize("state", [None, State.FAILED, State.PENDING])
def test_a_span_of_moments_holds_live_and_ended_jobs(world: LookupWorld, state: State | None) -> None:
    moments = sorted(moment(row.job) for row in world.jobs.table.jobs.values())
    span = JobFilter(since=moments[7], until=moments[-7])
    query = JobQuery(states=None if state is None else frozenset({state}), filter=span)
    seen = turn_pages(world, query, 4)
    assert (len(seen), set(seen)) == (len(set(seen)), wanted_ids(world, query))
    assert {world.job(each).state.ended for each in seen} == ({True, False} if state is None else {state.ended})


def test_a_span_of_moments_reads_no_ended_row_beside_it() -> None:
    world = LookupWorld(JOB_BUCKETS="1")
    for number in range(40):
        end(world, world.record_image(f"{number}.png"), state=State.CANCELED)
        world.clock.advance(60)
    since = world.clock.server.now() - timedelta(seconds=150)
    world.index.read = 0
    found = world.darkroom.lookup.list(JobQuery(filter=JobFilter(since=since)), limit=50)
    assert (len(found.items), world.index.read) == (2, 2)


def test_a_span_of_ends_and_a_span_of_moments_hold_together(world: LookupWorld) -> None:
    ends = sorted(row.job.ended for row in world.jobs.table.jobs.values() if row.job.ended)
    query = JobQuery(ended_from=ends[3], ended_to=ends[25], filter=JobFilter(since=ends[10], until=ends[33]))
    seen = [world.job(job_id).ended for job_id in turn_pages(world, query, 3)]
    assert sorted(at for at in seen if at) == ends[10:25]


@pytest.mark.parametrize(
    ("wanted", "looks"),
    [({"flag": "dark"}, {"index.ended": 8}), ({"error": "empty_blob"}, {"index.standings": 4, "index.ended": 4})],
)
def test_lists_of_states_in_which_no_job_can_be_wanted_are_not_read(
    wanted: dict[str, Any], looks: dict[str, int]
) -> None:
    world = LookupWorld()
    for number in range(100):
        end(world, world.add_job("audio", f"{number}"), state=State.COMPLETED, report={})
    world.journal.clear()
    world.darkroom.lookup.list(JobQuery(types=("audio",), filter=JobFilter(**wanted)), limit=1)
    assert {call: world.journal.count(call) for call in {*world.journal}} == looks


def test_a_page_that_has_looked_at_enough_says_so_and_one_that_is_full_or_the_last_does_not(world: LookupWorld) -> None:
    world.darkroom.pages.most_rows = 5
    query = JobQuery(types=("image-analysis",), filter=JobFilter(error="empty_blob"))
    first = world.darkroom.lookup.list(query, limit=50)
    assert (first.complete, first.after is None, len(first.items) < 50) == (False, False, True)
    world.darkroom.pages.most_rows = 2_000
    full, last = (world.darkroom.lookup.list(query, limit=limit) for limit in (1, 50))
    assert (full.complete, full.after is None, len(full.items)) == (True, False, 1)
    assert (last.complete, last.after) == (True, None)


def test_a_selective_page_reads_a_bounded_number_of_rows_in_few_queries() -> None:
    world = LookupWorld(JOB_BUCKETS="4")
    for number in range(400):
        world.add_job("audio", f"{number}")
    world.journal.clear()
    world.darkroom.pages.most_rows = 200
    page = world.darkroom.lookup.list(JobQuery(types=("audio",), filter=JobFilter(error="x")), limit=10)
    assert (page.items, page.complete) == ([], False)
    assert 150 <= world.index.read <= 200
    assert world.journal.count("index.live") <= 3 * 4


def test_jobs_without_copies_are_judged_by_their_own_rows(world: LookupWorld) -> None:
    query = JobQuery(filter=JobFilter(error="corrupt_image"))
    world.index.bare = {*world.jobs.table.jobs}
    assert set(turn_pages(world, query, 3)) == wanted_ids(world, query)


def test_a_page_that_has_read_many_jobs_by_themselves_in_vain_ends_and_goes_on(
    world: LookupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_VAIN_READS", 4)
    query = JobQuery(filter=JobFilter(error="corrupt_image"))
    world.index.bare = {*world.jobs.table.jobs}
    world.journal.clear()
    page = world.darkroom.lookup.list(query, limit=2)
    assert world.journal.count("jobs.get") <= 4 + 2 + 2 * len(page.items)
    assert set(turn_pages(world, query, 2)) == wanted_ids(world, query)


def test_the_jobs_of_a_reference_are_filtered_as_well() -> None:
    world = LookupWorld()
    first, _ = (world.add_job("audio", "x", version) for version in ("1", "2"))
    end(world, first, state=State.FAILED, error=JobError("empty_blob", "It is empty.", world.clock.server.now()))
    query = JobQuery(types=("audio",), ref="x", filter=JobFilter(error="empty_blob"))
    assert [row.job.id for row in world.darkroom.lookup.list(query, limit=9).items] == [first]
    assert turn_pages(world, query, 1) == [first]
    assert not world.darkroom.lookup.list(replace(query, filter=JobFilter(error="other")), limit=1).complete


def test_the_jobs_of_a_reference_are_narrowed_to_a_span_of_ends() -> None:
    world = LookupWorld()
    first, second = (world.add_job("audio", "x", version) for version in ("1", "2"))
    for job_id in (first, second):
        world.clock.advance(60)
        end(world, job_id, state=State.CANCELED)
    query = JobQuery(types=("audio",), ref="x", ended_to=world.job(second).ended)
    assert [row.job.id for row in world.darkroom.lookup.list(query, limit=9).items] == [first]


def test_ended_jobs_are_read_by_what_live_ones_leave_of_a_page() -> None:
    world = LookupWorld(JOB_BUCKETS="1")
    for number in range(20):
        world.add_job("audio", f"live/{number}")
    for number in range(60):
        state = (State.CANCELED, State.COMPLETED, State.FAILED)[number % 3]
        end(world, world.add_job("audio", f"{number}"), state=state)
    world.index.read = 0
    assert len(world.darkroom.lookup.list(JobQuery(types=("audio",)), limit=21).items) == 21
    assert world.index.read <= 40
