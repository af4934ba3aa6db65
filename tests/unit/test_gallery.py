"""Images by what happened last."""

from typing import Any

import pytest

from shared.ports.index import Position
from shared.ports.queries import JobQuery
from shared.rules.filters import JobFilter
from shared.rules.jobs import State
from shared.steps.operators import pages
from tests.doubles.world import png
from tests.unit.acts import note
from tests.unit.test_lookup import DAY, LookupWorld

ALL = JobQuery()


def names(world: LookupWorld, query: JobQuery = ALL, limit: int = 50) -> list[str]:
    """Turn all pages, and return the names of the images on them."""
    seen: list[str] = []
    after: Position | None = None
    for _ in range(100):
        page = world.darkroom.gallery.newest(query, limit=limit, after=after)
        assert len(page.items) <= limit
        seen += [image.key.ref.partition("/")[2] for image in page.items]
        if page.after is None:
            return seen
        assert isinstance(page.after, Position)
        after = page.after
    raise AssertionError("no end of pages")


@pytest.fixture
def world() -> LookupWorld:
    """Give images of which the even ones are analysed, the first one first, and two others that live."""
    gallery = LookupWorld()
    for number in range(8):
        gallery.clock.advance(1)
        (gallery.record_image if number in (3, 5) else gallery.completed)(f"{number}.png")
    return gallery


def test_live_images_stand_before_the_others_and_the_newest_end_before_older_ones(world: LookupWorld) -> None:
    for limit in (1, 3, 50):
        with note(limit):
            assert names(world, limit=limit) == ["3.png", "5.png", "7.png", "6.png", "4.png", "2.png", "1.png", "0.png"]


def test_an_image_that_was_replaced_stands_once_as_its_newest_version(world: LookupWorld) -> None:
    world.clock.advance(1)
    job_id = world.record_image("1.png", png(9, 9))
    (first, *_) = [image for image in world.darkroom.gallery.newest(ALL, limit=50).items if "1.png" in image.key.ref]
    assert first.row is not None
    assert (first.row.job.id, first.key.version) == (job_id, first.row.job.version)
    assert sorted(names(world)) == sorted({*names(world)})
    world.darkroom.attempt.run(job_id, owner="queue/1")
    assert names(world)[2] == "1.png"
    assert sorted(names(world, limit=1)) == sorted(f"{number}.png" for number in range(8))


def test_an_image_whose_newest_version_is_not_wanted_is_not_shown_by_an_older_one(world: LookupWorld) -> None:
    world.darkroom.attempt.run(world.record_image("1.png", b"not an image"), owner="queue/1")
    done = names(world, JobQuery(states=frozenset({State.COMPLETED})))
    assert done == ["7.png", "6.png", "4.png", "2.png", "0.png"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name_part": "3.P"}, ["3.png"]),
        ({"name_prefix": "7"}, ["7.png"]),
        ({"format": "png"}, ["7.png", "6.png", "4.png", "2.png", "1.png", "0.png"]),
        ({"flag": "nothing"}, []),
    ],
)
def test_filters_leave_images_out(world: LookupWorld, wanted: dict[str, Any], found: list[str]) -> None:
    assert names(world, JobQuery(filter=JobFilter(**wanted))) == found


def test_the_page_takes_a_read_for_each_ended_image_that_it_shows_and_none_for_live_ones(world: LookupWorld) -> None:
    buckets = world.settings.job_buckets
    for limit, reads in ((2, 0), (4, 2)):
        world.journal.clear()
        assert len(world.darkroom.gallery.newest(ALL, limit=limit).items) == limit
        assert world.journal.count("index.key_of") == reads
        assert "jobs.get" not in world.journal
        assert world.journal.count("index.standings") == buckets


def test_candidates_that_a_filter_leaves_out_cost_no_read(world: LookupWorld) -> None:
    world.journal.clear()
    world.darkroom.gallery.newest(JobQuery(filter=JobFilter(name_part="6")), limit=9)
    assert world.journal.count("index.key_of") == 1


def test_purged_images_are_left_out_and_those_of_other_types_too(world: LookupWorld) -> None:
    world.add_job("audio")
    world.clock.advance(31 * DAY)
    world.darkroom.purge.purge(owner="timer/1")
    assert names(world) == ["3.png", "5.png"]


def test_an_image_of_a_newer_release_is_left_out(world: LookupWorld) -> None:
    (first, *_) = world.darkroom.gallery.newest(ALL, limit=1).items
    world.newer_release_writes(first.key.job_id)
    assert names(world)[0] == "5.png"


def test_an_image_that_is_replaced_between_two_looks_is_left_out(world: LookupWorld) -> None:
    world.index.before("key_of", lambda: world.record_image("7.png", png(9, 9)))
    found = [image.key.ref for image in world.darkroom.gallery.newest(ALL, limit=3).items]
    assert found == ["images/3.png", "images/5.png", "images/6.png"]


def test_a_page_that_meets_many_older_versions_ends_and_goes_on(
    world: LookupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_VAIN_READS", 3)
    for width in range(2, 12):
        world.clock.advance(1)
        world.darkroom.attempt.run(world.record_image("0.png", png(9, width)), owner="queue/1")
    world.journal.clear()
    page = world.darkroom.gallery.newest(JobQuery(states=frozenset({State.COMPLETED})), limit=2)
    assert (len(page.items), page.complete, page.after is None) == (1, False, False)
    assert world.journal.count("index.key_of") <= 3 + 2
    assert names(world)[2:] == ["0.png", "7.png", "6.png", "4.png", "2.png", "1.png"]
