"""Rejected messages at the command ``darkroom``, on Azurite, as an operator meets them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.cli import operate
from shared.cli.main import app
from shared.rules.ids import digest
from shared.steps.intake.disposition import Disposition
from tests.contract.verify_bench import VerifyBench

CAT = digest("cat.png")


@pytest.fixture
def bench(bench: VerifyBench) -> VerifyBench:
    """Give a pipeline that has met two messages which name nothing real."""
    for body in (b"cat.png", "\u202e {".encode() + b"x" * 300):
        assert bench.darkroom.receive.receive(body, owner="queue/1") == [Disposition.REJECTED]
    return bench


def test_they_are_listed_for_people(command: Callable[..., Result], bench: VerifyBench) -> None:  # noqa: ARG001 - stands
    told = command("rejected")
    assert (told.exit_code, CAT in told.stdout, "blob_not_found" in told.stdout) == (0, True, True)
    assert "\u202e" not in told.stdout


def test_they_are_listed_for_programs(command: Callable[..., Result], bench: VerifyBench) -> None:  # noqa: ARG001 - stands
    lines = [json.loads(line) for line in command("rejected", "--json").stdout.splitlines()]
    assert {line["id"]: line["text"] for line in lines}[CAT] == "cat.png"
    assert [(line["code"], len(line["text"]) <= 200) for line in lines] == [("blob_not_found", True)] * 2


def test_one_is_shown_whole_with_its_reason(command: Callable[..., Result], bench: VerifyBench) -> None:  # noqa: ARG001
    long = digest("\u202e {" + "x" * 300)
    shown, told = command("rejected", long), command("rejected", long, "--json")
    assert shown.stdout.startswith("blob_not_found (")
    assert shown.stdout.endswith("\n\n\\u202e {" + "x" * 300 + "\n")
    assert json.loads(told.stdout)["text"] == "\u202e {" + "x" * 300


def test_an_unknown_one_is_said_to_be_unknown(command: Callable[..., Result], bench: VerifyBench) -> None:  # noqa: ARG001
    shown, redriven = command("rejected", "0" * 32), command("redrive", "0" * 32)
    assert (shown.exit_code, shown.stderr) == (1, "darkroom: No rejected message has this id.\n")
    assert (redriven.exit_code, redriven.stdout) == (1, f"{'0' * 32}: No rejected message has this id.\n")


def test_one_whose_image_has_come_is_redriven_beside_a_job(command: Callable[..., Result], bench: VerifyBench) -> None:
    canceled = bench.record("dog.png").job.id
    command("cancel", canceled)
    assert command("redrive", CAT).stdout == f"{CAT}: The message still names no image and no job.\n"
    bench.upload("cat.png")
    told = command("redrive", CAT, canceled)
    assert (told.exit_code, told.stdout) == (0, f"{CAT}: redriven\n{canceled}: redriven\n")
    assert len(command("rejected", "--json").stdout.splitlines()) == 1
    assert command("verify").exit_code == 0


def _codes(command: Callable[..., Result], *words: str) -> list[str]:
    return [json.loads(line)["code"] for line in command("rejected", "--json", *words).stdout.splitlines()]


@pytest.mark.case("security H3", was="rejected rows that nothing removes")
def test_those_of_a_code_are_deleted_after_a_question(
    command: Callable[..., Result], bench: VerifyBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bench.darkroom.receive.receive(b"[]", owner="queue/1")
    monkeypatch.setattr(operate, "is_attended", lambda: True)
    words, environ = ["rejected", "--delete", "--code", "empty"], {**bench.environ, "XDG_STATE_HOME": str(tmp_path)}
    asked = CliRunner().invoke(app, words, input="n\n", env=environ)
    assert (asked.exit_code, "Delete 1 rejected message? [y/N]" in asked.stderr) == (1, True)
    assert sorted(_codes(command)) == ["blob_not_found", "blob_not_found", "empty"]
    told = command(*words, "--yes")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "1 deleted, 0 refused.")
    assert _codes(command) == ["blob_not_found"] * 2


def test_they_are_picked_by_age(command: Callable[..., Result], bench: VerifyBench) -> None:  # noqa: ARG001 - stands
    assert (_codes(command, "--older-than", "1h"), len(_codes(command))) == ([], 2)
    told = command("rejected", "--delete", "--older-than", "1h", "--yes")
    assert (told.exit_code, told.stdout) == (0, "Nothing matches.\n")
    wrong = command("rejected", "--older-than", "week")
    assert (wrong.exit_code, "must be a whole number" in wrong.stderr) == (2, True)


def test_one_is_deleted_and_all_are(command: Callable[..., Result], bench: VerifyBench) -> None:  # noqa: ARG001 - stands
    assert command("rejected", CAT, "--delete", "--yes").stdout == f"{CAT}: deleted\n"
    assert command("rejected", CAT, "--delete", "--yes").stdout == f"{CAT}: No rejected message has this id.\n"
    assert command("rejected", "--delete", "--yes").stdout.splitlines()[-1] == "1 deleted, 0 refused."
    assert _codes(command) == []
