from datetime import timedelta

import pytest

from shared.errors import Refused, StorageOut
from shared.rules.actions import Action, Counts
from shared.rules.callers import Caller, Proof
from shared.rules.keys import Role
from tests.doubles.world import World
from tests.unit.acts import raising

ADA = Caller("ada", Role.OPERATOR, Proof.KEY)
IDS = [f"t-{number:032x}" for number in range(12)]


def _rows(world: World) -> list[tuple[Action, Counts | None]]:
    return [(row.new.action, row.counts) for row in world.darkroom.journal.list(limit=9)]


def test_an_action_is_kept_before_it_begins_and_what_came_of_it_behind_it(world: World) -> None:
    with world.darkroom.journal.record(ADA, Action.CANCEL, IDS) as entry:
        assert _rows(world) == [(Action.CANCEL, None)]
        world.clock.advance(2)
        entry.counts = Counts(done=12)
    (row,) = world.darkroom.journal.list(limit=9)
    assert (row.counts, row.ended) == (Counts(done=12), row.new.at + timedelta(seconds=2))
    assert (row.new.who, row.new.role, row.new.ids, [*row.new.first_ids]) == ("ada", Role.OPERATOR, 12, IDS[:10])


def test_the_name_of_a_caller_is_spelled_out_where_it_can_not_be_shown(world: World) -> None:
    with world.darkroom.journal.record(Caller("a\n\u202eb", None, Proof.PRINCIPAL), Action.CANCEL):
        pass
    assert [row.new.who for row in world.darkroom.journal.list(limit=9)] == ["a\\n\\u202eb"]


def test_nothing_begins_that_can_not_be_kept(world: World) -> None:
    world.actions.out = True
    with pytest.raises(StorageOut), world.darkroom.journal.record(ADA, Action.CANCEL, IDS):
        pytest.fail("it has begun")


class Died(BaseException):
    """The process is no more."""


def _act(world: World, error: BaseException) -> None:
    """Act, and end with an error."""
    with world.darkroom.journal.record(ADA, Action.CANCEL, IDS[:1]) as entry:
        entry.counts = Counts(refused=1, codes={"ended": 1})
        raise error


def test_a_refused_action_has_an_end_and_still_raises(world: World) -> None:
    with pytest.raises(Refused):
        _act(world, Refused("ended", "It has ended."))
    assert _rows(world) == [(Action.CANCEL, Counts(refused=1, codes={"ended": 1}))]


def test_a_process_that_dies_in_an_action_leaves_it_without_an_end(world: World) -> None:
    with pytest.raises(Died):
        _act(world, Died())
    assert _rows(world) == [(Action.CANCEL, None)]


def test_an_end_that_can_not_be_kept_is_logged_and_takes_nothing_back(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.darkroom.journal.record(ADA, Action.DELETE, IDS) as entry:
        entry.counts = Counts(done=12)
        world.actions.before("end", raising(StorageOut()))
    assert _rows(world) == [(Action.DELETE, None)]
    assert "end of an action could not be kept" in caplog.text


def test_an_action_is_two_writes(world: World) -> None:
    world.journal.clear()
    with world.darkroom.journal.record(ADA, Action.CANCEL, IDS) as entry:
        entry.counts = Counts()
    assert world.journal == ["actions.insert", "actions.end"]
