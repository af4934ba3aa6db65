"""The examples, each a process against the double."""

import os
from concurrent.futures import Future
from pathlib import Path
from subprocess import Popen

import pytest

from tests.doubles.api import BUSY, KEY, Api, Reply, problem
from tests.examples import SH, command_of, run, start

#: Comes first in the shell's PATH: notes how long it shall sleep, and does not; but it is not to renew without end.
SLEEP = """#!/bin/sh
[ "$1" = 77 ] && exec tail -f /dev/null
echo "$1" >> "$SLEPT"
"""


@pytest.fixture
def sleepless(tmp_path: Path) -> dict[str, str]:
    """Give the environment in which a shell's pauses take no time and are noted in ``SLEPT``."""
    stub = tmp_path / "sleep"
    stub.write_text(SLEEP)
    stub.chmod(0o755)
    return {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "SLEPT": str(tmp_path / "slept"),
        "DARKROOM_RENEW": "77",
    }


@pytest.mark.parametrize("which", ["py", SH])
def test_an_example_counts_words_until_there_is_no_job(api: Api, which: str) -> None:
    texts = {'to be\nor "not"': 4, "a\\nb c": 2, "": 0}
    jobs = [api.put(params={"n": [{"text": "no no"}, "text"], "text": text, "after": {}}) for text in texts]
    done = run(which, api.url, "t", DARKROOM_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    told = [(api.jobs[job]["state"], api.jobs[job]["result"]["words"]) for job in jobs]
    assert told == [("COMPLETED", words) for words in texts.values()]
    assert {request.headers["x-functions-key"] for request in api.requests} == {KEY}
    assert {request.headers["authorization"] for request in api.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("which", ["py", SH])
def test_a_job_without_a_text_of_its_own_is_failed(api: Api, which: str) -> None:
    wrong: list[dict[str, object]] = [{"n": {"text": "no"}}, {"text": ["no"]}, {"text": 3, "note": "text"}, {}]
    jobs = [api.put(params=params) for params in wrong]
    assert run(which, api.url, "t").returncode == 0
    told = [(api.jobs[job]["state"], api.jobs[job]["error"]["code"]) for job in jobs]
    assert told == [("FAILED", "no_text")] * len(wrong)


@pytest.mark.parametrize("which", [SH])
def test_the_shell_renews_in_the_background(api: Api, which: str, tmp_path: Path) -> None:
    api.put(params={"text": "a"})
    api.before("renew", (tmp_path / "renewed").touch)
    waiting = f"while [ ! -e {tmp_path}/renewed ]; do sleep 0.02; done; echo '{{}}'"
    done = run(which, api.url, "t", DARKROOM_RENEW="0.1", DARKROOM_WORK=waiting)
    assert (done.returncode, len(api.requests_of("complete"))) == (0, 1)


@pytest.mark.parametrize("which", ["py", SH])
def test_a_refused_result_does_not_end_an_examples_loop(api: Api, which: str) -> None:
    jobs = [api.put(params={"text": "a"}) for _ in range(2)]
    api.script("complete", problem(412, "stale"))
    done = run(which, api.url, "t")
    assert (done.returncode, "412" in done.stderr) == (0, True)
    assert [api.jobs[job]["state"] for job in jobs] == ["RUNNING", "COMPLETED"]


@pytest.mark.parametrize("which", [SH])
def test_the_shell_waits_an_outage_out_for_longer_each_time(api: Api, which: str, sleepless: dict[str, str]) -> None:
    job = api.put(params={"text": "a"})
    api.script("claim", BUSY, BUSY, Reply(503, None, {"Retry-After": "9"}), BUSY)
    api.script("complete", BUSY)
    done = run(which, api.url, "t", **sleepless)
    assert (done.returncode, api.jobs[job]["state"]) == (0, "COMPLETED")
    assert Path(sleepless["SLEPT"]).read_text().split() == ["1", "2", "9", "18", "1"]


@pytest.mark.parametrize("which", ["py", SH])
def test_a_refused_claim_ends_an_example_in_one_line(api: Api, which: str) -> None:
    api.script("claim", problem(401, "unauthorized"))
    done = run(which, api.url, "t")
    assert (done.returncode, len(done.stderr.splitlines()), "401" in done.stderr) == (1, 1, True)


@pytest.mark.parametrize("which", ["py", SH])
def test_a_signal_ends_an_example_with_no_job_left_in_hand(api: Api, which: str) -> None:
    job = api.put(params={"text": "a"})
    worker = Future[Popen[str]]()
    api.before("claim", lambda: worker.result(60).terminate())
    command, environ = command_of(which, api.url, "t")
    with start(command, environ) as running:
        worker.set_result(running)
        assert running.wait(60) == 0
    assert api.jobs[job]["state"] in ("PENDING", "COMPLETED")
    assert len(api.requests_of("claim")) == 1


def test_the_worker_of_the_clients_docstring_completes_a_job_as_it_is_written(api: Api) -> None:
    job = api.put(params={"text": "to be or not"})
    worker = Future[Popen[str]]()
    api.before("claim", lambda: None, lambda: worker.result(60).terminate())
    command, environ = command_of("docstring", api.url, "t")
    with start(command, environ) as running:
        worker.set_result(running)
        running.wait(60)
    assert (api.jobs[job]["state"], api.jobs[job]["result"]) == ("COMPLETED", {"words": 4})
