"""``darkroom cancel``, ``redrive`` and ``delete``, as an operator meets them; the API is a double."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from shared.cli.ledger_file import LedgerFile
from tests.unit.cli.jobs_service import JobsService

JOBS = 7
Command = Callable[..., Result]
ALL = ("redrive", "--state", "FAILED")


def _sum(service: JobsService) -> list[int]:
    return [service.acts[each] for each in service.ids]


def test_it_says_how_many_match_shows_the_first_asks_and_sums_up(
    command: Command, service: JobsService, tmp_path: Path
) -> None:
    result = command(*ALL, types="y\n")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "7 jobs match."
    assert [line.split()[0] for line in lines[1:7]] == ["id", *service.ids[:5]]
    assert lines[7] == "… and 2 more"
    assert lines[8] == "6 redriven, 1 refused."
    assert lines[10].split() == ["1", "outdated", "outdated."]
    assert result.stderr == "Redrive 7 jobs? [y/N]: "
    assert list(tmp_path.rglob("*.*")) == []


def test_an_operator_who_says_no_has_nothing_done_and_nothing_to_go_on_with(
    command: Command, service: JobsService, tmp_path: Path
) -> None:
    result = command(*ALL, types="n\n")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "Nothing was done.")
    assert (_sum(service), list(tmp_path.rglob("*.*"))) == ([0] * JOBS, [])


def test_a_question_stands_among_no_lines_for_programs_and_is_asked_again_until_it_is_answered(
    command: Command,
) -> None:
    result = command(*ALL, "--json", types="what?\nY\n")
    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == ["done"] * 6 + ["refused"]
    assert "Redrive 7 jobs? [y/N]: Answer y or n.\nRedrive 7 jobs? [y/N]: " in result.stderr


@pytest.mark.parametrize("line", [ALL, ("delete", f"t-{0:032x}")])
def test_no_answer_is_no(command: Command, service: JobsService, line: tuple[str, ...]) -> None:
    assert command(*line, types="").exit_code == 1
    assert [path for path, _ in service.calls if path.endswith("/actions") and path != "/actions"] == []


def test_where_nobody_can_answer_it_wants_yes_and_asks_the_service_for_nothing(
    command: Command, service: JobsService
) -> None:
    result = command(*ALL)
    assert (result.exit_code, "--yes" in result.stderr, service.calls) == (2, True, [])
    assert command(*ALL, "--yes").exit_code == 1
    assert _sum(service) == [1] * 6 + [0]


def test_a_dry_run_changes_nothing(command: Command, service: JobsService, tmp_path: Path) -> None:
    result = command(*ALL, "--dry-run")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "7 jobs match.")
    assert {path for path, _ in service.calls} == {"/actions", "/jobs"}
    assert list(tmp_path.rglob("*.*")) == []


def test_where_nothing_matches_it_says_so_and_all_is_well(command: Command, service: JobsService) -> None:
    service.ids = []
    result = command(*ALL, "--yes")
    assert (result.exit_code, result.stdout) == (0, "Nothing matches.\n")


def test_programs_get_a_line_for_each_job_and_people_the_rest(command: Command, service: JobsService) -> None:
    result = command(*ALL, "--yes", "--json")
    results = [json.loads(line) for line in result.stdout.splitlines()]
    assert {one["id"]: one["outcome"] for one in results} == dict.fromkeys(service.ids[:6], "done") | {
        service.ids[6]: "refused"
    }
    assert "6 redriven, 1 refused." in result.stderr


def test_while_another_process_is_at_it_nothing_is_called(
    command: Command, service: JobsService, tmp_path: Path
) -> None:
    place, filters = tmp_path / "darkroom" / "operations", {"state": "FAILED"}
    with LedgerFile(place, "https://app.example", "/jobs/actions:redrive", filters):
        result = command(*ALL, "--yes")
    assert (result.exit_code, service.calls) == (1, [])
    assert result.stderr == "darkroom: Another process is at this operation. Wait until it is done.\n"


def test_it_calls_once_for_the_time_once_a_page_and_once_a_batch(command: Command, service: JobsService) -> None:
    command(*ALL, "--yes")
    assert Counter(path for path, _ in service.calls) == {"/actions": 1, "/jobs": 2, "/jobs/actions": 3}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["cancel"], "Give ids of jobs, or filters"),
        (["cancel", "--state", "FAILED"], "Only jobs in PENDING or RUNNING can be canceled."),
        (["delete", "--state", "RUNNING", "--yes"], "can be deleted."),
        (["redrive", f"t-{0:032x}", "--type", "t"], "Give ids or filters, not both."),
        (["redrive", f"t-{0:032x}", "--dry-run"], "Ids match themselves."),
        (["redrive", "--since", "yesterday"], "Invalid value for '--since': must be an age such as 90m"),
        (["delete", f"t-{0:032x}"], "Nobody is there to answer a question. Give --yes."),
    ],
)
def test_wrong_usage_ends_it_with_2_and_says_what_to_do(
    command: Command, service: JobsService, words: list[str], sentence: str
) -> None:
    result = command(*words)
    assert (result.exit_code, sentence in result.stderr, service.calls) == (2, True, [])


def test_ids_are_acted_on_without_a_list_and_a_journal(command: Command, service: JobsService, tmp_path: Path) -> None:
    first, last = service.ids[0], service.ids[-1]
    result = command("redrive", last, first, first)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [f"{last}: outdated.", f"{first}: redriven"]
    assert [path for path, _ in service.calls] == ["/actions", "/jobs/actions"]
    assert list(tmp_path.rglob("*.*")) == []


def test_an_image_stands_for_the_job_of_its_newest_version(command: Command, service: JobsService) -> None:
    first, second, *_ = service.ids
    result = command("redrive", f"{first}.png", f"images/{second}.png", first, "none.png")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{first}.png: redriven",
        f"images/{second}.png: redriven",
        f"{first}: redriven",
        "none.png: No image is recorded under this name, and it is no id of a job or an image.",
    ]
    assert [body["ids"] for path, body in service.calls if path == "/jobs/actions"] == [[first, second]]


def test_each_call_names_the_operation_its_beginning_and_its_filters(command: Command, service: JobsService) -> None:
    command("redrive", "--error", "odd", "--since", "2h", "--yes")
    bodies = [body for path, body in service.calls if path == "/jobs/actions"]
    assert len({body["operation"] for body in bodies}) == 1
    assert {body["as_of"] for body in bodies} == {"2026-05-04T12:00:00.000Z"}
    assert bodies[0]["filter"] == {"error": "odd", "since": "2h"}
