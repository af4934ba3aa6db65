"""Children that crash, hang and eat: a code each, and the next image is analysed as if nothing had been."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.analysis.interface import Limits, Options, Source
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox
from shared.errors import AnalysisDied, ImageRejected, NoSandbox
from tests.doubles.world import png
from tests.rig import until

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
BOUNDS = ChildLimits(seconds=20, cpu_seconds=1, memory_bytes=OVERHEAD_BYTES)


def _sandbox(**given: Any) -> Sandbox:  # noqa: ANN401 - the sandbox's
    ample: dict[str, Any] = {
        "child_limits": BOUNDS,
        "thumbnail": None,
        "call": "tests.doubles.hostile_child:analyze",
    }
    return Sandbox(limits=Limits(), **{**ample, "options": Options(analyzers=("hostile",)), **given})


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """Give a sandbox to tests that find, and leave, one child at rest, whatever it has done before."""
    made = _sandbox()
    yield made
    made.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give a sandbox of one child that does what it is told."""
    made = _sandbox()
    yield made
    made.close()


def _act(sandbox: Sandbox, act: str) -> dict[str, Any]:
    section: dict[str, Any] = sandbox.analyze(act.encode(), source=SOURCE, stop=lambda: False).report["hostile"]
    return section


def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


DEATHS = {
    "segfault": "analysis_crashed",
    "abort": "analysis_crashed",
    "exit": "analysis_crashed",
    "babble": "analysis_crashed",
    "mumble": "analysis_crashed",
    "mutter": "analysis_crashed",
    "forge": "analysis_crashed",
    "curse": "analysis_crashed",
    "spin": "analysis_timeout",
    "vanish": "out_of_memory",
}


#: Those that take long by what they do.
LONG = {"spin": pytest.mark.prove("a second of the processor; every day test_sandbox_limits spins as long")}


@pytest.mark.parametrize("act", [pytest.param(act, marks=LONG.get(act, ())) for act in DEATHS])
def test_a_child_that_dies_is_a_code_and_the_next_image_has_another(shared: Sandbox, act: str) -> None:
    first = _act(shared, "behave")
    with pytest.raises(AnalysisDied) as met:
        _act(shared, act)
    assert met.value.code == DEATHS[act]
    assert _has_ended(first["pid"])
    assert _act(shared, "behave")["images"] == 1


@pytest.mark.parametrize(("act", "code"), [("eat", "out_of_memory"), ("raise", "analysis_crashed")])
def test_a_child_that_can_say_what_went_wrong_lives_on(shared: Sandbox, act: str, code: str) -> None:
    before = _act(shared, "behave")
    with pytest.raises(AnalysisDied) as met:
        _act(shared, act)
    assert met.value.code == code
    after = _act(shared, "behave")
    assert (after["pid"], after["images"]) == (before["pid"], before["images"] + 2)


def test_an_image_that_is_rejected_is_rejected(shared: Sandbox) -> None:
    with pytest.raises(ImageRejected) as met:
        _act(shared, "reject")
    assert (met.value.code, str(met.value)) == ("corrupt_image", "It is broken.")


@pytest.mark.parametrize("call", ["absent.module:analyze", "tests.doubles.hostile_child:absent"])
def test_a_child_that_never_gets_ready_is_no_fault_of_an_image(call: str) -> None:
    sandbox = _sandbox(call=call)
    for _ in range(2):
        with pytest.raises(NoSandbox, match="before its first image"):
            _act(sandbox, "behave")
    assert sandbox._children == set()
    sandbox.close()


def test_an_interpreter_that_is_not_there_is_no_fault_of_an_image(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/absent/python")
    with pytest.raises(NoSandbox, match="No such file") as met:
        _act(sandbox, "behave")
    assert "/absent" not in str(met.value)
    monkeypatch.undo()
    assert _act(sandbox, "behave")["images"] == 1


@pytest.mark.parametrize("act", ["hang", "drip"])
def test_a_child_that_hangs_or_drips_is_killed_by_the_clock(act: str) -> None:
    sandbox = _sandbox(child_limits=ChildLimits(seconds=0.5, cpu_seconds=10, memory_bytes=OVERHEAD_BYTES))
    with pytest.raises(AnalysisDied, match="time limit") as met:
        _act(sandbox, act)
    assert met.value.code == "analysis_timeout"
    assert _act(sandbox, "behave")["images"] == 1
    sandbox.close()


@pytest.mark.case("security H1", was="what a child has said before an image was sent is taken for the reply to it")
def test_a_child_that_speaks_unasked_is_replaced_before_the_next_image(
    sandbox: Sandbox, case_result: Callable[[str], None]
) -> None:
    _act(sandbox, "heckle")
    (child,) = sandbox._children
    until(lambda: not child.idle, what="a reply to what was not asked")
    assert _act(sandbox, "behave")["images"] == 1
    case_result("replaced, and the next image is not blamed")


def test_a_child_lives_across_images(shared: Sandbox) -> None:
    told = [_act(shared, "behave") for _ in range(3)]
    assert len({one["pid"] for one in told}) == 1
    assert [one["images"] - told[0]["images"] for one in told] == [0, 1, 2]


def test_time_and_memory_are_counted_for_each_image_by_itself(sandbox: Sandbox) -> None:
    images = [_act(sandbox, "behave")["images"] for _ in range(3)]
    for _ in range(2):
        with pytest.raises(AnalysisDied):
            _act(sandbox, "eat")
    assert [*images, _act(sandbox, "behave")["images"]] == [1, 2, 3, 6]


def test_a_child_knows_nothing_of_this_process_but_where_python_is(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "a secret")
    known = {"PYTHONPATH", "MALLOC_ARENA_MAX", "PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL", "LC_CTYPE"}
    known |= {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "TZ", "TMPDIR"}
    assert set(_act(sandbox, "behave")["environ"]) <= known


def test_what_is_not_wanted_any_more_is_stopped(sandbox: Sandbox) -> None:
    pid = _act(sandbox, "behave")["pid"]
    with pytest.raises(AnalysisDied) as met:
        sandbox.analyze(b"hang", source=SOURCE, stop=lambda: True)
    assert met.value.code == "analysis_stopped"
    assert _has_ended(pid)


def test_no_child_is_left_when_the_sandbox_is_closed() -> None:
    sandbox = _sandbox()
    with ThreadPoolExecutor(2) as pool:
        pids = {told["pid"] for told in pool.map(lambda _: _act(sandbox, "behave"), range(8))}
    sandbox.close()
    assert all(_has_ended(pid) for pid in pids)


#: Imports no more than it needs: an interpreter with the tests' own modules takes half a second to start.
PARENT = """
import select, sys
from shared.analysis.interface import Limits, Options, Source
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox
source = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
child_limits = ChildLimits(seconds=20, cpu_seconds=1, memory_bytes=OVERHEAD_BYTES)
options, call = Options(analyzers=("hostile",)), "tests.doubles.hostile_child:analyze"
sandbox = Sandbox(limits=Limits(), thumbnail=None, child_limits=child_limits, options=options, call=call)
for act in ("behave", sys.argv[1]):
    report = sandbox.analyze(act.encode(), source=source, stop=lambda: False).report
    print(report["hostile"]["pid"], flush=True)
select.select([], [], [])
"""


@pytest.mark.parametrize("act", ["behave", "spin"])
def test_no_child_is_left_when_its_parent_is_killed(act: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, act], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait(20)
    until(lambda: _has_ended(pid), seconds=20, what="the end of the child")


def test_what_reports_are_to_hold_reaches_a_child() -> None:
    wanted = Options(include_gps=True, analyzers=("hash", "color"))
    sandbox = _sandbox(call="shared.analysis:analyze", options=wanted)
    report = sandbox.analyze(png(9, 5), source=SOURCE, stop=lambda: False).report
    assert [name for name in report if name in ("quality", "color", "hash", "placeholder")] == ["hash", "color"]
    sandbox.close()
