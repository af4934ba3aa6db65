from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import InvalidReference, NewerSchema, NoSuchImage, NoSuchJob
from shared.ports.index import ENDED, IMAGE_ID, LIVE, KeyPosition, Position
from shared.ports.queries import JobQuery
from shared.rules.ids import digest
from shared.rules.moves import add
from tests.doubles.world import World, png

DAY = 86_400.0


class LookupWorld(World):
    """Darkroom in memory, and a look at it."""

    def __init__(self, **environ: str) -> None:
        super().__init__({"audio": lambda _: None}, **environ)

    def image_id(self, name: str = "cat.png") -> str:
        """Return the id of an image of that name."""
        return digest(self.settings.image_type, f"{self.settings.images_container}/{name}")

    def add_job(self, kind: str, ref: str = "x", version: str = "") -> str:
        """Add a job of another type."""
        now = self.clock.server.now()
        move = add(
            kind=kind, ref=ref, version=version, params={}, max_attempts=5, now=now, grace=timedelta(0), add_nonce="n"
        )
        return self.jobs.insert(move, over=self.jobs.key(kind, ref)).job.id

    def completed(self, name: str = "cat.png") -> str:
        """Record and analyse an image."""
        job_id = self.record_image(name)
        self.darkroom.attempt.run(job_id, owner="queue/1")
        return job_id


@pytest.fixture
def world() -> LookupWorld:
    """Give the world that these tests look at."""
    return LookupWorld()


def test_a_job_is_read_as_it_stands(world: LookupWorld, job_id: str) -> None:
    assert world.darkroom.lookup.get(job_id).job == world.job(job_id)


def test_a_job_that_is_absent_is_no_such_job() -> None:
    for look in (LookupWorld().darkroom.lookup.get, LookupWorld().darkroom.lookup.history):
        with pytest.raises(NoSuchJob):
            look(f"image-analysis-{0:032x}")


def test_a_job_of_a_newer_release_is_refused_and_not_taken_for_absent(world: LookupWorld, job_id: str) -> None:
    world.newer_release_writes(job_id)
    for look, name in ((world.darkroom.lookup.get, job_id), (world.darkroom.lookup.image, world.image_id())):
        with pytest.raises(NewerSchema):
            look(name)
    assert list(world.darkroom.lookup.history(job_id)) == []


def test_the_history_of_a_job_has_its_attempts_and_costs_one_query(world: LookupWorld, job_id: str) -> None:
    assert list(world.darkroom.lookup.history(job_id)) == []
    world.darkroom.attempt.run(job_id, owner="queue/1")
    world.journal.clear()
    assert [one.outcome for one in world.darkroom.lookup.history(job_id)] == ["complete"]
    assert world.journal == ["index.attempts"]


def test_the_types_are_those_of_jobs_of_images_and_of_handlers(world: LookupWorld) -> None:
    world.index.insert_type("zip")
    assert list(world.darkroom.lookup.types()) == ["audio", "image-analysis", "zip"]


def test_an_image_is_found_by_id_and_by_name(world: LookupWorld) -> None:
    job_id = world.completed("a/cät #1.png")
    found = world.darkroom.lookup.image_by_name("a/cät #1.png")
    assert found == world.darkroom.lookup.image(found.image_id)
    assert found.image_id == world.image_id("a/cät #1.png")
    assert found.row is not None
    assert (found.row.job.id, found.key.job_id) == (job_id, job_id)


@pytest.mark.parametrize("image_id", ["0" * 32, "x", "", "audio-" + "0" * 32])
def test_an_image_that_was_never_recorded_is_no_such_image(world: LookupWorld, image_id: str) -> None:
    for look in (world.darkroom.lookup.image, world.darkroom.lookup.thumbnail):
        with pytest.raises(NoSuchImage):
            look(image_id)


@pytest.mark.parametrize("name", ["", "a/../b", "\ud800", "a" * 1025])
def test_a_name_that_no_blob_can_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidReference):
        LookupWorld().darkroom.lookup.image_by_name(name)
    with pytest.raises(NoSuchImage):
        LookupWorld().darkroom.lookup.image_by_name("cat.png")


def test_a_purged_image_is_told_by_its_key_alone(world: LookupWorld) -> None:
    job_id = world.completed()
    world.clock.advance(31 * DAY)
    world.darkroom.purge.purge(owner="timer/1")
    found = world.darkroom.lookup.image(world.image_id())
    assert (found.row, found.key.job_id, found.key.state) == (None, job_id, "COMPLETED")
    assert world.darkroom.lookup.images(limit=9).items == [found]
    with pytest.raises(NoSuchImage):
        world.darkroom.lookup.thumbnail(world.image_id())


@pytest.mark.parametrize("thumbnails", ["row", "blob"])
def test_a_thumbnail_is_given_with_the_attempt_that_made_it(thumbnails: str) -> None:
    world = LookupWorld(THUMBNAILS=thumbnails)
    job_id = world.completed()
    found = world.darkroom.lookup.thumbnail(world.image_id())
    assert (found.data[:4], found.mime, found.job_id, found.token) == (b"\x89PNG", "image/png", job_id, 1)


def test_an_image_without_a_thumbnail_has_no_such_image_to_show(world: LookupWorld) -> None:
    world.record_image("waits.png")
    world.completed("gone.png")
    world.images.thumbnails.clear()
    off = LookupWorld(THUMBNAILS="off")
    off.completed()
    for looked, name in ((world, "waits.png"), (world, "gone.png"), (off, "cat.png")):
        with pytest.raises(NoSuchImage):
            looked.darkroom.lookup.thumbnail(looked.image_id(name))


@pytest.mark.case("security C1", was="200: a blob of another container is served")
@pytest.mark.parametrize("name", ["../secrets/crown.txt", "other/1.webp", ["x"], None])
def test_a_thumbnail_stands_where_its_attempt_puts_it_whatever_the_report_names(name: object) -> None:
    world = LookupWorld(THUMBNAIL_FORMAT="png")
    job_id = world.completed()
    row = world.jobs.table.jobs[job_id]
    thumbnail = {**(row.job.report or {})["thumbnail"], "container": "secrets", "name": name}
    told = replace(row.job, report={**(row.job.report or {}), "thumbnail": thumbnail})
    world.jobs.table.jobs[job_id] = replace(row, job=told)
    world.journal.clear()
    assert world.darkroom.lookup.thumbnail(world.image_id()).data[:4] == b"\x89PNG"
    assert world.journal.count("images.thumbnail") == 1


@pytest.mark.parametrize("now", ["jpeg", "webp"])
def test_a_thumbnail_of_another_format_than_is_configured_now_is_found(now: str) -> None:
    world = LookupWorld(THUMBNAIL_FORMAT="png")
    job_id = world.completed()
    later = replace(world.darkroom, settings=LookupWorld(THUMBNAIL_FORMAT=now).settings)
    world.journal.clear()
    assert later.lookup.thumbnail(world.image_id()).job_id == job_id
    assert 1 < world.journal.count("images.thumbnail") <= 3


@pytest.mark.parametrize("limit", [1, 2, 5, 12, 100])
def test_images_are_listed_once_each_over_all_pages_by_bucket_and_digest(world: LookupWorld, limit: int) -> None:
    for number in range(12):
        world.record_image(f"{number}.png", png(number + 1, 1))
    seen: list[str] = []
    page = world.darkroom.lookup.images(limit=limit)
    while True:
        assert len(page.items) <= limit
        seen += [found.image_id for found in page.items]
        if page.after is None:
            break
        assert isinstance(page.after, KeyPosition)
        page = world.darkroom.lookup.images(limit=limit, after=page.after)
    ids_in_order = [world.image_id(f"{number}.png") for number in range(12)]
    assert seen == sorted(ids_in_order, key=lambda one: (int(one[:2], 16) % 4, one))
    assert all(IMAGE_ID.fullmatch(one) for one in seen)


def test_an_image_of_a_newer_release_is_left_out_of_the_list(world: LookupWorld) -> None:
    ids = [world.record_image(f"{number}.png") for number in range(2)]
    world.newer_release_writes(ids[0])
    assert [found.key.job_id for found in world.darkroom.lookup.images(limit=9).items] == [ids[1]]


def test_the_jobs_of_a_reference_need_their_type_and_go_on_by_their_ids(world: LookupWorld) -> None:
    ids = sorted(world.add_job("audio", "x", f"{number}") for number in range(5))
    world.add_job("zip", "x")
    query = JobQuery(types=("audio",), ref="x")
    first = world.darkroom.lookup.list(query, limit=3)
    assert isinstance(first.after, Position)
    rest = world.darkroom.lookup.list(query, limit=3, after=first.after)
    assert ([row.job.id for row in (*first.items, *rest.items)], rest.after) == (ids, None)
    for types in (None, (), ("audio", "zip")):
        with pytest.raises(InvalidReference):
            world.darkroom.lookup.list(JobQuery(types=types, ref="x"), limit=3)


def test_the_jobs_of_a_reference_are_left_out_by_state_and_by_end(world: LookupWorld) -> None:
    live, ended = world.add_job("audio", "x", "1"), world.add_job("audio", "x", "2")
    world.darkroom.cancel.cancel(ended)
    at = world.job(ended).ended
    assert at is not None

    def list_ids(**what: object) -> list[str]:
        query = JobQuery(types=("audio",), ref="x", **what)  # type: ignore[arg-type] # by name
        return [row.job.id for row in world.darkroom.lookup.list(query, limit=9).items]

    assert list_ids(states=frozenset({world.job(live).state})) == [live]
    assert list_ids(ended_from=at) == list_ids(ended_to=at + timedelta(seconds=1)) == [ended]
    assert list_ids(ended_from=at + timedelta(seconds=1)) == list_ids(ended_to=at) == []


def test_segments_are_in_the_order_of_a_list() -> None:
    assert Position(LIVE, 9, "z") < Position(ENDED, 1, "a") < Position(ENDED, 1, "b") < Position(ENDED, 2, "a")
