"""A redrive of 2,000 jobs that is interrupted again and again opens each of them once."""

import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared import wiring
from shared.rules.jobs import State
from tests.host.command.failed_jobs import Failing, openings, populate
from tests.host.command.redrive_process import RedriveProcess
from tests.rig import QUICK, Rig, until

JOBS = 2_000
#: No trigger runs a job: workers outside do, and they let each fail again.
SETTINGS = {
    "JOB_BUCKETS": "16",
    "DISPATCH": "off",
    "Disabled": "record_image,analyze_queued,analyze_pending,reconcile_images,purge_ended",
}
_SUMS = r"(\d+) redriven (\d+) refused"
Begin = Callable[[int], RedriveProcess]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin a run of the command at a port; runs share their state directory."""
    runs: list[RedriveProcess] = []

    def begin(port: int) -> RedriveProcess:
        runs.append(RedriveProcess(port, tmp_path / "state", tmp_path / f"run-{len(runs)}.log"))
        return runs[-1]

    yield begin
    for number, run in enumerate(runs, 1):
        run.close()
        print(f"run {number}:", *run.text.splitlines(), sep="\n    ")


@contextmanager
def _interruption(begin: Begin, port: int, results: int) -> Iterator[RedriveProcess]:
    """Give a run that has come so far, to be interrupted; then wait for its end."""
    run = begin(port)
    run.wait_for_results(results)
    yield run
    run.wait()


@pytest.mark.prove("2,000 jobs are opened on a host that dies, by a command that dies twice: minutes")
def test_each_job_is_opened_once_though_command_and_host_die_in_the_middle(rig: Rig, begin: Begin) -> None:
    rig.environ["JOB_BUCKETS"] = SETTINGS["JOB_BUCKETS"]
    darkroom = wiring.build({**rig.environ, **QUICK})
    ids = populate(darkroom, JOBS)
    host = rig.start(**SETTINGS)
    port = host.port
    with Failing(darkroom) as workers:
        with _interruption(begin, port, 300) as first:
            first.send(signal.SIGINT)
        with _interruption(begin, port, 700) as second:
            second.send(signal.SIGKILL)
        with _interruption(begin, port, 1_200) as third:
            host.kill()
        rig.start("--port", str(port), **SETTINGS)
        last = begin(port)
        status = last.wait()
        until(lambda: workers.ends.total() >= JOBS, seconds=600, what="the end of all jobs")
    assert [first.wait(), second.wait(), third.wait()] == [130, -signal.SIGKILL, 3]
    ((done, refused),) = [[int(n) for n in sums] for sums in re.findall(_SUMS, last.text.replace(",", ""))]
    assert (done + refused, status) == (JOBS, 1 if refused else 0)
    assert workers.ends == Counter(dict.fromkeys(ids, 1))
    assert openings(darkroom, ids) == {(State.FAILED, 1): JOBS}
    assert rig.verify() == f"{JOBS:,} jobs, 0 violations, 0 repaired, 0 notes"
