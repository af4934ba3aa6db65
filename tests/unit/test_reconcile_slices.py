import pytest

from shared.errors import StorageOut
from shared.ports.marks import Mark
from shared.steps.upkeep.position import Position
from shared.steps.upkeep.reconcile import WalkResult
from tests.doubles.walks import job_names, walk, world_of_old_images
from tests.doubles.world import World
from tests.unit.acts import raising


def test_nothing_is_begun_when_the_budget_is_over() -> None:
    world = world_of_old_images("a.png", "b.png", "c.png", apart=True)
    world.images.before("head", int, lambda: world.clock.advance(120))
    assert walk(world) == WalkResult(seen=3, missed=2, complete=False)
    assert job_names(world) == ["a.png", "b.png"]


def test_no_page_is_begun_when_the_budget_is_over() -> None:
    world = world_of_old_images("a.png", "b.png", "c.png")
    world.listing.most = 2
    world.marks.before("insert", lambda: world.clock.advance(120))
    assert walk(world) == WalkResult(seen=2, missed=2, complete=False)


def test_slices_skip_no_image_and_record_none_twice() -> None:
    names = [f"{number:02}.png" for number in range(20)]
    world = world_of_old_images(*names, apart=True)
    world.listing.most = 3
    slices = list[WalkResult]()
    while not (slices and slices[-1].complete):
        world.images.before("head", int, int, int, lambda: world.clock.advance(120))
        slices.append(walk(world))
        world.images._acts.clear()
    assert (len(slices), sum(one.missed for one in slices)) == (5, 20)
    assert job_names(world) == names


def test_the_next_slice_goes_on_where_the_last_one_ended() -> None:
    world = world_of_old_images("a.png", "b.png", "c.png")
    world.listing.most = 1
    world.marks.before("replace", lambda: world.clock.advance(120))
    assert walk(world).seen == 2
    assert walk(world) == WalkResult(seen=1, missed=1, complete=True)


def test_a_slice_beside_another_does_nothing() -> None:
    world = world_of_old_images("a.png")
    with world.another().lock.try_acquire("reconcile", owner="timer/2"):
        world.journal.clear()
        assert walk(world) == WalkResult(locked_out=True)
    assert {call.partition(".")[0] for call in world.journal} == {"locks"}


def test_nothing_is_begun_when_the_lock_is_lost() -> None:
    world = world_of_old_images("a.png", "b.png", apart=True, LEASE_SECONDS="30")
    world.images.before("head", lambda: world.clock.advance(29))
    assert walk(world) == WalkResult(seen=2, missed=1, complete=False)


def test_a_walk_whose_mark_another_has_moved_ends() -> None:
    world = world_of_old_images("a.png", "b.png")
    world.listing.most = 1
    rival = Mark("reconcile:images", Position().value, "rival")
    world.marks.before("insert", lambda: world.marks.rows.update({rival.name: rival}))
    assert walk(world) == WalkResult(seen=1, missed=1, complete=False)
    assert world.marks.rows == {rival.name: rival}


class _Mortal(list[str]):
    """A journal that notes so many calls; whoever makes a later one is dead."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._calls = calls

    def append(self, call: str) -> None:
        if len(self) >= self._calls:
            raise StorageOut("dead")
        super().append(call)


def _three_on_two_pages(*, apart: bool, pages: int) -> World:
    world = world_of_old_images("a.png", "b.png", "c.png", apart=apart, JOB_BUCKETS="1")
    world.listing.most, world.darkroom.reconcile.pages = 2, pages
    return world


@pytest.mark.parametrize(("apart", "pages"), [(True, 1), (False, 1), (False, 2)])
def test_a_death_after_any_call_loses_no_image_and_records_none_twice(*, apart: bool, pages: int) -> None:
    unharmed = _three_on_two_pages(apart=apart, pages=pages)
    walk(unharmed)
    for calls in range(len(unharmed.journal)):
        world = _three_on_two_pages(apart=apart, pages=pages)
        doors = (world.jobs, world.locks, world.images, world.queue, world.listing, world.marks)
        journal = _Mortal(calls)
        for door in doors:
            door.journal = journal
        with pytest.raises(StorageOut):
            walk(world)
        for door in doors:
            door.journal = []
        world.lapse()
        assert walk(world).complete
        assert job_names(world) == ["a.png", "b.png", "c.png"], f"died after {calls} calls"


def test_an_image_that_raises_keeps_no_other_from_its_turn() -> None:
    world = world_of_old_images("a.png", "b.png", "c.png", apart=True)
    world.listing.most = 2
    world.images.before("head", raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        walk(world)
    assert job_names(world) == ["b.png", "c.png"]


def test_the_next_walk_looks_again_at_an_image_that_raised() -> None:
    world = world_of_old_images("a.png", apart=True)
    world.clock.advance(86_400)
    world.upload("b.png")
    world.clock.advance(86_400)
    world.images.before("head", raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        walk(world)
    assert walk(world) == WalkResult(seen=2, missed=1, complete=True)
    assert job_names(world) == ["a.png", "b.png"]


def test_an_image_that_always_raises_holds_no_later_page_up() -> None:
    world = world_of_old_images("a.png", "b.png", apart=True)
    world.listing.most = 1
    for number in range(3):
        world.images.before("head", raising(StorageOut("out")))
        world.upload(f"c{number}.png")
        world.clock.advance(86_400)
        with pytest.raises(StorageOut):
            walk(world)
    assert job_names(world) == ["b.png", "c0.png", "c1.png", "c2.png"]


def test_an_outage_of_the_table_moves_no_mark() -> None:
    world = world_of_old_images("a.png")
    world.jobs.out = True
    world.marks.out = True
    with pytest.raises(StorageOut):
        walk(world)
    assert world.marks.rows == {}
