"""The workers that the documentation shows, as processes: those of docs/examples and that of the client's README."""

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import darkroom_client

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES, CLIENT = ROOT / "docs" / "examples", ROOT / "clients" / "python"
SH = pytest.param("sh", marks=pytest.mark.skipif(not (shutil.which("sh") and shutil.which("curl")), reason="no curl"))


def readme_program(url: str, job_type: str) -> str:
    """Return the worker in the client's README, for another API and type of job."""
    return _for(readme_programs()[0], url, job_type)


def readme_programs() -> list[str]:
    """Return the programs in the client's README: a worker, and an operator's."""
    return re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text("utf-8"), re.DOTALL)


def docstring_program(url: str, job_type: str) -> str:
    """Return the program in the client's docstring, for another API and type of job."""
    (program,) = re.findall(r"::\n((?:\n| {4}.*\n)+)", darkroom_client.__doc__ or "")
    return _for(textwrap.dedent(program), url, job_type)


def _for(program: str, url: str, job_type: str) -> str:
    return program.replace("http://127.0.0.1:7071/api", url).replace("word-count", job_type)


def _impatient(program: str) -> str:
    """Let it wait a second for one more job, in place of 20; ``test_distribution.py`` runs it word for word."""
    patient = "until_empty=True"
    assert patient in program
    return program.replace(patient, f"{patient}, wait_seconds=1")


def command_of(which: str, url: str, job_type: str, *options: str, **environ: str) -> tuple[list[str], dict[str, str]]:
    """Return command and environment of a worker; it finds the client, and nothing else of ours."""
    commands = {
        "py": [sys.executable, str(EXAMPLES / "worker.py"), "--url", url, "--type", job_type, *options],
        "sh": ["sh", str(EXAMPLES / "worker.sh")],
        "readme": [sys.executable, "-P", "-c", _impatient(readme_program(url, job_type))],
        "docstring": [sys.executable, "-P", "-c", docstring_program(url, job_type)],
    }
    known = {"PYTHONPATH": str(CLIENT / "src"), "DARKROOM_URL": url, "DARKROOM_TYPE": job_type}
    return commands[which], {**os.environ, **known, **environ}


def run(which: str, url: str, job_type: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a worker until no job is due."""
    command, env = command_of(which, url, job_type, "--until-empty", DARKROOM_UNTIL_EMPTY="1", **environ)
    with start(command, env) as worker:
        printed, errors = worker.communicate(timeout=60)
    return subprocess.CompletedProcess(command, worker.returncode, printed, errors)


@contextmanager
def start(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start a worker; it ends with the block, with all that it has started: the children of a shell hold its pipes."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as worker:
        try:
            yield worker
        finally:
            _kill(worker)


def _kill(worker: subprocess.Popen[str]) -> None:
    if not hasattr(os, "killpg"):
        worker.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
