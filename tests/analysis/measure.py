"""One hostile file through everything that production puts it through, and what that has cost whom.

Source:
    proc_pidstatus(5), proc_pid_clear_refs(5): VmHWM is the most that was resident since "5" was written.
"""

import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import clock
from shared.analysis import Analysis, Source
from shared.analysis.analyst import Analyst
from shared.analysis.sandbox import confinement
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, Sandbox
from shared.errors import AnalysisDied, ImageRejected
from shared.settings.settings import Settings
from shared.wiring.analyst import analysis_limits, build_analyst
from tests.analysis.corpus.kinds import Hostile

TICKS = os.sysconf("SC_CLK_TCK")
#: One child for all files, so that what one of them leaves behind meets the next.
SETTINGS = Settings.read({"ANALYSIS_PROCESSES": "1", "ANALYSIS_CHILD_IMAGES": "1000000"})
CPU_SECONDS = SETTINGS.analysis_cpu.total_seconds()
#: What a process may have grown by beside a file: a reply is at most 17 MiB long.
PARENT_BYTES = 48 * 1024 * 1024
MIB = 1024 * 1024


@dataclass(frozen=True)
class Ending:
    """How one file has ended.

    Args:
        code: ``ok``, or that of the error.
        message: Of the error.
        is_death: It was an error of the analysis, not of the image.
        cpu_seconds: Of the child.
        seconds: By the clock.
        peak_bytes: The most that the child had; 0 where it is too dead to be asked.
        over_bytes: How much of that is beyond what was estimated for it, if anything.
        parent_bytes: The most that this process has grown by.
        parent_cpu_seconds: Of this process.
        report: What is stored, as JSON; empty where there is no report.
    """

    code: str
    message: str
    is_death: bool
    cpu_seconds: float
    seconds: float
    peak_bytes: int
    over_bytes: int
    parent_bytes: int
    parent_cpu_seconds: float
    report: str


class Meter:
    """Analyse as production does, with one child."""

    def __init__(self) -> None:
        self._analyst = build_analyst(SETTINGS, clock.monotonic)
        self._limits = analysis_limits(SETTINGS)
        self._idle = 0

    @property
    def sandbox(self) -> Sandbox:
        """What production analyses in."""
        engine = self._analyst._engine
        assert isinstance(engine, Sandbox)
        return engine

    def ending(self, data: bytes) -> Ending:
        """Analyse a file, in a child that is there already."""
        if not self.sandbox._children:
            with suppress(ImageRejected):
                _analyze(self._analyst, b"?")
            self._idle = status(self._pid, "VmRSS")
            confinement._prctl(confinement._PR_SET_DUMPABLE, 1)  # who isn't root may reset the peak again
        pid, most = self._pid, [0]
        resident, used = status(os.getpid(), "VmRSS"), (_cpu(pid), _dead_children_cpu(), time.process_time())
        for process in (pid, os.getpid()):
            Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
        started = time.monotonic()
        met = _end(self._analyst, data, lambda: most.append(status(pid, "VmHWM")))
        seconds, alive = time.monotonic() - started, any(child._process.pid == pid for child in self.sandbox._children)
        parent = status(os.getpid(), "VmHWM") - resident, time.process_time() - used[2]
        peak = max(*most, status(pid, "VmHWM"))
        allowed = self._idle + self._limits.max_decode_bytes + 2 * len(data) + OVERHEAD_BYTES
        return Ending(
            **met,
            cpu_seconds=_cpu(pid) - used[0] if alive else _dead_children_cpu() - used[1],
            seconds=seconds,
            peak_bytes=peak,
            over_bytes=max(0, peak - allowed),
            parent_bytes=parent[0],
            parent_cpu_seconds=parent[1],
        )  # fmt: skip

    @property
    def address_space(self) -> int:
        """Bytes of address space that the child has."""
        return status(self._pid, "VmSize")

    @property
    def _pid(self) -> int:
        (child,) = self.sandbox._children
        return child._process.pid


@contextmanager
def measure() -> Iterator[Meter]:
    """Have it, and leave no child behind."""
    before, made = children(), Meter()
    try:
        yield made
        assert len(children() - before) <= 1, "a child that was given up is still there"
    finally:
        made.sandbox.close()
    assert children() <= before, "a child is left"


def wrong(file: Hostile, data: bytes, end: Ending) -> str:
    """Say what is wrong with how a file has ended; nothing when all is well."""
    if end.code not in file.ends:
        return f"{file.name}: {end.code} ({end.message}), wanted {', '.join(sorted(file.ends))}"
    problem = _storage_problem(end.report) or _excess(data, end)
    return f"{file.name}: {problem}" if problem else ""


def _excess(data: bytes, end: Ending) -> str:
    """Say which bound an end is beyond."""
    if end.cpu_seconds > CPU_SECONDS + 1:
        return f"{end.cpu_seconds:.1f} s of a processor"
    if end.over_bytes:
        return f"{end.peak_bytes / MIB:.0f} MiB, {end.over_bytes / MIB:.0f} more than any image may take"
    if end.parent_bytes > len(data) + PARENT_BYTES:
        return f"this process has grown by {end.parent_bytes / MIB:.0f} MiB"
    # So that the longest file which is downloaded would take this process no longer than a child.
    if end.parent_cpu_seconds > max(1.0, CPU_SECONDS * len(data) / SETTINGS.max_bytes):
        return f"{end.parent_cpu_seconds:.1f} s of this process"
    return ""


def _storage_problem(report: str) -> str:
    """Say why a report can't be stored: a property of a row has at most 32 Ki characters, and UTF-8 no half of a pair.

    Source:
        Microsoft, "Understanding the Table service data model": Edm.String, at most 64 KiB in UTF-16.
    """
    if len(report) > 16_384:  # half of it: more than a report is
        return f"a report of {len(report):,} characters"
    if any(0xD800 <= ord(one) < 0xE000 for one in report):
        return "a report with half of a pair of surrogates"
    return ""


def children() -> set[int]:
    """Return which children this process has, the dead that nobody has asked after among them."""
    pids = set[int]()
    for file in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # that thread has ended meanwhile
            pids |= {int(pid) for pid in file.read_text(encoding="ascii").split()}
    return pids


def _end(analyst: Analyst, data: bytes, look: Callable[[], None]) -> dict[str, Any]:
    """Analyse, and say how that has ended."""
    try:
        report = _analyze(analyst, data, look).report
    except ImageRejected as rejected:
        return {"code": rejected.code, "message": str(rejected), "is_death": False, "report": ""}
    except AnalysisDied as dead:
        return {"code": dead.code, "message": str(dead), "is_death": True, "report": ""}
    error = report.get("error") or {"code": "ok", "message": ""}
    return {**error, "is_death": False, "report": json.dumps(report, ensure_ascii=False, allow_nan=False)}


def _analyze(analyst: Analyst, data: bytes, look: Callable[[], object] = int) -> Analysis:
    source = Source(container="images", name="a.jpg", etag="0x1", size_bytes=len(data), declared_type="image/jpeg")

    def stop() -> bool:
        look()
        return False

    return analyst.analyze(data, source=source, alone=False, stop=stop)


def status(pid: int, what: str) -> int:
    """Read a figure of a process, in bytes; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(what + ":")), 0)


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _dead_children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
