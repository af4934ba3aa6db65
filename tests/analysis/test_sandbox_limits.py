"""Each limit of a child by itself, where no other could stand in for it; and what is left of a child that was ended."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import clock
from shared.analysis.interface import Limits, Options, Source
from shared.analysis.sandbox.layers import Policy
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox
from shared.errors import AnalysisDied
from tests.analysis.hostile import built_files
from tests.analysis.measure import MIB, children, measure, status
from tests.doubles.world import png
from tests.rig import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc")
SOURCE = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
#: How much slower the clock of the parent is.
PATIENCE = 40
MakeSandbox = Callable[..., Sandbox]


class Interrupted(BaseException):
    """What comes in the middle of everything."""


@pytest.fixture
def make_sandbox() -> Iterator[MakeSandbox]:
    """Make a sandbox of one child whose parent is patient: its clock hardly moves.

    What isn't said is ample: a child stands back behind all others, and on a busy machine a second of the processor may
    take it half a minute.
    """
    sandboxes: list[Sandbox] = []

    def make(*, seconds: float = 600, cpu_seconds: float = 60, **given: Any) -> Sandbox:  # noqa: ANN401 - the sandbox's
        child_limits = ChildLimits(seconds=seconds, cpu_seconds=cpu_seconds, memory_bytes=OVERHEAD_BYTES)
        told: dict[str, Any] = {
            "call": "tests.doubles.hostile_child:analyze",
            "options": Options(analyzers=("hostile",)),
            "monotonic": lambda: clock.monotonic() / PATIENCE,
        }
        sandboxes.append(Sandbox(limits=Limits(), thumbnail=None, child_limits=child_limits, **{**told, **given}))
        return sandboxes[-1]

    before = children()
    yield make
    for sandbox in sandboxes:
        sandbox.close()
    assert children() <= before


def _act(sandbox: Sandbox, act: str, stop: Callable[[], bool] = lambda: False) -> dict[str, Any]:
    section: dict[str, Any] = sandbox.analyze(act.encode(), source=SOURCE, stop=stop).report["hostile"]
    return section


def _death(sandbox: Sandbox, act: str) -> AnalysisDied:
    with pytest.raises(AnalysisDied) as met:
        _act(sandbox, act)
    return met.value


def _end(sandbox: Sandbox, act: str) -> tuple[str, int]:
    """Return the code of a death, and the signal that it came by."""
    _act(sandbox, "behave")
    (child,) = sandbox._children
    return _death(sandbox, act).code, -(child._process.returncode or 0)


@pytest.mark.case("security H2", was="a header costs the parent what it likes: 73 s, and everybody waits")
def test_a_child_that_spins_is_ended_by_its_own_limit_of_the_processor(
    make_sandbox: MakeSandbox, case_result: Callable[[str], None]
) -> None:
    before, sandbox = time.process_time(), make_sandbox(cpu_seconds=1)
    assert _end(sandbox, "spin") == ("analysis_timeout", signal.SIGXCPU)
    assert time.process_time() - before < 0.5  # of the parent: it only looks up now and then
    assert _act(sandbox, "behave")["images"] == 1
    case_result("ended after the child's share of a processor")


def test_the_processor_is_counted_for_each_image_by_itself(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(cpu_seconds=1)
    pids = {_act(sandbox, "toil")["pid"] for _ in range(4)}
    assert len(pids) == 1


def test_a_child_that_hangs_is_ended_by_a_timer_of_its_own(make_sandbox: MakeSandbox) -> None:
    assert _end(make_sandbox(seconds=0.5), "hang") == ("analysis_timeout", signal.SIGALRM)


def test_a_child_that_eats_meets_its_limit(make_sandbox: MakeSandbox) -> None:
    assert _death(make_sandbox(), "eat").code == "out_of_memory"


def test_what_an_image_has_left_in_a_circle_is_not_in_the_way_of_the_next(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox()
    assert [_act(sandbox, "tangle")["images"] for _ in range(4)] == [1, 2, 3, 4]


def test_a_signal_without_a_name_is_a_code_too(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox()
    died = _death(sandbox, "leave")
    assert (died.code, str(died)) == ("analysis_crashed", f"The analysis was killed by signal {signal.SIGRTMIN + 5}.")
    assert _act(sandbox, "behave")["images"] == 1


def test_who_is_interrupted_leaves_no_reply_to_the_next_image(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox()
    pid = _act(sandbox, "behave")["pid"]

    def interrupt() -> bool:
        raise Interrupted

    with pytest.raises(Interrupted):
        _act(sandbox, "hang", interrupt)
    assert pid not in children()
    assert _act(sandbox, "behave")["images"] == 1


def test_what_a_child_has_started_ends_with_it(
    make_sandbox: MakeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(AnalysisDied):
        _act(make_sandbox(policy=Policy(frozenset())), "breed", (tmp_path / "bred").exists)
    process = Path("/proc", (tmp_path / "bred").read_text(encoding="ascii"))
    until(lambda: not process.exists() or ") Z " in (process / "stat").read_text(encoding="ascii"), what="its end")


def test_memory_that_an_image_has_taken_is_given_back(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox()
    pid = _act(sandbox, "behave")["pid"]
    before = status(pid, "VmRSS")
    _act(sandbox, "hoard")
    assert status(pid, "VmRSS") < before + 24 * MIB


def test_large_images_leave_their_child_as_large_as_it_was() -> None:
    with measure() as analyst:
        assert analyst.ending(png(9, 5)).code == "ok"
        before = analyst.address_space
        for file in [file for file in built_files() if "which the gates let in" in file.name]:
            assert (file.name, analyst.ending(file.make()).code) == (file.name, "ok")
            assert analyst.address_space < before + 64 * MIB
