"""Whether other flows may wait, by the due rows of the job table."""

import pytest

from shared.rules.flows import flow_of
from shared.steps.intake.add import NewJob
from shared.steps.work import rivals
from tests.doubles.world import World

SLOW = flow_of("images/slow/1.png")


def ask(world: World) -> bool:
    """Ask whether others than the slow flow may wait."""
    return world.darkroom.receive.rivals.may_wait(SLOW)


def test_who_is_recorded_in_another_flow_may_wait_and_the_flow_itself_does_not_count(world: World) -> None:
    world.record_image("slow/1.png")
    assert not ask(world)
    world.clock.advance(rivals.HOLDS)
    world.record_image("quick/1.png")
    assert ask(world)


def test_who_has_ended_does_not_wait(world: World) -> None:
    world.darkroom.attempt.run(world.record_image("quick/1.png"), owner="queue/1")
    assert not ask(world)


def test_an_answer_holds_for_five_seconds(world: World) -> None:
    ask(world)
    world.record_image("quick/1.png")
    world.clock.advance(rivals.HOLDS - 0.1)
    assert not ask(world)
    world.clock.advance(0.2)
    assert ask(world)


def test_an_answer_holds_for_a_second_a_query_where_that_is_longer() -> None:
    world = World(JOB_BUCKETS="16")
    world.journal.clear()
    ask(world)
    world.clock.advance(15.9)
    ask(world)
    assert world.journal == ["jobs.due"] * 16
    world.clock.advance(0.2)
    ask(world)
    assert world.journal == ["jobs.due"] * 32


def test_while_the_table_is_out_others_may_wait(world: World) -> None:
    world.jobs.out = True
    assert ask(world)


@pytest.mark.parametrize(("count", "waits"), [(7, False), (8, True)])
def test_a_long_flow_is_read_page_by_page_and_where_it_is_too_long_others_may_wait(
    monkeypatch: pytest.MonkeyPatch, count: int, *, waits: bool
) -> None:
    monkeypatch.setattr(rivals, "LIMIT", 2)
    world = World(JOB_BUCKETS="1")
    for number in range(count):
        world.record_image(f"slow/{number}.png")
        world.clock.advance(0.1)
    assert ask(world) is waits


def test_jobs_of_other_types_that_messages_start_may_wait_too() -> None:
    world = World({"echo": lambda _: None})
    world.darkroom.add.add(NewJob(kind="echo", ref="a", params={}, unique=False))
    assert ask(world)
