import re
from types import MappingProxyType
from typing import Any

import pytest

from shared.handlers import Completion, FailJob
from shared.rules.jobs import State
from shared.steps.work.attempt import End
from tests.unit.acts import raising, returning
from tests.unit.handler_jobs import HandlerWorld


@pytest.mark.parametrize(
    ("returned", "report", "thumbnail"),
    [
        ({"words": 2}, {"words": 2}, None),
        (MappingProxyType({"words": 2}), {"words": 2}, None),
        (None, {}, None),
        ({}, {}, None),
        (Completion({"words": 2}), {"words": 2}, None),
        (Completion({}, thumbnail=b"small"), {}, b"small"),
    ],
)
def test_what_a_handler_returns_is_committed(returned: Any, report: Any, thumbnail: bytes | None) -> None:  # noqa: ANN401
    world = HandlerWorld(returning(returned))
    assert world.work() is End.COMPLETED
    assert (world.job().state, world.job().report, world.job().thumbnail) == (State.COMPLETED, report, thumbnail)


@pytest.mark.parametrize(
    "result",
    [
        {"x": object()},
        {"x": float("nan")},
        {"x": "\ud800"},
        {"x": {1, 2}},
        {("a", "b"): 1},
        {1},
        [1],
        [],
        0,
        "words",
        Completion([1]),  # type: ignore[arg-type] # that is the point
    ],
)
def test_a_result_that_is_no_json_fails_the_job(result: Any) -> None:  # noqa: ANN401
    world = HandlerWorld(returning(result))
    assert world.work() is End.FAILED
    assert world.error is not None
    assert (world.job().state, world.error[0], world.job().report) == (State.FAILED, "result_no_json", None)


def test_a_result_that_contains_itself_or_is_too_deep_fails_the_job() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    itself: dict[str, Any] = {}
    itself["self"] = itself
    for result in ({"x": deep}, itself):
        world = HandlerWorld(returning(result))
        assert world.work() is End.FAILED
        assert world.error is not None
        assert world.error[0] == "result_no_json"


@pytest.mark.parametrize("done", [{"x": "y" * 32_768}, Completion({}, thumbnail=bytes(65_537))])
def test_a_result_that_no_row_holds_fails_the_job(done: Any) -> None:  # noqa: ANN401
    world = HandlerWorld(returning(done))
    assert world.work() is End.FAILED
    assert world.error is not None
    assert (world.job().state, world.error[0]) == (State.FAILED, "result_too_large")
    assert re.fullmatch("The handler's (result|thumbnail) must have at most [^.]+, not [0-9,]+[.]", world.error[1])


def test_the_largest_result_and_thumbnail_are_committed() -> None:
    world = HandlerWorld(returning(Completion({"x": "y" * (32_768 - len('{"x":""}'))}, thumbnail=bytes(65_536))))
    assert world.work() is End.COMPLETED


def test_a_message_that_is_no_unicode_is_told_as_far_as_it_can_be() -> None:
    world = HandlerWorld(raising(FailJob("no_file", "There is no \udcff.")))
    assert world.work() is End.FAILED
    assert world.error == ("no_file", "There is no \\udcff.")
