"""Commands that read, over the API in process."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from tests.contract.verify_bench import VerifyBench

JOB = f"image-analysis-{0:032x}"


def _lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_jobs_are_listed_for_people_and_programs(command: Callable[..., Result], bench: VerifyBench) -> None:
    ids = {bench.record(name).job.id for name in ("cat.png", "dog.png")}
    table = command("jobs")
    assert table.exit_code == 0, table.stderr
    assert all(job_id in table.stdout for job_id in ids)
    assert {line["id"] for line in _lines(command("jobs", "--json"))} == ids


def test_jobs_are_filtered_by_every_option(command: Callable[..., Result], bench: VerifyBench) -> None:
    job = bench.record("cat.png").job
    bench.darkroom.cancel.cancel(bench.record("dog.png").job.id)
    for words, count in (
        (["--state", "pending"], 1),
        (["--error", "canceled"], 1),
        (["--ref", job.ref], 1),
        (["--type", "word-count"], 0),
        (["--since", "1970-01-02T00:00:00Z"], 2),
        (["--until", "1970-01-02T00:00:00Z"], 0),
        (["--flag", "gps"], 0),
        (["--limit", "1"], 1),
    ):
        assert len(_lines(command("jobs", "--json", *words))) == count, words


@pytest.mark.parametrize(
    ("words", "option"),
    [(["--error", "No code"], "--error"), (["--since", "soon"], "--since"), (["--limit", "0"], "--limit")],
)
def test_an_option_that_cannot_be_used_ends_it_with_two_and_is_named(
    command: Callable[..., Result], words: list[str], option: str
) -> None:
    result = command("jobs", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert option in result.stderr


def test_a_job_is_found_by_its_id_and_by_the_name_of_its_image(
    command: Callable[..., Result], bench: VerifyBench
) -> None:
    job = bench.record("a/cat.png").job
    (found,) = _lines(command("show", job.id, "--json"))
    assert found["id"] == job.id
    for name in ("a/cat.png", job.ref):
        (image,) = _lines(command("show", name, "--json"))
        assert (image["name"], image["job"]["id"]) == ("a/cat.png", job.id)
        assert _lines(command("why", name, "--json"))[0]["id"] == job.id
        assert [line["what"] for line in _lines(command("trace", name, "--json"))] == ["added"]
    assert "a/cat.png" in command("show", job.id).stdout


@pytest.mark.parametrize(
    ("task", "thing"),
    [("show", "absent.png"), ("show", f"{0:032x}"), *((task, JOB) for task in ("show", "why", "history", "trace"))],
)
def test_what_is_not_there_ends_it_with_one(command: Callable[..., Result], task: str, thing: str) -> None:
    command("init")
    result = command(task, thing)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"darkroom: {thing}: No ")


def test_an_attempt_that_was_lost_is_in_history_and_trace(command: Callable[..., Result], bench: VerifyBench) -> None:
    row = bench.record()
    bench.claim(bench.claim(row), lapsed=True)
    history = _lines(command("history", row.job.id, "--json"))
    assert [(each["token"], each["outcome"]) for each in history] == [(1, "lapsed"), (2, None)]
    trace = [(each["what"], each["token"]) for each in _lines(command("trace", row.job.id, "--json"))]
    assert sorted(trace, key=str) == sorted(
        [("added", None), ("claimed", 1), ("lapsed", 1), ("claimed", 2), ("runs", 2)], key=str
    )
    assert "lapsed" in command("history", row.job.id).stdout


def test_the_state_of_the_service_is_shown(command: Callable[..., Result], bench: VerifyBench) -> None:
    bench.record()
    assert _lines(command("stats", "--json"))[0]["jobs"]["image-analysis"]["PENDING"] == 1
    assert {line["name"] for line in _lines(command("lock", "--json"))} >= {"sweep"}
    assert _lines(command("why", "--all", "--json")) == []
    for words in (["stats"], ["lock"], ["why", "--all"]):
        assert command(*words).exit_code == 0


def test_why_wants_one_job_or_all(command: Callable[..., Result]) -> None:
    for words in ([], ["--all", "cat.png"]):
        assert command("why", *words).exit_code == 2
