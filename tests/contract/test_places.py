"""Where tests run: what a place gives them, and that every port meets Azurite every day."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.places import Place, in_process

HERE = Path(__file__).resolve().parent
#: The fixtures of all ports that have a double.
PORTS = [
    *("jobs", "locks", "life", "images", "listing", "queue"),
    *("poison", "rejections", "marks", "index_bench", "resting"),
]


def _of_every_day() -> Iterator[ast.FunctionDef]:
    """Yield the tests that run on Azurite every day."""
    for file in HERE.glob("test_*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and "pytest.mark.azurite" in map(ast.unparse, node.decorator_list):
                yield node


@pytest.mark.parametrize("port", PORTS)
def test_every_port_meets_azurite_every_day(port: str) -> None:
    assert [test.name for test in _of_every_day() if port in {each.arg for each in test.args.args}]


@pytest.mark.azurite
def test_a_place_is_empty_and_nobody_elses(place: Place) -> None:
    rooms = [each.build().storage for each in (place, place.another())]
    for room in rooms:
        room.create()
    rooms[0].queue.send("hello")
    rooms[0].marks.insert("walk", {})
    assert [(room.queue.backlog(), room.marks.get("walk") is None) for room in rooms] == [(1, False), (0, True)]


def test_time_in_process_passes_for_services_and_clients_alike_and_only_when_it_is_moved() -> None:
    place = in_process()
    darkroom = place.build()
    darkroom.storage.jobs.get(f"image-analysis-{0:032x}")
    before = darkroom.clock.now()
    darkroom.storage.jobs.get(f"image-analysis-{0:032x}")
    assert darkroom.clock.now() == before
    place.go(3_600)
    assert place.account is not None
    assert (darkroom.clock.now(), (darkroom.clock.now() - before).total_seconds()) == (place.account.clock.now(), 3_600)


def test_two_accounts_in_process_know_nothing_of_each_other() -> None:
    first, second = in_process(), in_process()
    first.build().storage.create()
    assert (first.environ == second.environ, second.account and second.account.request_count) == (False, 0)
