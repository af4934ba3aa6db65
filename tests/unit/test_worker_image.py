"""deploy/worker: what the image of the worker is made of, without Docker."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

from shared.cli.main import app
from shared.cli.worker_options import parser

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "worker"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8")


def words_of(instruction: str) -> list[str]:
    """Return the words of an instruction in the form of JSON, which no shell reads."""
    (found,) = re.findall(rf"^{instruction} \[(.*)\]$", DOCKERFILE, re.MULTILINE)
    return re.findall(r'"([^"]*)"', found)


def test_what_it_copies_is_there_and_is_all_that_docker_is_sent() -> None:
    copied = {word for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]}
    sent = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert copied == set(sent)
    assert all((ROOT / name).exists() for name in copied)


def test_the_command_takes_its_words_and_the_health_check_asks_where_it_serves() -> None:
    command, *words = words_of("CMD")
    assert command in get_group(app).commands
    parsed = parser().parse_args(words)
    ports = {
        int(port) for port in re.findall(r"EXPOSE (\d+)|127\.0\.0\.1:(\d+)/health", DOCKERFILE) for port in port if port
    }
    assert ports == {parsed.health.port}
    assert words_of("ENTRYPOINT") == ["python", "-m", "shared.cli"]


def test_it_runs_as_a_user_who_is_not_root_and_by_a_number_that_platforms_can_check() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\d+):(\d+)$", last, re.MULTILINE) == [("10001", "10001")]


@pytest.mark.prove("installs some forty packages from a registry")
def test_its_steps_give_a_python_that_analyses_images_and_can_install_nothing_more(tmp_path: Path) -> None:
    subprocess.run(["sh", FOLDER / "install.sh", tmp_path / "venv", sys.executable], check=True, cwd=tmp_path)
    python, environ = tmp_path / "venv" / "bin" / "python", {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([python, *words], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    analyzed = run("-m", "shared.cli", "analyze", "--json", str(ROOT / "samples" / "cat.png"))
    assert (analyzed.returncode, '"status": "ok"' in analyzed.stdout) == (0, True), analyzed.stderr
    assert run("-m", "shared.cli", "worker", "--help").returncode == 0
    assert run("-c", "import shared.worker.child").returncode == 0
    assert run("-m", "pip", "--version").returncode != 0
