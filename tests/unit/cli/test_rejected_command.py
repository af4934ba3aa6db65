"""``darkroom rejected``, as an operator meets it; the API is a double."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from shared.cli.main import app
from shared.cli.service import ServiceRefused
from tests.doubles.service import FakeService, answer

NEW, OLD = "1" * 32, "2" * 32
Command = Callable[..., Result]


def _message(identity: str, minute: int, text: str = "cat.png") -> dict[str, object]:
    at = f"2026-01-02T03:0{minute}:05.000Z"
    return {"id": identity, "code": "odd", "message": "Not here.", "at": at, "text": text, "truncated": False}


def _results(*outcomes: tuple[str, str, str | None]) -> dict[str, object]:
    return {"results": [{"id": each, "outcome": done, "code": code, "detail": code} for each, done, code in outcomes]}


@pytest.fixture
def service() -> FakeService:
    """Give two messages; the newer one is first in the list."""
    return FakeService(
        {
            "GET /actions": answer({"items": [], "cursor": None, "as_of": "2026-05-04T12:00:00.000Z"}),
            "GET /rejected": answer({"items": [_message(NEW, 2, "[red]\x1b[2J"), _message(OLD, 1)], "cursor": None}),
            f"GET /rejected/{OLD}": answer(_message(OLD, 1, "{\n\t}")),
            f"GET /rejected/{NEW}": ServiceRefused(404, "no_such_rejected", "No rejected message has this id."),
            "POST /rejected/actions": answer(_results((NEW, "done", None), (OLD, "refused", "rejected"))),
        }
    )


@pytest.fixture
def command(service: FakeService, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Command:
    """Run it, where nobody can answer."""
    for module in ("shared.cli.operate", "shared.cli.by_ids", "shared.cli.connect"):
        monkeypatch.setattr(f"{module}.connect", lambda _: service)
    environ = {"XDG_STATE_HOME": str(tmp_path), "DARKROOM_URL": "https://app.example", "COLUMNS": "400"}
    return lambda *words: CliRunner().invoke(app, ["rejected", *words], env=environ)


def test_a_list_for_people_has_the_newest_last_and_commands_no_terminal(command: Command) -> None:
    rows = [line.split() for line in command().stdout.splitlines()]
    assert rows == [
        ["id", "at", "code", "text"],
        [OLD, "2026-01-02T03:01:05.000Z", "odd", "cat.png"],
        [NEW, "2026-01-02T03:02:05.000Z", "odd", "[red]\\x1b[2J"],
    ]


def test_an_empty_list_says_so_to_people_alone(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = FakeService({"GET /rejected": answer({"items": [], "cursor": None})})
    monkeypatch.setattr("shared.cli.connect.connect", lambda _: empty)
    results = command(), command("--json")
    assert [(result.stdout, result.stderr) for result in results] == [("", "No rejected message matches.\n"), ("", "")]


def test_a_list_for_programs_has_all_that_the_api_has(command: Command) -> None:
    lines = command("--json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [_message(NEW, 2, "[red]\x1b[2J"), _message(OLD, 1)]
    assert "\x1b" not in lines[0]


def test_codes_and_age_are_asked_for_one_list_after_another(command: Command, service: FakeService) -> None:
    command("--code", "odd", "--code", "empty", "--older-than", "90m")
    queries = [(call.query["error"], call.query["older_than_seconds"]) for call in service.calls]
    assert queries == [("odd", 5_400), ("empty", 5_400)]


def test_one_is_shown_with_its_lines(command: Command) -> None:
    assert command(OLD).stdout == "odd (2026-01-02T03:01:05.000Z): Not here.\n\n{\n\\t}\n"


def test_one_that_is_not_there_ends_it_with_1(command: Command) -> None:
    result = command(NEW)
    assert (result.exit_code, result.stderr) == (1, "darkroom: No rejected message has this id.\n")


@pytest.mark.parametrize(("option", "past"), [("--redrive", "redriven"), ("--delete", "deleted")])
def test_all_that_match_are_acted_on_with_a_sum_at_the_end(
    command: Command, service: FakeService, option: str, past: str
) -> None:
    result = command(option, "--code", "odd", "--yes")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "2 rejected messages match.")
    assert f"1 {past}, 1 refused." in result.stdout
    body = service.calls[-1].body
    assert isinstance(body, dict)
    assert (body["action"], body["ids"], body["filter"]) == (option[2:], [NEW, OLD], {"code": ["odd"]})
    assert "as_of" not in body


def test_ids_are_acted_on_with_a_line_each(command: Command) -> None:
    result = command(NEW, OLD, "no", "--delete", "--yes")
    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        [f"{NEW}: deleted", f"{OLD}: rejected", "no: The id of a rejected message must be 32 hex digits."],
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--redrive", "--delete"], "Give --redrive or --delete, not both."),
        ([NEW, "--code", "odd"], "Give ids or filters, not both."),
        ([NEW, OLD], "Give one id to show, or --redrive or --delete."),
        (["--delete"], "Nobody is there to answer a question."),
        (["--older-than", "week"], "must be a whole number"),
    ],
)
def test_wrong_usage_ends_it_with_2(command: Command, service: FakeService, words: list[str], sentence: str) -> None:
    result = command(*words)
    assert (result.exit_code, sentence in result.stderr, service.calls) == (2, True, [])
