import pytest

from shared.errors import InvalidReference, Refused, StorageOut
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.external_jobs import KIND
from tests.unit.test_add import add


def test_a_type_is_noted_before_its_first_job(world: World) -> None:
    add(world)
    assert world.journal == ["index.types", "index.insert_type", "jobs.insert"]
    assert world.index.types() == [KIND]


def test_a_type_that_is_known_is_not_asked_for_again(world: World) -> None:
    add(world)
    world.journal.clear()
    add(world, ref="b")
    assert world.journal == ["jobs.insert"]


def test_a_type_that_another_process_has_noted_is_noted_again_since_it_may_be_about_to_go(world: World) -> None:
    world.index.insert_type(KIND)
    world.journal.clear()
    add(world)
    assert world.journal == ["index.types", "index.insert_type", "jobs.insert"]


def test_a_type_that_could_not_be_noted_has_no_job(world: World) -> None:
    world.index.out = True
    with pytest.raises(StorageOut):
        add(world)
    assert world.jobs.table.jobs == {}


def test_a_type_whose_note_failed_is_noted_at_the_next_add(world: World) -> None:
    world.index.before("insert_type", raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        add(world)
    add(world)
    assert world.index.types() == [KIND]


def test_there_are_no_more_types_than_the_settings_allow() -> None:
    world = World(MAX_JOB_TYPES="2")
    for kind in ("a", "b"):
        add(world, kind=kind)
    with pytest.raises(Refused, match="There are already 2 types") as met:
        add(world, kind="c")
    assert (met.value.code, world.index.types()) == ("too_many_types", ["a", "b"])
    assert len(world.jobs.table.jobs) == 2


def test_types_of_other_processes_count_too() -> None:
    world = World(MAX_JOB_TYPES="2")
    add(world, kind="a")
    world.index.insert_type("b")
    with pytest.raises(Refused):
        add(world, kind="c")


def test_at_the_limit_jobs_of_known_types_are_added_as_ever() -> None:
    world = World(MAX_JOB_TYPES="1")
    assert [add(world).created, add(world, ref="b").created] == [True, True]


def test_images_are_not_added(world: World) -> None:
    with pytest.raises(Refused, match="POST /images") as met:
        add(world, kind=world.settings.image_type)
    assert (met.value.code, world.journal) == ("wrong_type", [])


@pytest.mark.parametrize("kind", ["", "Word", "word_count", "a" * 32])
def test_a_type_of_another_form_is_refused_and_not_noted(world: World, kind: str) -> None:
    with pytest.raises(InvalidReference):
        add(world, kind=kind)
    assert world.index.types() == []
