"""Lists of jobs: their order, their pages, and what they cost."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.http.render import job_body
from shared.ports.index import Position
from shared.ports.jobs import Row
from shared.ports.queries import JobQuery
from shared.rules.filters import JobFilter
from shared.rules.jobs import State
from shared.steps.operators.lookup import PLACES_AT_ONCE
from tests.unit.acts import note
from tests.unit.test_lookup import LookupWorld

ALL = JobQuery()
STATES = [None, *State]


@pytest.fixture
def world() -> LookupWorld:
    """Give jobs of three types in all states, each a second after the one before."""
    strewn = LookupWorld()
    strewn.index.insert_type("zip")
    for number in range(36):
        kind = ("audio", "zip")[number % 2]
        data = b"broken" if number == 18 else None
        job_id = strewn.record_image(f"{number}.png", data) if number % 3 == 0 else strewn.add_job(kind, f"{number}")
        strewn.clock.advance(1.25)
        if number % 5 == 1:
            strewn.rival_claims(job_id)
        elif number % 5 == 2:
            strewn.darkroom.cancel.cancel(job_id)
        elif number % 5 == 3 and number % 3 == 0:
            strewn.darkroom.attempt.run(job_id, owner="queue/1")
    return strewn


def turn_pages(world: LookupWorld, query: JobQuery, limit: int) -> list[str]:
    """Turn all pages, and return the ids on them."""
    seen: list[str] = []
    after: Position | None = None
    for _ in range(200):
        page = world.darkroom.lookup.list(query, limit=limit, after=after)
        assert len(page.items) <= limit
        seen += [row.job.id for row in page.items]
        if page.after is None:
            return seen
        assert isinstance(page.after, Position)
        after = page.after
    raise AssertionError("no end of pages")


def ids_in_order(world: LookupWorld, query: JobQuery) -> list[str]:
    """Return the ids that a list should have, in its order, by all that is kept."""
    jobs = [row.job for row in world.jobs.table.jobs.values()]
    jobs = [job for job in jobs if query.types is None or job.type in query.types]
    jobs = [job for job in jobs if query.states is None or job.state in query.states]
    since, until = query.ended_from, query.ended_to
    live = [(job.due, job.id) for job in jobs if job.due and since is until is None]
    ended = [(-job.ended.timestamp(), job.id) for job in jobs if job.ended and _within(job.ended, since, until)]
    return [job_id for _, job_id in (*sorted(live), *sorted(ended))]


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


@pytest.mark.parametrize("state", STATES)
def test_pages_hold_every_job_once_live_ones_first_and_the_newest_end_before_older_ones(
    world: LookupWorld, state: State | None
) -> None:
    query = JobQuery(states=None if state is None else frozenset({state}))
    for limit in (1, 2, 3, 7, 20, 100):
        with note(limit):
            assert turn_pages(world, query, limit) == ids_in_order(world, query) != []


@pytest.mark.parametrize("types", [(), ("audio",), ("audio", "image-analysis"), ("none",)])
def test_a_list_holds_the_types_that_were_asked_for(world: LookupWorld, types: tuple[str, ...]) -> None:
    query = JobQuery(types=types)
    assert turn_pages(world, query, 4) == ids_in_order(world, query)


@pytest.mark.parametrize("which", ["from", "to", "both"])
def test_a_span_of_ends_leaves_out_what_lives_and_what_ended_beside_it(world: LookupWorld, which: str) -> None:
    ends = sorted(row.job.ended for row in world.jobs.table.jobs.values() if row.job.ended)
    since, until = ends[2], ends[-2]
    query = JobQuery(ended_from=since if which != "to" else None, ended_to=until if which != "from" else None)
    assert turn_pages(world, query, 2) == ids_in_order(world, query) != []
    assert turn_pages(world, replace(query, states=frozenset({State.PENDING})), 2) == []


def test_the_last_page_says_that_it_is_the_last() -> None:
    world = LookupWorld()
    world.record_image()
    page = world.darkroom.lookup.list(ALL, limit=2)
    assert (len(page.items), page.after) == (1, None)


def test_a_job_without_a_copy_that_is_gone_or_has_moved_on_or_is_a_newer_releases_is_left_out() -> None:
    world = LookupWorld()
    gone, ended, newer, stays = (world.record_image(f"{number}.png") for number in range(4))
    world.index.bare = {gone, ended, newer, stays}
    world.newer_release_writes(newer)

    def move_on() -> None:
        del world.jobs.table.jobs[gone]
        world.darkroom.cancel.cancel(ended)

    world.jobs.before("get", move_on)
    found = world.darkroom.lookup.list(JobQuery(states=frozenset({State.PENDING})), limit=9).items
    assert [row.job.id for row in found] == [stays]


@pytest.mark.parametrize(("look", "is_bare"), [("jobs.get", True), ("index.ended", True), ("index.ended", False)])
def test_a_job_that_ends_between_two_looks_stands_once_where_it_was_met_last(*, look: str, is_bare: bool) -> None:
    world = LookupWorld()
    job_id = world.record_image()
    world.clock.advance(1)
    lives = world.record_image("dog.png")
    world.index.bare = {job_id} if is_bare else set()
    double, _, call = look.partition(".")
    getattr(world, double).before(call, lambda: world.darkroom.cancel.cancel(job_id))
    apart = JobQuery(filter=JobFilter(until=world.clock.server.now() + timedelta(days=1)))
    found = world.darkroom.lookup.list(apart, limit=9).items
    assert [(row.job.id, row.job.state) for row in found] == [(lives, State.PENDING), (job_id, State.CANCELED)]


def test_a_job_that_ends_after_its_partition_was_read_stands_once_as_it_was_or_as_it_is() -> None:
    for bare, state in ((True, State.CANCELED), (False, State.PENDING)):
        world = LookupWorld()
        job_id, other = world.record_image(), world.record_image("dog.png")
        world.index.bare = {job_id, other} if bare else {other}
        world.jobs.before("get", lambda world=world, job_id=job_id: world.darkroom.cancel.cancel(job_id))  # type: ignore[misc]
        found = world.darkroom.lookup.list(ALL, limit=9).items
        assert {row.job.id: row.job.state for row in found} == {job_id: state, other: State.PENDING}


def test_few_jobs_take_a_query_a_bucket_whatever_their_states(world: LookupWorld) -> None:
    world.journal.clear()
    found = world.darkroom.lookup.list(JobQuery(types=("audio",)), limit=50)
    assert {row.job.state for row in found.items} > {State.PENDING, State.CANCELED}
    assert (world.journal, found.after) == (["index.standings"] * world.settings.job_buckets, None)


def test_a_job_stands_in_a_list_as_its_own_row_tells_but_for_what_no_list_shows(world: LookupWorld) -> None:
    copies = world.darkroom.lookup.list(ALL, limit=50).items
    assert len(copies) == 36
    for copy in copies:
        row = world.darkroom.lookup.get(copy.job.id)
        assert not isinstance(copy, Row)
        assert job_body(copy) == job_body(row)
        assert (copy.job.claim_id, copy.job.add_nonce, copy.job.thumbnail) == (None, "", None)


def test_jobs_without_copies_among_others_make_the_same_list(world: LookupWorld) -> None:
    seen = turn_pages(world, ALL, 7)
    world.index.bare = set(seen[::3])
    assert turn_pages(world, ALL, 7) == seen
    world.journal.clear()
    world.darkroom.lookup.list(ALL, limit=50)
    assert world.journal.count("jobs.get") == len(world.index.bare) == 12


def test_a_newer_releases_job_is_left_out_whatever_its_copy_says(world: LookupWorld) -> None:
    (newer, *others) = turn_pages(world, ALL, 50)
    world.newer_release_writes(newer)
    assert turn_pages(world, ALL, 50) == others


@pytest.mark.parametrize("limit", [1, 4])
def test_a_page_that_finds_little_is_short_and_goes_on(limit: int) -> None:
    world = LookupWorld(JOB_BUCKETS="1")
    ids = [world.record_image(f"{number}.png") for number in range(30)]
    world.clock.advance(3600)
    world.rival_claims(ids[7])
    world.darkroom.pages.most_rows = 5
    running = JobQuery(types=("image-analysis",), states=frozenset({State.RUNNING}))
    page = world.darkroom.lookup.list(running, limit=limit)
    assert (page.items, page.after is None, page.complete) == ([], False, False)
    assert turn_pages(world, running, limit) == [ids[7]]


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_one_call_reads_a_bounded_number_of_index_rows(world: LookupWorld, limit: int) -> None:
    running = JobQuery(states=frozenset({State.RUNNING}))
    lists = 3 * world.settings.job_buckets
    world.darkroom.pages.most_rows = 5 * limit
    for query in (ALL, running, replace(ALL, ended_to=world.clock.now)):
        world.index.read = 0
        world.darkroom.lookup.list(query, limit=limit)
        assert world.index.read <= 5 * limit + lists * 4


def test_a_page_of_live_jobs_looks_at_no_ended_ones(world: LookupWorld) -> None:
    world.journal.clear()
    page = world.darkroom.lookup.list(JobQuery(types=("audio",)), limit=2)
    assert len(page.items) == 2
    assert world.journal == ["index.standings"] * world.settings.job_buckets


@pytest.mark.parametrize(("is_bare", "reads"), [(False, 0), (True, 7)])
def test_a_page_reads_no_job_by_itself_but_those_without_copies(
    world: LookupWorld, *, is_bare: bool, reads: int
) -> None:
    world.index.bare = set(world.jobs.table.jobs) if is_bare else set()
    world.journal.clear()
    assert len(world.darkroom.lookup.list(ALL, limit=7).items) == 7
    assert world.journal.count("jobs.get") == reads


def test_a_span_in_milliseconds_is_kept_over_pages(world: LookupWorld) -> None:
    (at,) = {row.job.ended for row in world.jobs.table.jobs.values() if row.job.ended and row.job.ref == "2"}
    only = JobQuery(ended_from=at, ended_to=at and at + timedelta(milliseconds=1))
    assert [row.job.ref for row in world.darkroom.lookup.list(only, limit=1).items] == ["2"]


@pytest.mark.case("security M5", was="one GET of /jobs cost about 530 requests")
@pytest.mark.parametrize("state", [None, State.CANCELED])
def test_a_list_of_all_types_costs_no_more_however_many_there_are(state: State | None) -> None:
    world = LookupWorld()
    kinds = [f"kind-{number:03}" for number in range(60)]
    ids = {world.add_job(kind, "x") for kind in kinds}
    for kind in kinds:
        world.index.insert_type(kind)
    for job_id in sorted(ids)[::2]:
        world.darkroom.cancel.cancel(job_id)
    query = JobQuery(states=None if state is None else frozenset({state}))
    world.journal.clear()
    world.darkroom.lookup.list(query, limit=50)
    asked = [call for call in world.journal if call.startswith("index.")]
    assert len(asked) <= 4 * PLACES_AT_ONCE + 1
    wanted = ids if state is None else {job_id for job_id in ids if world.job(job_id).state is state}
    seen = turn_pages(world, query, 7)
    assert (len(seen), set(seen)) == (len(wanted), wanted)


@pytest.mark.parametrize(("buckets", "looks", "rows"), [(4, 4, 84), (64, 68, 200)])
def test_few_lists_are_read_twice_and_few_rows_for_nothing(buckets: int, looks: int, rows: int) -> None:
    world = LookupWorld(JOB_BUCKETS=str(buckets))
    for number in range(200):
        world.add_job("audio", f"{number}")
    world.journal.clear()
    assert len(world.darkroom.lookup.list(JobQuery(types=("audio",)), limit=50).items) == 50
    assert len(world.journal) <= looks
    assert world.index.read <= rows
