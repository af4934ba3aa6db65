import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import MarkerRejected, StorageOut
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.upkeep.position import OVERLAP
from shared.steps.upkeep.reconcile import WalkResult
from tests.doubles.walks import GRACE, job_names, walk, world_of_old_images
from tests.unit.acts import raising


def test_images_without_an_event_are_recorded_and_counted() -> None:
    world = world_of_old_images("a.png", "b.png", "c.png")
    assert walk(world) == WalkResult(seen=3, missed=3, complete=True)
    assert job_names(world) == ["a.png", "b.png", "c.png"]


def test_what_was_missed_is_announced() -> None:
    world = world_of_old_images("a.png", "b.png")
    walk(world)
    texts = [text for text, _ in world.queue.messages]
    assert sorted(json.loads(text)["job_id"] for text in texts) == sorted(world.jobs.table.jobs)


def test_an_image_whose_event_came_is_not_missed() -> None:
    world = world_of_old_images()
    world.record_image("a.png")
    world.clock.advance(300)
    assert walk(world) == WalkResult(seen=1, complete=True)
    assert len(world.queue.messages) == 1


def test_a_second_walk_misses_nothing_and_writes_nothing_but_its_mark() -> None:
    world = world_of_old_images("a.png", "b.png")
    walk(world)
    world.journal.clear()
    assert walk(world) == WalkResult(seen=2, complete=True)
    assert world.journal == [
        *("locks.replace", "marks.get", "listing.page"),
        *("jobs.key", "jobs.key", "marks.replace", "locks.replace"),
    ]


def test_what_stood_before_the_last_walk_costs_no_look() -> None:
    world = world_of_old_images("a.png", "b.png", age=GRACE + OVERLAP)
    walk(world)
    world.clock.advance(300)
    world.journal.clear()
    assert walk(world) == WalkResult(seen=2, complete=True)
    assert "jobs.key" not in world.journal


def test_a_changed_version_is_recorded_over_the_older_one() -> None:
    world = world_of_old_images()
    older = world.record_image("a.png")
    world.upload("a.png")
    world.clock.advance(300)
    assert walk(world).missed == 1
    assert world.job(older).state is State.CANCELED
    assert job_names(world) == ["a.png", "a.png"]


def test_a_young_blob_is_left_to_its_event() -> None:
    world = world_of_old_images("a.png", age=GRACE - timedelta(seconds=1))
    assert walk(world) == WalkResult(seen=1, complete=True)
    world.clock.advance(1)
    assert walk(world).missed == 1


def test_a_blob_left_as_young_is_found_however_late_the_next_walk_is() -> None:
    world = world_of_old_images("a.png", age=GRACE - timedelta(seconds=1))
    walk(world)
    world.clock.advance(86_400)
    assert walk(world).missed == 1


def test_a_grace_that_grows_in_the_middle_of_a_walk_leaves_nothing_out() -> None:
    world = world_of_old_images("a.png", "b.png", age=timedelta(seconds=700))
    world.listing.most = 1
    longer = replace(world.settings, reconcile_grace=timedelta(seconds=900))
    world.marks.before("insert", lambda: setattr(world.darkroom.reconcile, "settings", longer))
    assert walk(world) == WalkResult(seen=2, missed=1, complete=True)
    world.clock.advance(900)
    assert walk(world).missed == 1


def test_a_name_behind_the_cursor_is_found_by_the_next_walk() -> None:
    world = world_of_old_images("b.png", "c.png")
    world.listing.most = 1
    world.listing.before("page", int, lambda: world.upload("a.png"))
    walk(world)
    assert job_names(world) == ["b.png", "c.png"]
    world.clock.advance(600)
    assert walk(world).missed == 1
    assert job_names(world) == ["a.png", "b.png", "c.png"]


def test_a_blob_uploaded_in_a_walk_that_lasts_longer_than_the_grace_is_found_by_the_next() -> None:
    world = world_of_old_images("b.png", "c.png", RECONCILE_BUDGET_SECONDS="500")
    world.listing.most = 1

    def late() -> None:
        world.upload("a.png")
        world.clock.advance(400)

    world.listing.before("page", int, late)
    assert walk(world).complete
    assert walk(world).missed == 1


def test_a_blob_that_was_stamped_before_the_walk_and_is_listed_after_it_is_found() -> None:
    world = world_of_old_images("b.png", RECONCILE_GRACE_SECONDS="0")
    late = world.upload("a.png")
    blob = world.images.take(late)
    world.clock.advance(OVERLAP.total_seconds() - 1)
    walk(world)
    world.images.restore(late, blob)
    assert walk(world).missed == 1


def test_a_marker_that_is_refused_restarts_the_walk() -> None:
    world = world_of_old_images("a.png", "b.png", "c.png")
    world.listing.most = 1
    world.listing.before("page", int, raising(MarkerRejected()))
    assert walk(world) == WalkResult(seen=4, missed=3, complete=True)
    assert world.journal.count("listing.page") == 5


def test_a_restarted_walk_keeps_the_watermark_of_the_last_complete_one() -> None:
    world = world_of_old_images("a.png", "b.png", age=GRACE + OVERLAP)
    world.listing.most = 1
    walk(world)
    world.clock.advance(300)
    world.listing.before("page", int, raising(MarkerRejected()))
    world.journal.clear()
    assert walk(world).complete
    assert "jobs.key" not in world.journal


def test_a_refusal_without_a_marker_is_raised() -> None:
    world = world_of_old_images("a.png")
    world.listing.before("page", raising(MarkerRejected()))
    with pytest.raises(MarkerRejected):
        walk(world)


def test_a_blob_that_vanishes_between_listing_and_look_is_counted() -> None:
    world = world_of_old_images("a.png", "b.png", apart=True)
    world.images.before("head", lambda: world.images.take(ImageRef("images", "a.png")))
    assert walk(world) == WalkResult(seen=2, missed=1, vanished=1, complete=True)


def test_a_name_that_no_url_can_say_is_kept_with_the_reason() -> None:
    world = world_of_old_images("a/../b.png", "c.png")
    assert walk(world) == WalkResult(seen=2, missed=1, complete=True)
    assert world.rejections.rows["images/a/../b.png"].code == "invalid_reference"


def test_images_are_recorded_while_dispatch_is_off_but_not_announced() -> None:
    world = world_of_old_images("a.png", DISPATCH="off")
    assert walk(world).missed == 1
    assert world.queue.messages == []


def test_another_container_is_another_walk() -> None:
    world = world_of_old_images("a.png", age=timedelta(days=1))
    walk(world)
    other = world_of_old_images("b.png", IMAGES_CONTAINER="others")
    other.marks.rows = world.marks.rows
    assert walk(other).missed == 1


@pytest.mark.parametrize(("account", "missed"), [("one", 0), ("two", 1)])
def test_the_watermark_of_a_walk_says_nothing_of_another_account(account: str, missed: int) -> None:
    world = world_of_old_images("a.png", age=timedelta(days=1))
    walk(world)
    restored = world_of_old_images("a.png", age=timedelta(days=1))  # before the walk, under another ETag
    restored.marks.rows, restored.listing.account = world.marks.rows, account
    assert walk(restored).missed == missed
    assert walk(restored) == WalkResult(seen=1, complete=True)


def test_a_mark_that_names_no_account_yet_keeps_its_watermark() -> None:
    world = world_of_old_images("a.png", age=timedelta(days=1))
    walk(world)
    (mark,) = world.marks.rows.values()
    value = {name: each for name, each in mark.value.items() if name != "account"}
    world.marks.rows[mark.name] = replace(mark, value=value)
    world.journal.clear()
    assert walk(world).complete
    assert "jobs.key" not in world.journal


@pytest.mark.parametrize("port", ["listing", "marks", "locks"])
def test_a_slice_while_storage_is_out_raises(port: str) -> None:
    world = world_of_old_images("a.png")
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        walk(world)


@pytest.mark.parametrize(("names", "level"), [(["a.png"], logging.WARNING), ([], logging.INFO)])
def test_a_slice_tells_what_it_did_and_warns_of_what_was_missed(
    caplog: pytest.LogCaptureFixture, names: list[str], level: int
) -> None:
    world = world_of_old_images(*names)
    with caplog.at_level(logging.INFO, logger="darkroom"):
        walk(world)
    told = json.loads(caplog.messages[-1])
    assert told == {
        "event": "reconcile done",
        "seen": len(names),
        "missed": len(names),
        "vanished": 0,
        "complete": True,
    }
    assert caplog.records[-1].levelno == level


def test_a_slice_holds_the_lock_while_it_walks() -> None:
    world = world_of_old_images("a.png", apart=True)
    held: list[str | None] = []
    world.images.before("head", lambda: held.append(world.locks.rows["reconcile"].lock.owner))
    walk(world)
    assert held[0] is not None
    assert world.locks.rows["reconcile"].lock.owner is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"marker": 5},
        {"marker": None, "watermark": "yesterday"},
        {"marker": None, "watermark": "2026-01-01"},
        {"marker": None, "following": 7},
        {"marker": None, "again": "a.png"},
        {"marker": None, "so_far": "many"},
        {"marker": None, "missed": []},
    ],
)
def test_a_mark_that_no_release_has_written_begins_a_first_walk_and_stops_none(value: dict[str, object]) -> None:
    world = world_of_old_images("a.png")
    world.marks.insert(world.settings.walk_mark, value)
    assert walk(world) == WalkResult(seen=1, missed=1, complete=True)
    assert walk(world) == WalkResult(seen=1, complete=True)
