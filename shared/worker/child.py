"""One process of a group, started by a supervisor as ``python -m shared.worker.child``.

It says how it is on stdout, a line of JSON each second. An empty line on its stdin wakes it; the end of stdin, which
comes with the end of its parent too, asks it to drain. Handlers have neither: what they print goes to stderr with what
is logged, and what they read, or a program that they start, is empty.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from shared import wiring
from shared.errors import SettingsInvalid
from shared.worker import log_lines
from shared.worker.run import Ending, run
from shared.worker.signals import Signals
from shared.worker.worker import Health, Worker


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a process is told by its parent.

    Attributes:
        slots: Messages at once.
        drain: Seconds to end what is under way.
        leads: Whether it does the chores.
        memory_bytes: Its share of the instance's memory; None where that is not known.
        handlers: Modules that register handlers.
    """

    slots: int
    drain: float
    leads: bool
    memory_bytes: int | None = None
    handlers: Sequence[str] = ()


@dataclass(frozen=True)
class Parent:
    """The pipes to and from the parent, which programs that this process starts do not have.

    Attributes:
        orders: Descriptor of what it wants.
        words: Descriptor of what it is told.
    """

    orders: int
    words: int

    @classmethod
    def take(cls) -> Self:
        """Take them away from stdin and stdout."""
        taken = cls(os.dup(0), os.dup(1))
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)
        os.dup2(2, 1)
        return taken

    def tell(self, health: Health) -> None:
        """Tell how this process is, if there still is a parent."""
        try:
            os.write(self.words, f"{json.dumps(asdict(health))}\n".encode())
        except OSError:
            return


class Orders:
    """What the parent wants, and signals: however many come, they ask to drain.

    Args:
        orders: Descriptor of what the parent wants.
        signals: Those of this process.
        wake: Called when the parent wakes it.
    """

    def __init__(self, orders: int, signals: Signals, wake: Callable[[], object]) -> None:
        self._orders = orders
        self._signals = signals
        self._on_wake = wake
        self._is_over = False

    @property
    def count(self) -> int:
        """Whether an end is wished for, as a number; who wants it at once kills."""
        return int(self._is_over or self._signals.count > 0)

    def wait(self, seconds: float) -> None:
        """Wait for a while, or until there is something to do."""
        descriptors = [] if self._is_over else [self._orders]
        if self._signals.wait(seconds, *descriptors):
            self._is_over = not os.read(self._orders, 4096)
            self._on_wake()

    def wake(self) -> None:
        """Let who waits go on."""
        self._signals.wake()


def import_handlers(modules: Sequence[str]) -> None:
    """Import modules that register handlers, from the folder of the caller too.

    Raises:
        SettingsInvalid: One is not there, or needs what is not there.
    """
    if modules and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # last: nothing there passes for a module of ours
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise SettingsInvalid([f"--handlers: must be a module that can be imported: {error}"]) from error


def main(arguments: Sequence[str]) -> Ending:
    """Run a worker as the parent wants; return how it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's goes to the parent too, which asks to drain
    parent, options = Parent.take(), Options(**json.loads(arguments[0]))
    log_lines.write_to_stderr()
    try:
        import_handlers(options.handlers)
        darkroom = wiring.build(os.environ, memory_bytes=options.memory_bytes)
    except SettingsInvalid as invalid:
        for problem in invalid.problems:
            print(f"darkroom: {problem}", file=sys.stderr)  # noqa: T201 - it is part of a command
        return Ending.SETTINGS
    worker = Worker(darkroom, slots=options.slots, leads=options.leads)
    with Signals((signal.SIGTERM,)) as signals:
        orders = Orders(parent.orders, signals, worker.wake)
        return run(worker, drain=options.drain, wishes=orders, tick=lambda: parent.tell(worker.health()))


if __name__ == "__main__":
    ending = main(sys.argv[1:])
    if ending is Ending.CUT_SHORT:
        sys.stderr.flush()
        os._exit(ending)  # its threads still run, and would be waited for
    sys.exit(ending)
