"""Images that a walk records many at once: what it calls, in which order, and what goes its own way."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.errors import ContentRefused, DarkroomError, OneRefused, StorageOut, TooLarge, Undecided
from shared.ports.jobs import MOST_TOGETHER
from shared.rules.images import ImageRef
from shared.rules.jobs import Job, State
from shared.steps.upkeep.reconcile import PAGES, WalkResult
from tests.doubles.walks import GRACE, job_names, walk, world_of_old_images
from tests.doubles.world import World
from tests.unit.acts import raising

LOOK, TOGETHER, SEND = "jobs.key", "jobs.insert_many", "queue.send"
ONE_BY_ONE = ["images.head", "jobs.insert", SEND]
FIVE = ["a.png", "b.png", "c.png", "d.png", "e.png"]


def world_of_one_bucket(*names: str, recorded: str = "") -> World:
    """Upload images that share a bucket, some of which an event has announced."""
    world = world_of_old_images(*names, JOB_BUCKETS="1")
    for letter in recorded:
        world.darkroom.record.record(ImageRef("images", f"{letter}.png"))
    return world


def calls(world: World) -> list[str]:
    """Walk; return what was called to record."""
    world.journal.clear()
    walk(world)
    return [call for call in world.journal if call.startswith(("jobs.", "images.", "queue."))]


def jobs_by_name(world: World) -> dict[str, Job]:
    """Return all jobs by the names of their images."""
    return {row.job.ref: row.job for row in world.jobs.table.jobs.values()}


def test_images_of_one_bucket_take_a_look_a_transaction_and_a_message_each() -> None:
    assert calls(world_of_one_bucket(*FIVE)) == [LOOK, TOGETHER, *[SEND] * 5]


def test_no_more_are_recorded_together_than_a_transaction_takes() -> None:
    world = world_of_one_bucket(*(f"{number:02}.png" for number in range(MOST_TOGETHER + 1)))
    assert calls(world) == [LOOK, LOOK, TOGETHER, *[SEND] * MOST_TOGETHER, TOGETHER, SEND]


def test_images_of_different_buckets_are_recorded_apart() -> None:
    world = world_of_old_images(*FIVE, JOB_BUCKETS="256")
    assert calls(world) == [*[LOOK] * 5, *[TOGETHER, SEND] * 5]


def test_where_the_first_of_a_group_is_recorded_each_is_looked_at_once_and_what_is_new_goes_together() -> None:
    assert calls(world_of_one_bucket(*FIVE, recorded="abcde")) == [LOOK] * 5
    assert calls(world_of_one_bucket(*FIVE, recorded="ab")) == [*[LOOK] * 5, TOGETHER, *[SEND] * 3]


def test_one_that_is_refused_is_looked_at_and_the_rest_is_recorded_by_a_second_transaction() -> None:
    world = world_of_one_bucket(*FIVE, recorded="c")
    assert calls(world) == [LOOK, TOGETHER, TOGETHER, *[SEND] * 4, LOOK]
    assert job_names(world) == FIVE


def test_after_a_second_refusal_each_is_looked_at_and_what_is_new_goes_together() -> None:
    world = world_of_one_bucket(*FIVE, recorded="ce")
    assert calls(world) == [LOOK, TOGETHER, TOGETHER, *[LOOK] * 5, TOGETHER, *[SEND] * 3]
    assert job_names(world) == FIVE


@pytest.mark.parametrize(
    "error", [Undecided("no answer"), StorageOut("out"), ContentRefused("TooManyProperties"), TooLarge("params", "")]
)
def test_images_of_which_nobody_knows_whether_they_were_recorded_go_their_own_way(error: DarkroomError) -> None:
    world = world_of_one_bucket("a.png", "b.png")
    world.jobs.before("insert_many", raising(error))
    assert calls(world) == [LOOK, TOGETHER, *ONE_BY_ONE * 2]
    assert job_names(world) == ["a.png", "b.png"]


def test_images_that_are_refused_again_and_again_go_their_own_way() -> None:
    world = world_of_one_bucket("a.png", "b.png")
    refusals = [raising(OneRefused(job)) for job in (f"image-analysis-{number:032x}" for number in range(4))]
    world.jobs.before("insert_many", *refusals)
    assert calls(world) == [LOOK, TOGETHER, TOGETHER, LOOK, LOOK, TOGETHER, TOGETHER, *ONE_BY_ONE * 2]


def test_what_was_recorded_without_an_answer_is_neither_recorded_nor_announced_again() -> None:
    world = world_of_one_bucket("a.png", "b.png")
    insert = world.jobs.insert_many

    def lose(moves: object) -> None:
        insert(moves)  # type: ignore[arg-type] # as it is called
        raise Undecided("no answer in time")

    world.jobs.insert_many = lose  # type: ignore[method-assign] # of this test alone
    assert walk(world) == WalkResult(seen=2, missed=0, complete=True)
    assert (job_names(world), world.queue.messages) == (["a.png", "b.png"], [])
    assert all(job.due is not None for job in jobs_by_name(world).values())


def test_an_event_that_comes_between_the_look_and_the_transaction_is_first() -> None:
    world = world_of_one_bucket(*FIVE)
    world.jobs.before("insert_many", lambda: world.darkroom.record.record(ImageRef("images", "c.png")))
    assert walk(world) == WalkResult(seen=5, missed=4, complete=True)
    assert (job_names(world), len(world.queue.messages)) == (FIVE, 5)


def _mark(**facts: object) -> Callable[[World], None]:
    return lambda world: world.images.mark(ImageRef("images", "b.png"), **facts)


LATER = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        _mark(archived=True),
        _mark(tier_changed_at=LATER),
        _mark(size_bytes=0),
        lambda world: world.upload("b.png", b""),
    ],
    ids=["archived", "tier", "empty", "folder"],
)
def test_a_blob_of_which_a_list_does_not_tell_all_goes_its_own_way(change: Callable[[World], None]) -> None:
    world = world_of_one_bucket("a.png", "b.png")
    change(world)
    world.clock.advance(GRACE.total_seconds())
    assert calls(world) == [LOOK, TOGETHER, SEND, LOOK, *ONE_BY_ONE]


def test_a_newer_version_goes_its_own_way() -> None:
    world = world_of_one_bucket("a.png", "b.png", recorded="b")
    world.upload("b.png")
    world.clock.advance(GRACE.total_seconds())
    assert walk(world).missed == 2
    assert sorted(row.job.state for row in world.jobs.table.jobs.values()) == [State.CANCELED, *[State.PENDING] * 2]


def test_an_image_has_the_same_row_as_its_event_would_have_written() -> None:
    worlds = [world_of_one_bucket(*FIVE) for _ in range(2)]
    walk(worlds[0])
    for name in FIVE:
        worlds[1].darkroom.record.record_event(f"images/{name}")
    ours, theirs = ({ref: replace(job, add_nonce="") for ref, job in jobs_by_name(world).items()} for world in worlds)
    assert ours == theirs
    assert len({job.add_nonce for job in jobs_by_name(worlds[0]).values()}) == 1


def test_each_image_is_told_in_the_log_and_counted_as_missed(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of_one_bucket(*FIVE)
    with caplog.at_level(logging.INFO, logger="darkroom"):
        walk(world)
    events = [json.loads(line) for line in caplog.messages]
    recorded = {(event["job"], event["ref"]) for event in events if event["event"] == "job recorded"}
    assert recorded == {(job.id, ref) for ref, job in jobs_by_name(world).items()}
    assert (events[-1]["missed"], caplog.records[-1].levelno) == (5, logging.WARNING)


def test_images_whose_messages_were_never_sent_are_brought_by_their_due_rows() -> None:
    world = world_of_one_bucket(*FIVE)
    world.queue.before("send", *[raising(SystemExit())] * 5)
    with pytest.raises(SystemExit):
        walk(world)
    world.lapse()
    world.clock.advance(world.settings.grace.total_seconds())
    world.darkroom.sweep.sweep(owner="timer/2")
    assert {job.state for job in jobs_by_name(world).values()} == {State.COMPLETED}


def test_the_mark_moves_once_behind_all_pages_that_were_listed_together() -> None:
    world = world_of_one_bucket(*FIVE)
    world.listing.most, world.darkroom.reconcile.pages = 1, PAGES
    world.journal.clear()
    assert walk(world) == WalkResult(seen=5, missed=5, complete=True)
    assert [call for call in world.journal if not call.startswith(("locks.", SEND))] == [
        *("marks.get", *["listing.page"] * 4, LOOK, TOGETHER, "marks.insert"),
        *("listing.page", LOOK, TOGETHER, "marks.replace"),
    ]


def test_a_mark_moves_behind_the_pages_whose_images_had_their_turn_when_the_budget_ends() -> None:
    world = world_of_old_images(*FIVE, apart=True)
    world.listing.most, world.darkroom.reconcile.pages = 2, PAGES
    world.images.before("head", int, int, int, lambda: world.clock.advance(120))
    assert walk(world) == WalkResult(seen=5, missed=4, complete=False)
    (mark,) = world.marks.rows.values()
    assert (mark.value["marker"], mark.value["so_far"]) == ("e.png", 4)
    assert walk(world) == WalkResult(seen=1, missed=1, complete=True)


def test_nothing_is_begun_for_a_group_when_the_budget_is_over_and_the_next_slice_goes_on() -> None:
    world = world_of_old_images(*FIVE, JOB_BUCKETS="256")
    world.jobs.before("insert_many", int, lambda: world.clock.advance(120))
    assert walk(world) == WalkResult(seen=5, missed=2, complete=False)
    assert world.marks.rows == {}
    assert walk(world) == WalkResult(seen=5, missed=3, complete=True)
    assert job_names(world) == FIVE
