"""A server that forks a worker for each order, so that a whole process costs no more than a few milliseconds.

Run in a process of its own, which never starts a thread: what is forked from several may hang. Orders come on stdin,
one a line: ``{"order": 1, "table": "module:class", "environ": {…}, "verb": "receive", "text": "…"}``. On stdout, one a
line, stands what happens: the process that took an order, its stops, what it has come to, its end.
"""

import gc
import importlib
import json
import logging
import os
import select
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NoReturn

from shared import analysis, clock, wiring
from shared.errors import StorageOut, Undecided
from shared.storage import clients
from shared.storage.retries import RetryPolicy
from shared.wiring.analyst import analysis_limits, thumbnail_spec
from shared.wiring.steps import Darkroom
from tests.doubles.world import png
from tests.faults.answers import answer_of
from tests.faults.enumeration_rules import over

#: Short, as some orders are carried out while nothing gets through; long enough for a look and another send.
RETRY = RetryPolicy(within=timedelta(seconds=1), first_pause=timedelta(seconds=0.01))
VERBS: Mapping[str, Callable[[Darkroom, str], object]] = {
    "announce": lambda darkroom, text: darkroom.record.record_event(text),
    "receive": lambda darkroom, text: darkroom.receive.receive(text.encode(), owner="queue/1"),
    "bury": lambda darkroom, text: darkroom.bury.bury(text.encode()),
    "cancel": lambda darkroom, text: answer_of(darkroom.cancel.cancel, text),
    "redrive": lambda darkroom, text: answer_of(darkroom.redrive.redrive, text),
    "sweep": lambda darkroom, _: darkroom.sweep.sweep(owner="timer/1").outcomes,
}


def main() -> None:
    """Fork until stdin ends; then end all that is left."""
    _import_all()
    ear, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    unread = b""
    while True:
        ready, _, _ = select.select([0, ear], [], [])
        if ear in ready:
            os.read(ear, 4096)
            _report(running)
        if 0 in ready:
            came = os.read(0, 1 << 16)
            if not came:
                break
            *orders, unread = (unread + came).split(b"\n")
            running.update(_fork(json.loads(order)) for order in orders)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _import_all() -> None:
    """Do once what each worker would do at its first call."""
    logging.disable()
    darkroom = wiring.build({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, threaded=False)
    source = analysis.Source(container="images", name="a.png", etag="1", size_bytes=1, declared_type=None)
    limits, thumbnail = analysis_limits(darkroom.settings), thumbnail_spec(darkroom.settings)
    analysis.analyze(png(), source=source, limits=limits, thumbnail=thumbnail, monotonic=clock.monotonic)
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()


def _report(running: set[int]) -> None:
    """Say what has happened to the workers since."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        if not pid:
            return
        if os.WIFSTOPPED(status) or os.WIFCONTINUED(status):
            _say(pid=pid, stopped=os.WIFSTOPPED(status))
        else:
            running.discard(pid)
            _say(pid=pid, ended=os.waitstatus_to_exitcode(status))


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if not pid:
        _work(order)
    _say(order=order["order"], pid=pid)
    return pid


def _work(order: dict[str, Any]) -> NoReturn:
    """Carry out an order in this process, say what it has come to, and end at once."""
    signal.set_wakeup_fd(-1)
    os.close(0)
    try:
        _say(order=order["order"], outcome=_carried_out(order))
    except (StorageOut, Undecided) as outage:
        _say(order=order["order"], outage=str(outage))
    except BaseException as error:  # noqa: BLE001 - the edge of the process
        _say(order=order["order"], error=repr(error)[:2000])
    os._exit(0)


def _carried_out(order: dict[str, Any]) -> object:
    module, _, name = order["table"].partition(":")
    table = getattr(importlib.import_module(module), name)
    with clients.default_transport({}) as transport:
        darkroom = over(table)(order["environ"], transport=transport, retry=RETRY)
        darkroom.sweep._is_prepared = True
        return VERBS[order["verb"]](darkroom, order["text"])


def _say(**what: object) -> None:
    """Write one line in one piece: the pipe is shared by all workers, and keeps lines of this length whole."""
    os.write(1, json.dumps(what, default=repr).encode() + b"\n")


if __name__ == "__main__":
    main()
