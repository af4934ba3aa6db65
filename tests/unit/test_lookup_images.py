"""Lists of images: what they read, and whom they leave out."""

import pytest

from shared.http.render import job_body
from shared.ports.index import KeyPosition
from shared.ports.jobs import JobCopy
from shared.steps.operators.newest import ROWS_PER_IMAGE
from tests.doubles.world import png
from tests.unit.test_lookup import DAY, LookupWorld

MANY = 24


@pytest.fixture
def world() -> LookupWorld:
    """Give many images, every third of them analysed."""
    gallery = LookupWorld()
    for number in range(MANY):
        (gallery.record_image if number % 3 else gallery.completed)(f"{number}.png")
    return gallery


def replace_image(world: LookupWorld, name: str, times: int) -> str:
    """Record newer versions of an image; return the job of the newest."""
    return [world.record_image(name, png(9, width)) for width in range(2, 2 + times)][-1]


def test_a_page_takes_two_queries_a_bucket_and_reads_no_job_by_itself(world: LookupWorld) -> None:
    world.journal.clear()
    page = world.darkroom.lookup.images(limit=MANY + 1)
    assert (len(page.items), page.after) == (MANY, None)
    assert sorted(world.journal) == ["index.jobs"] * 4 + ["index.keys"] * 4
    world.journal.clear()
    world.darkroom.lookup.images(limit=1)
    assert world.journal == ["index.keys", "index.jobs"]


def test_every_image_comes_with_the_job_of_its_newest_version(world: LookupWorld) -> None:
    newest = {replace_image(world, f"{number}.png", number % 4 + 1) for number in range(9)}
    page = world.darkroom.lookup.images(limit=MANY)
    rows = {item.key.job_id: item.row for item in page.items}
    for job_id, row in rows.items():
        assert isinstance(row, JobCopy)
        assert job_body(row) == job_body(world.darkroom.lookup.get(job_id))
        assert (row.job.claim_id, row.job.add_nonce, row.job.thumbnail) == (None, "", None)
    world.journal.clear()
    world.darkroom.lookup.images(limit=MANY)
    assert newest < set(rows)
    assert "jobs.get" not in world.journal


def test_an_image_behind_more_versions_than_a_query_reads_is_read_by_itself(world: LookupWorld) -> None:
    for number in range(MANY):
        replace_image(world, f"{number}.png", ROWS_PER_IMAGE + 2)
    world.journal.clear()
    world.index.read = 0
    page = world.darkroom.lookup.images(limit=MANY)
    assert [item.row is None for item in page.items] == [False] * MANY
    assert 0 < world.journal.count("jobs.get") < MANY
    assert world.index.read <= ROWS_PER_IMAGE * MANY


def test_a_job_that_is_purged_between_two_looks_leaves_its_image_without_one(world: LookupWorld) -> None:
    (first,) = world.darkroom.lookup.images(limit=1).items
    world.index.before("jobs", lambda: world.jobs.table.jobs.pop(first.key.job_id))
    (found,) = world.darkroom.lookup.images(limit=1).items
    assert (found.key, found.row) == (first.key, None)


def test_images_whose_jobs_are_purged_cost_nothing_but_their_keys() -> None:
    world = LookupWorld()
    for number in range(5):
        world.completed(f"{number}.png")
    world.clock.advance(31 * DAY)
    world.darkroom.purge.purge(owner="timer/1")
    world.journal.clear()
    assert [item.row for item in world.darkroom.lookup.images(limit=9).items] == [None] * 5
    assert world.journal == ["index.keys"] * 4


def test_images_of_a_newer_release_are_left_out_and_the_page_goes_on_behind_them(world: LookupWorld) -> None:
    first, second = world.darkroom.lookup.images(limit=2).items
    world.newer_release_writes(first.key.job_id)
    page = world.darkroom.lookup.images(limit=1)
    assert (page.items, isinstance(page.after, KeyPosition)) == ([], True)
    assert isinstance(page.after, KeyPosition)
    assert world.darkroom.lookup.images(limit=1, after=page.after).items == [second]
