"""What a hostile file could make of an analysis: called in a child process, in place of ``analysis.analyze``."""

import ctypes
import os
import select
import signal
import sys
import threading

from shared.analysis.facts import Analysis
from shared.errors import ImageRejected

SEEN = {"images": 0}


def analyze(data: bytes, **_given: object) -> Analysis:
    """Do what the bytes say."""
    SEEN["images"] += 1
    act = globals()[f"_{data.decode()}"]
    act()
    report = {"pid": os.getpid(), "images": SEEN["images"], "environ": sorted(os.environ)}
    return Analysis(report=report, thumbnail=None)


def _behave() -> None:
    """Do nothing bad."""


def _reject() -> None:
    raise ImageRejected("corrupt_image", "It is broken.")


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


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(16 * 1024 * 1024))


def _babble() -> None:
    os.write(int(sys.argv[1]), b"\xff" * 64)


def _mumble() -> None:
    os.write(int(sys.argv[1]), b"\x00\x00\x00\x02\x00\x00\x00\x00[]")


def _forge() -> None:
    os.write(int(sys.argv[1]), b'\x00\x00\x00\x18\x00\x00\x00\x00{"number":9,"report":{}}')


def _mutter() -> None:
    os.write(int(sys.argv[1]), b'\x00\x00\x00\x17\x00\x00\x00\x00{"number":2,"report":1}')
