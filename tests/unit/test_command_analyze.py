"""``darkroom analyze``: files of this machine, without storage."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.cli.main import app
from tests.doubles.world import png


@pytest.fixture
def analyze(tmp_path: Path) -> Callable[..., Result]:
    """Run the command over files that it makes, with nothing known of any storage."""

    def run(files: dict[str, bytes | None], *options: str, **settings: str) -> Result:
        for name, data in files.items():
            if data is not None:
                (tmp_path / name).write_bytes(data)
        words = ["analyze", *(str(tmp_path / name) for name in files), *options]
        return CliRunner().invoke(app, words, env={"ANALYSIS_ISOLATION": "off", "COLUMNS": "400", **settings})

    return run


def test_a_file_gets_the_report_that_a_job_would_have(analyze: Callable[..., Result], tmp_path: Path) -> None:
    done = analyze({"cat.png": png(9, 5)}, "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["status"], report["source"]["name"]) == (0, "ok", str(tmp_path / "cat.png"))
    assert (report["image"]["width_px"], report["image"]["height_px"]) == (9, 5)
    assert {"source", "image", "color", "hash", "thumbnail", "timing"} <= set(report)


def test_reports_come_in_the_order_of_the_files(analyze: Callable[..., Result]) -> None:
    files = {f"{number}.png": png(number + 1, 1) for number in range(9)}
    lines = [json.loads(line) for line in analyze(files, "--json").stdout.splitlines()]
    assert [line["image"]["width_px"] for line in lines] == list(range(1, 10))


@pytest.mark.parametrize(
    ("data", "code"), [(None, "unreadable_file"), (b"", "empty_blob"), (b"no image", "unsupported_format")]
)
def test_a_file_without_a_report_is_told_with_its_reason_and_the_others_are_analysed(
    analyze: Callable[..., Result], data: bytes | None, code: str
) -> None:
    done = analyze({"bad.png": data, "cat.png": png()}, "--json")
    bad, good = (json.loads(line) for line in done.stdout.splitlines())
    assert (done.exit_code, bad["status"], bad["error"]["code"]) == (1, "failed", code)
    assert good["status"] == "ok"


def test_a_file_over_a_gate_has_a_partial_report_and_is_no_failure(analyze: Callable[..., Result]) -> None:
    done = analyze({"cat.png": png()}, "--json", MAX_BYTES="9")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["status"], report["error"]["code"]) == (0, "partial", "too_many_bytes")


def test_a_file_over_the_limit_of_bytes_is_not_read(
    analyze: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: Path) -> bytes:
        raise AssertionError

    monkeypatch.setattr(Path, "read_bytes", read)
    done = analyze({"cat.png": png()}, "--json", MAX_BYTES="1")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "partial")


def test_a_table_shows_the_main_facts_and_nothing_that_would_command_the_terminal(
    analyze: Callable[..., Result],
) -> None:
    done = analyze({"cat.png": png(9, 5), "[red]\x1b[31m.png": b"no image"})
    assert done.exit_code == 1
    assert "9×5" in done.stdout
    assert r"[red]\x1b[31m.png" in done.stdout
    assert "unsupported_format" in done.stdout
    assert "\x1b[31m" not in done.stdout


def test_settings_that_cannot_be_used_end_it_with_two(analyze: Callable[..., Result]) -> None:
    done = analyze({"cat.png": png()}, "--json", MAX_BYTES="x")
    assert (done.exit_code, done.stdout, "MAX_BYTES" in done.stderr) == (2, "", True)
