from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import StorageOut
from shared.ports.actions import NewAction
from shared.ports.rejections import RejectedMessage
from shared.rules.actions import Action
from shared.steps.upkeep.forget import ForgetResult
from shared.steps.upkeep.purge import PurgeResult
from tests.doubles.world import World

DAY = 86_400.0


def _reject(world: World, *texts: str, code: str = "blob_not_found") -> None:
    for text in texts:
        world.rejections.reject(text, code=code, message="There is none.")


def _find(world: World, **picked: Any) -> list[str]:  # noqa: ANN401 - passed on
    return sorted(row.text for page in world.darkroom.forget.find(**picked) for row in page)


def _names(count: int) -> list[str]:
    return [f"{number}.png" for number in range(count)]


def test_texts_are_found_by_their_code_and_their_age(world: World) -> None:
    _reject(world, "old")
    _reject(world, "deep", code="too_deep")
    world.clock.advance(2 * DAY)
    _reject(world, "young")
    assert _find(world) == ["deep", "old", "young"]
    assert _find(world, codes={"blob_not_found"}) == ["old", "young"]
    assert _find(world, older_than=timedelta(days=1)) == ["deep", "old"]
    assert _find(world, older_than=timedelta(days=1), codes={"too_deep", "empty"}) == ["deep"]


def test_a_rejection_of_the_same_text_makes_it_young_again(world: World) -> None:
    _reject(world, "cat.png")
    world.clock.advance(2 * DAY)
    _reject(world, "cat.png")
    assert _find(world, older_than=timedelta(days=1)) == []


def test_texts_of_several_pages_are_found_and_forgotten_a_hundred_at_once(world: World) -> None:
    _reject(world, *_names(250))
    world.journal.clear()
    assert replace(world.darkroom.forget, page=120).forget(world.darkroom.forget.find()) == ForgetResult(texts=250)
    assert (world.rejections.rows, world.journal.count("rejections.forget")) == ({}, 3)


def test_a_text_that_is_rejected_once_more_meanwhile_is_kept(world: World) -> None:
    _reject(world, "cat.png", "dog.png")
    world.rejections.before("forget", lambda: _reject(world, "cat.png"))
    assert world.darkroom.forget.forget(world.darkroom.forget.find()) == ForgetResult(texts=1, rejected_again=1)
    assert list(world.rejections.rows) == ["cat.png"]


def test_nothing_is_begun_when_the_time_is_over(world: World) -> None:
    _reject(world, *_names(150))
    stops = iter([False, True])
    assert world.darkroom.forget.forget(world.darkroom.forget.find(), stop=lambda: next(stops)) == ForgetResult(
        texts=100, has_more=True
    )
    assert len(world.rejections.rows) == 50


def test_pages_in_which_nothing_is_picked_take_time_as_well(world: World) -> None:
    _reject(world, *_names(30))
    pages = replace(world.darkroom.forget, page=10).find(codes={"too_deep"})
    world.journal.clear()
    assert world.darkroom.forget.forget(pages, stop=lambda: True) == ForgetResult(has_more=True)
    assert world.journal == ["rejections.list"]


@pytest.mark.case("security H3", was="10,000 rows that nothing removes")
def test_a_rejected_message_goes_when_its_retention_is_over_and_no_sooner() -> None:
    world = World(RETENTION_REJECTED_DAYS="7")
    _reject(world, *_names(120))
    world.clock.advance(7 * DAY - 5)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult()
    world.clock.advance(10)
    assert world.darkroom.purge.purge(owner="timer/2") == PurgeResult(rejected=120)
    assert world.rejections.rows == {}


def test_a_purge_of_jobs_up_to_a_moment_leaves_rejected_messages_alone() -> None:
    world = World(RETENTION_REJECTED_DAYS="0")
    _reject(world, "cat.png")
    assert world.darkroom.purge.purge(owner="timer/1", before={}).rejected == 0
    assert len(world.rejections.rows) == 1


def test_a_flood_of_rejected_messages_takes_no_more_than_half_of_a_purge() -> None:
    world = World(PURGE_BUDGET_SECONDS="10", RETENTION_COMPLETED_DAYS="1")
    world.darkroom.attempt.run(world.record_image(), owner="queue/1")
    _reject(world, *_names(300))
    world.clock.advance(31 * DAY)
    world.rejections.before("forget", lambda: world.clock.advance(6))
    done = world.darkroom.purge.purge(owner="timer/1")
    assert (done.rejected, done.jobs, done.left) == (100, 1, True)


def test_an_outage_raises_and_forgets_nothing(world: World) -> None:
    _reject(world, "cat.png")
    world.rejections.out = True
    with pytest.raises(StorageOut):
        world.darkroom.forget.forget([[_row(world)]])
    assert len(world.rejections.rows) == 1


def _row(world: World) -> RejectedMessage:
    return next(iter(world.rejections.rows.values()))


def _act(world: World, *, days: float = 0.0) -> None:
    at = world.clock.server.now() - timedelta(days=days)
    world.actions.insert(NewAction(at=at, who="ada", role=None, action=Action.CANCEL))


def _left_actions(world: World) -> list[float]:
    now = world.clock.server.now()
    return [(now - row.new.at) / timedelta(days=1) for row in world.actions.list(limit=1_000)]


def test_actions_past_their_retention_go_with_a_purge(world: World) -> None:
    for days in (1, 89, 90, 91, 100):
        _act(world, days=days)
    assert world.darkroom.purge.purge(owner="timer/1") == PurgeResult(actions=2)
    assert _left_actions(world) == [1, 89, 90]


def test_a_purge_of_certain_jobs_leaves_actions(world: World) -> None:
    _act(world, days=100)
    assert world.darkroom.purge.purge(owner="http/1", before={}) == PurgeResult()


def test_actions_of_several_pages_are_forgotten_a_hundred_at_once(world: World) -> None:
    for number in range(250):
        _act(world, days=100 + number / 1000)
    forget = replace(world.darkroom.purge.forget_actions, page=120)
    world.journal.clear()
    assert forget.forget(older_than=timedelta(days=90), stop=lambda: False) == (250, False)
    assert world.journal == [f"actions.{call}" for call in ("old", "forget", "forget") * 2 + ("old", "forget")]


def test_actions_that_a_purge_has_no_time_for_go_with_the_next(world: World) -> None:
    for number in range(150):
        _act(world, days=100 + number / 1000)
    world.actions.before("forget", lambda: world.clock.advance(61))
    first, second = (world.darkroom.purge.purge(owner=f"timer/{number}") for number in range(2))
    assert [(done.actions, done.left) for done in (first, second)] == [(100, True), (50, False)]
