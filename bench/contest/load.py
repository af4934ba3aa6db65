"""How much of the cores other programs use while a bench runs: what /proc counts beyond this process and its own."""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

from bench.contest.processes import TICK_MS, cpu_ms
from shared import clock

_STAT = Path("/proc/stat")
_CORES = os.cpu_count() or 1
#: Above this share of all cores others are told of.
WORTH_TELLING = 0.1
#: ``prctl``: orphans become children of this process (PR_SET_CHILD_SUBREAPER of linux/prctl.h).
_ADOPT = 36


@dataclass(frozen=True)
class Load:
    """What has been used until a moment.

    Attributes:
        at: The moment, in seconds.
        all_ms: Processor time of the whole machine, what a hypervisor has given to others included.
        own_ms: Of this process and all that it has started.
    """

    at: float
    all_ms: float
    own_ms: float


def load() -> Load:
    """Read what has been used so far; nothing where there is no /proc."""
    if not _STAT.exists():
        return Load(clock.monotonic(), 0.0, 0.0)
    # user, nice, system, idle, iowait, irq, softirq, steal (proc(5)); guests are among the users
    ticks = [int(field) for field in _STAT.read_text("ascii").split(maxsplit=9)[1:9]]
    return Load(clock.monotonic(), TICK_MS * (sum(ticks) - ticks[3] - ticks[4]), cpu_ms([os.getpid()]))


def share_of_others(begin: Load, end: Load, *, cores: int = _CORES) -> float:
    """Return the share of all cores that others have used between two moments, from 0 to 1."""
    used = (end.all_ms - begin.all_ms) - (end.own_ms - begin.own_ms)
    there = 1000 * cores * (end.at - begin.at)
    return min(1.0, max(0.0, used / there)) if there > 0 else 0.0


def note_on(share: float) -> str | None:
    """Say what others have used, where that is worth telling."""
    if share <= WORTH_TELLING:
        return None
    return f"Other programs used {share:.0%} of the cores meanwhile: times are longer than on a machine of their own."


def adopt_orphans() -> None:
    """Count what a contestant's processes have used also when their parent ends, or is killed, before them."""
    if _STAT.exists():
        ctypes.CDLL(None).prctl(_ADOPT, 1, 0, 0, 0)
