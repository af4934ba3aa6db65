"""What a hostile file could make of an analysis: called in a child process, in place of ``analysis.analyze``."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

from shared.analysis import report
from shared.analysis.interface import Analysis, Source
from shared.errors import ImageRejected

SEEN = {"images": 0}
KEPT: list[bytes] = []


def analyze(data: bytes, *, source: Source, **_given: object) -> Analysis:
    """Do what the bytes say, and report like an analyzer of that name."""
    SEEN["images"] += 1
    act = globals()[f"_{data.decode()}"]
    act()
    section = {"pid": os.getpid(), "images": SEEN["images"], "environ": sorted(os.environ)}
    head = {**report.envelope(None), "source": report.source_unread(source)}
    return Analysis(report={**head, "hostile": section, "timing": report.timing(0, 0)}, thumbnail=None)


def _behave() -> None:
    """Do nothing bad."""


def _reject() -> None:
    raise ImageRejected("corrupt_image", "It is broken.")


def _curse() -> None:
    raise ImageRejected("x" * 40_000, "\ud800")


def _raise() -> None:
    raise KeyError("x")


def _segfault() -> None:
    ctypes.string_at(0)


def _abort() -> None:
    os.abort()


def _exit() -> None:
    os._exit(3)


def _vanish() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    select.select([], [], [])


def _hang_in_a_thread() -> None:
    threading.Thread(target=_hang).start()


def _spin() -> None:
    while True:
        pass


def _toil() -> None:
    """Take 0.6 s of the processor."""
    until = sum(os.times()[:2]) + 0.6
    while sum(os.times()[:2]) < until:
        pass


def _tangle() -> None:
    """Leave 48 MiB behind in a circle of references."""
    circle: list[object] = [bytearray(48 * 1024 * 1024)]
    circle.append(circle)


def _hoard() -> None:
    """Take 80 MiB, keep a little that lies behind them, and let go of the rest."""
    bytes(30 * 1024 * 1024)
    taken = [b"\1" * (16 * 1024 * 1024) for _ in range(5)]
    KEPT.append(b"\1" * 100_000)
    taken.clear()


def _eat() -> None:
    """Eat 4 GiB and no more: where no limit is, a test fails and the machine goes on."""
    eaten = [bytearray(16 * 1024 * 1024) for _ in range(256)]
    eaten.clear()


def _leave() -> None:
    """End by a signal that has no name."""
    os.kill(os.getpid(), signal.SIGRTMIN + 5)


def _breed() -> None:
    """Start another process, which would never end, and tell its parent's parent."""
    started = subprocess.Popen([sys.executable, "-c", "import select; select.select([], [], [])"])
    Path(os.environ["TMPDIR"], "bred").write_text(str(started.pid), encoding="ascii")
    _hang()


def _babble() -> None:
    os.write(int(sys.argv[1]), b"\xff" * 64)


def _drip() -> None:
    """Send a long reply a byte at a time, more often than the parent would lose its patience with silence."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.write(int(sys.argv[1]), b"\x00\x0f\xff\xff\x00\x00\x00\x00")
    while True:
        os.write(int(sys.argv[1]), b" ")
        select.select([], [], [], 0.02)


def _mumble() -> None:
    os.write(int(sys.argv[1]), b"\x00\x00\x00\x02\x00\x00\x00\x00[]")


def _forge() -> None:
    os.write(int(sys.argv[1]), b'\x00\x00\x00\x18\x00\x00\x00\x00{"number":9,"report":{}}')


def _heckle() -> None:
    """Answer as asked, and then the next request before it comes."""
    threading.Timer(0.05, _forge_next).start()


def _forge_next() -> None:
    os.write(int(sys.argv[1]), b'\x00\x00\x00\x21\x00\x00\x00\x00{"number":2,"out_of_memory":true}')


def _mutter() -> None:
    os.write(int(sys.argv[1]), b'\x00\x00\x00\x17\x00\x00\x00\x00{"number":2,"report":1}')
