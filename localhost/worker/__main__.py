"""``python -m localhost.worker APP KIND CHANNEL``: started by the local host alone; ends with it, never by itself.

CHANNEL is the descriptor of a socket.
"""

# ruff: noqa: E402 - the collector rests before anything else loads

import gc

gc.disable()  # until the app has loaded: nearly all of it stays, and searching it for garbage took a tenth of a start

import os
import signal
import socket
import sys
import traceback
from pathlib import Path

from localhost.channel import Channel
from localhost.stop import SIGNALS
from localhost.worker.app import AppWrong, find_functions
from localhost.worker.calls import Calls, Functions
from localhost.worker.kinds import Kind
from localhost.worker.log_frames import capture


def main() -> None:
    """Serve the host until it is gone."""
    app, kind, line = Path(sys.argv[1]), Kind(sys.argv[2]), int(sys.argv[3])
    os.set_inheritable(line, False)  # what the app starts must not hold it
    channel = Channel(socket.socket(fileno=line))
    for number in SIGNALS:
        # They reach all of a terminal's group; the host lets calls end first. SIG_IGN would be inherited by children.
        signal.signal(number, lambda *_: None)
    capture(channel, kind)
    functions = _load(app, kind, channel)
    gc.freeze()  # or the first collection would search all of it at once
    gc.enable()
    if functions is not None:
        Calls(channel, functions).serve()
    os._exit(0)  # whatever still runs: the host has ended, and the real one kills its worker then


def _load(app: Path, kind: Kind, channel: Channel) -> Functions | None:
    """Import the app; None when it cannot work, which the host is told."""
    if app.is_dir():
        os.chdir(app)  # a function may open files by relative paths
    try:
        if kind is Kind.RUNTIME:
            from localhost.worker.runtime import Runtime  # noqa: PLC0415 - of newer Pythons alone

            return Runtime(app)
        from localhost.worker.converters import Converters, thread_count  # noqa: PLC0415 - the other kind's

        return Converters(find_functions(app), folder=app, threads=thread_count(os.environ))
    except AppWrong as error:
        channel.send({"frame": "refusal", "error": str(error)})
    except BaseException:  # noqa: BLE001 - the edge of the process: importing the app may raise anything
        channel.send({"frame": "refusal", "error": traceback.format_exc()})
    return None


if __name__ == "__main__":
    main()
