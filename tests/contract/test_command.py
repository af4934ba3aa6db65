"""The command ``darkroom`` on Azurite, as an operator runs it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.cli.main import app
from shared.wiring.steps import Darkroom
from tests.contract.verify_bench import VerifyBench
from tests.sdk_clients import queue_of


@pytest.mark.azurite
def test_init_creates_what_is_missing_and_says_what_stands_where(
    command: Callable[..., Result], environ: Mapping[str, str], darkroom: Darkroom
) -> None:
    first, second = command("init"), command("init")
    assert (first.exit_code, second.exit_code, first.stdout) == (0, 0, second.stdout)
    for name in ("JOBS_TABLE", "LOCKS_TABLE", "JOB_QUEUE", "IMAGES_CONTAINER", "THUMBNAILS_CONTAINER"):
        assert environ[name] in first.stdout
    assert darkroom.storage.jobs.get(f"image-analysis-{0:032x}") is None
    assert queue_of(darkroom.storage.queue).get_queue_properties().name == environ["JOB_QUEUE"]


def test_the_status_tells_whether_violations_remain(command: Callable[..., Result], bench: VerifyBench) -> None:
    row = bench.record()
    assert command("verify").exit_code == 0
    bench.remove(bench.place(row), bench.index(row)[0])
    broken = command("verify", "--json")
    assert broken.exit_code == 1
    (line,) = broken.stdout.splitlines()
    told = json.loads(line)
    assert (told["rule"], told["violation"], told["repaired"]) == ("index_missing", True, False)
    shown = command("verify")
    assert (shown.exit_code, told["message"] in shown.stdout) == (1, True)
    repaired = command("verify", "--repair", "--json")
    assert (repaired.exit_code, json.loads(repaired.stdout)["repaired"]) == (0, True)
    assert command("verify").stdout == "1 jobs, 0 violations, 0 repaired, 0 notes\n"


@pytest.mark.parametrize("task", ["init", "verify"])
def test_settings_that_cannot_be_used_end_it_with_2_and_a_line_each(
    command: Callable[..., Result], task: str, tmp_path: Path
) -> None:
    wrong = command(task, LEASE_SECONDS="x", DISPATCH="y")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert [line.partition(":")[2].split(":")[0] for line in wrong.stderr.splitlines()] == [
        " DISPATCH",
        " LEASE_SECONDS",
    ]
    absent = command(task, "--settings", str(tmp_path / "absent.json"))
    assert (absent.exit_code, len(absent.stderr.splitlines())) == (2, 1)


def test_another_number_of_buckets_is_refused(command: Callable[..., Result], bench: VerifyBench) -> None:
    bench.record()
    assert command("verify", JOB_BUCKETS="8").exit_code == 2


def test_a_table_that_is_not_there_ends_it_with_3_and_says_what_to_do(command: Callable[..., Result]) -> None:
    result = command("verify")
    assert result.exit_code == 3
    assert "darkroom init" in result.stderr


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"Values": 1}', '{"Values": {"A": 1}}', '{"IsEncrypted": true, "Values": {}}']
)
def test_a_settings_file_of_another_form_is_refused(command: Callable[..., Result], tmp_path: Path, text: str) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text(text)
    result = command("init", "--settings", str(file))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_settings_come_from_a_file_and_the_environment_wins(
    environ: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "local.settings.json"
    values = {**environ, "JOBS_TABLE": "not a name", "JOB_QUEUE": environ["JOB_QUEUE"]}
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    monkeypatch.setenv("JOBS_TABLE", environ["JOBS_TABLE"])
    result = CliRunner().invoke(app, ["init", "--settings", str(file)])
    assert result.exit_code == 0, result.stderr
    assert environ["JOB_QUEUE"] in result.stdout


def test_jobs_are_canceled_and_opened_again_by_their_ids(command: Callable[..., Result], bench: VerifyBench) -> None:
    job_id = bench.record().job.id
    canceled = command("cancel", job_id)
    assert (canceled.exit_code, canceled.stdout) == (0, f"{job_id}: canceled\n")
    redriven = command("redrive", job_id)
    assert (redriven.exit_code, redriven.stdout) == (0, f"{job_id}: redriven\n")
    assert command("verify").exit_code == 0


def test_a_job_that_cannot_be_acted_on_is_named_and_keeps_no_other_from_its_turn(
    command: Callable[..., Result], bench: VerifyBench
) -> None:
    live, unknown = bench.record().job.id, f"image-analysis-{0:032x}"
    refused = command("cancel", "no id", unknown, live)
    assert refused.exit_code == 1
    assert [line.rpartition(": ")[2] for line in refused.stdout.splitlines()] == [
        "No image is recorded under this name, and it is no id of a job or an image.",
        "No job has this id.",
        "canceled",
    ]
