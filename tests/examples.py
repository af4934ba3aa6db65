"""The workers that the documentation shows, as processes: those of docs/examples and that of the client's README."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES, CLIENT = ROOT / "docs" / "examples", ROOT / "clients" / "python"
SH = pytest.param("sh", marks=pytest.mark.skipif(not (shutil.which("sh") and shutil.which("curl")), reason="no curl"))


def readme_program(url: str, job_type: str) -> str:
    """Return the program in the client's README, for another API and type of job."""
    (program,) = re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text("utf-8"), re.DOTALL)
    return str(program).replace("http://127.0.0.1:7071/api", url).replace("word-count", job_type)


def command_of(which: str, url: str, job_type: str, *options: str, **environ: str) -> tuple[list[str], dict[str, str]]:
    """Return command and environment of a worker; it finds the client, and nothing else of ours."""
    commands = {
        "py": [sys.executable, str(EXAMPLES / "worker.py"), "--url", url, "--type", job_type, *options],
        "sh": ["sh", str(EXAMPLES / "worker.sh")],
        "readme": [sys.executable, "-P", "-c", readme_program(url, job_type)],
    }
    known = {"PYTHONPATH": str(CLIENT / "src"), "DARKROOM_URL": url, "DARKROOM_TYPE": job_type}
    return commands[which], {**os.environ, **known, **environ}


def run(which: str, url: str, job_type: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a worker until no job is due."""
    command, env = command_of(which, url, job_type, "--until-empty", DARKROOM_UNTIL_EMPTY="1", **environ)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
