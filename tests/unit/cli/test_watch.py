"""What is read again and again."""

from datetime import UTC, datetime

import pytest

from shared.cli.job_list import show_changes
from shared.cli.output import Output
from shared.cli.service import Reply, ServiceDown
from shared.cli.watch import Watch, changes
from shared.runtime import Runtime
from tests.doubles.service import FakeService, answer
from tests.doubles.terminal import notes_of, pipe, terminal, text_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SAME = Reply(304, {"etag": '"1"'})


class _Ends(Exception):
    """The operator has pressed Ctrl-C."""


class _Pauses:
    """Let no time pass, and end after so many pauses."""

    def __init__(self, most: int) -> None:
        self.seconds: list[float] = []
        self._most = most

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self._most:
            raise _Ends


def _page(*states: str, etag: str = '"1"') -> Reply:
    jobs = [{"id": f"t-{n:032x}", "state": state, "ref": f"r{n}"} for n, state in enumerate(states)]
    return answer({"items": jobs}, ETag=etag, etag=etag)


def _watch(*replies: Reply | BaseException) -> tuple[Watch, FakeService, _Pauses]:
    service, pauses = FakeService({"GET /jobs": list(replies)}), _Pauses(len(replies))
    return Watch(service, "/jobs", {"limit": 50}, Runtime(pause=pauses)), service, pauses


def _show(watch: Watch, output: Output, *, as_json: bool = False) -> str:
    with pytest.raises(_Ends):
        show_changes(watch, output, as_json=as_json, wall=lambda: NOW)
    return text_of(output)


def test_it_asks_less_often_while_nothing_changes_and_at_once_after_a_change() -> None:
    watch, service, pauses = _watch(_page("PENDING"), SAME, SAME, SAME, SAME, _page("RUNNING"), SAME)
    _show(watch, pipe())
    assert pauses.seconds == [2, 4, 8, 15, 15, 2, 4]
    assert [call.headers.get("If-None-Match") for call in service.calls] == [None, *['"1"'] * 6]


def test_a_pipe_gets_the_first_list_and_then_only_what_has_changed() -> None:
    watch, _, _ = _watch(
        _page("PENDING", "PENDING"), SAME, _page("PENDING", "COMPLETED"), _page("PENDING", "COMPLETED")
    )
    lines = _show(watch, pipe()).splitlines()
    assert [line.split() for line in lines] == [
        ["id", "state", "age", "reference"],
        [f"t-{0:032x}", "PENDING", "r0"],
        [f"t-{1:032x}", "PENDING", "r1"],
        [f"t-{1:032x}", "COMPLETED", "r1"],
    ]


def test_a_program_gets_an_object_for_each_job_that_has_changed() -> None:
    watch, _, _ = _watch(_page("PENDING", "PENDING"), _page("RUNNING", "PENDING"))
    assert [line.count('"state"') for line in _show(watch, terminal(), as_json=True).splitlines()] == [1, 1, 1]


def test_a_terminal_is_drawn_again_in_place() -> None:
    watch, _, _ = _watch(_page("PENDING"), _page("RUNNING"))
    drawn = _show(watch, terminal())
    assert "12:00:00 UTC" in drawn
    before, after = drawn.split("PENDING")
    assert "RUNNING" not in before
    assert "\x1b[2K" in after  # the lines are taken away, and written restart


def test_a_terminal_is_drawn_again_where_nothing_has_changed_so_that_ages_are_right() -> None:
    once, twice = (_show(_watch(*replies)[0], terminal()) for replies in ([_page("PENDING")], [_page("PENDING"), SAME]))
    assert twice.count("PENDING") == once.count("PENDING") + 1


def test_an_app_that_fails_for_a_while_is_asked_on() -> None:
    watch, _, pauses = _watch(_page("PENDING"), ServiceDown("storage_out: out"), _page("RUNNING"))
    output = pipe()
    assert "RUNNING" in _show(watch, output)
    assert notes_of(output) == "darkroom: storage_out: out\n"
    assert pauses.seconds == [2, 4, 2]
    watch, _, _ = _watch(_page("PENDING"), ServiceDown("storage_out: out"))
    assert "storage_out: out Still trying." in _show(watch, terminal())


def test_a_list_that_was_not_read_to_its_end_says_so() -> None:
    watch, _, _ = _watch(answer({"items": [], "cursor": "c", "complete": False}))
    shown = _show(watch, terminal(120))
    assert "Older jobs were not looked at" in shown
    assert "No job matches." in shown


def test_changes_are_what_is_new_or_differs() -> None:
    assert changes({"a": 1, "b": 2}, {"b": 3, "c": 4, "a": 1}) == [3, 4]


def test_what_an_app_that_fails_says_commands_no_terminal() -> None:
    watch, _, _ = _watch(_page("PENDING"), ServiceDown("http_502: \x1b]0;mine\x07 \u202e"))
    drawn = _show(watch, terminal())
    assert "http_502: \\x1b]0;mine\\x07 \\u202e Still trying." in drawn
    assert [each for each in ("\x1b]", "\x07", "\u202e") if each in drawn] == []
