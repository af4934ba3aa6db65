"""The examples, each a process against the double."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.api import BUSY, Api, Reply, problem

ROOT = Path(__file__).resolve().parents[3]
CLIENT = ROOT / "clients" / "python" / "src"
EXAMPLES = ROOT / "docs" / "examples"
NO_CURL = pytest.mark.skipif(not (shutil.which("sh") and shutil.which("curl")), reason="no curl")
SH = pytest.param("sh", marks=NO_CURL)
#: Comes first in the shell's PATH: notes how long it shall sleep, and does not; but it is not to renew without end.
SLEEP = """#!/bin/sh
[ "$1" = 77 ] && exec tail -f /dev/null
echo "$1" >> "$SLEPT"
"""


def _command(which: str, api: Api, *more: str) -> list[str]:
    python = [sys.executable, str(EXAMPLES / "worker.py"), "--url", api.url, "--type", "t", *more]
    return python if which == "py" else ["sh", str(EXAMPLES / "worker.sh")]


def _environ(api: Api, **more: str) -> dict[str, str]:
    known = {"PYTHONPATH": str(CLIENT), "DARKROOM_URL": api.url, "DARKROOM_KEY": "k", "DARKROOM_TYPE": "t"}
    return {**os.environ, **known, **more}


def _run(which: str, api: Api, **more: str) -> subprocess.CompletedProcess[str]:
    environ = _environ(api, DARKROOM_UNTIL_EMPTY="1", **more)
    command = _command(which, api, "--until-empty")
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)


@pytest.fixture
def sleepless(tmp_path: Path) -> dict[str, str]:
    """Give the environment in which a shell's pauses take no time and are noted in ``SLEPT``."""
    stub = tmp_path / "sleep"
    stub.write_text(SLEEP)
    stub.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "SLEPT": str(tmp_path / "slept"), "DARKROOM_RENEW": "77"}


@pytest.mark.parametrize("which", ["py", SH])
def test_an_example_counts_words_until_there_is_no_job(api: Api, which: str) -> None:
    texts = {'to be\nor "not"': 4, "a\\nb c": 2, "": 0}
    jobs = [api.put(params={"n": [{"text": "no no"}, "text"], "text": text, "after": {}}) for text in texts]
    done = _run(which, api)
    assert (done.returncode, done.stderr) == (0, "")
    told = [(api.jobs[job]["state"], api.jobs[job]["result"]["words"]) for job in jobs]
    assert told == [("COMPLETED", words) for words in texts.values()]
    assert {request.headers["x-functions-key"] for request in api.requests} == {"k"}
    assert {request.headers["authorization"] for request in api.requests} == {"Bearer k"}


@pytest.mark.parametrize("which", ["py", SH])
def test_a_job_without_a_text_of_its_own_is_failed(api: Api, which: str) -> None:
    wrong: list[dict[str, object]] = [{"n": {"text": "no"}}, {"text": ["no"]}, {"text": 3, "note": "text"}, {}]
    jobs = [api.put(params=params) for params in wrong]
    assert _run(which, api).returncode == 0
    told = [(api.jobs[job]["state"], api.jobs[job]["error"]["code"]) for job in jobs]
    assert told == [("FAILED", "no_text")] * len(wrong)


@pytest.mark.parametrize("which", [SH])
def test_the_shell_renews_in_the_background(api: Api, which: str, tmp_path: Path) -> None:
    api.put(params={"text": "a"})
    api.before("renew", (tmp_path / "renewed").touch)
    waiting = f"while [ ! -e {tmp_path}/renewed ]; do sleep 0.02; done; echo '{{}}'"
    done = _run(which, api, DARKROOM_RENEW="0.1", DARKROOM_WORK=waiting)
    assert (done.returncode, len(api.sent("complete"))) == (0, 1)


@pytest.mark.parametrize("which", ["py", SH])
def test_a_refused_result_does_not_end_an_examples_loop(api: Api, which: str) -> None:
    jobs = [api.put(params={"text": "a"}) for _ in range(2)]
    api.script("complete", problem(412, "stale"))
    done = _run(which, api)
    assert (done.returncode, "412" in done.stderr) == (0, True)
    assert [api.jobs[job]["state"] for job in jobs] == ["RUNNING", "COMPLETED"]


@pytest.mark.parametrize("which", [SH])
def test_the_shell_waits_an_outage_out_for_longer_each_time(api: Api, which: str, sleepless: dict[str, str]) -> None:
    job = api.put(params={"text": "a"})
    api.script("claim", BUSY, BUSY, Reply(503, None, {"Retry-After": "9"}), BUSY)
    api.script("complete", BUSY)
    done = _run(which, api, **sleepless)
    assert (done.returncode, api.jobs[job]["state"]) == (0, "COMPLETED")
    assert Path(sleepless["SLEPT"]).read_text().split() == ["1", "2", "9", "18", "1"]


@pytest.mark.parametrize("which", ["py", SH])
def test_a_refused_claim_ends_an_example_in_one_line(api: Api, which: str) -> None:
    api.script("claim", problem(401, "unauthorized"))
    done = _run(which, api)
    assert (done.returncode, len(done.stderr.splitlines()), "401" in done.stderr) == (1, 1, True)


@pytest.mark.parametrize("which", ["py", SH])
def test_a_signal_ends_an_example_with_no_job_left_in_hand(api: Api, which: str) -> None:
    job = api.put(params={"text": "a"})
    api.before("claim", lambda: running.terminate())  # noqa: PLW0108 - it is not there yet
    with subprocess.Popen(_command(which, api), env=_environ(api)) as running:
        assert running.wait(15) == 0
    assert api.jobs[job]["state"] in ("PENDING", "COMPLETED")
    assert len(api.sent("claim")) == 1
