"""``python -m localhost.host``: run an app's functions until SIGINT or SIGTERM.

Exit status: 0 after a drain; 1 when the app cannot be started, or at a second signal; 2 for a wrong command line.
"""

# ruff: noqa: E402 - the collector rests before anything else loads

import gc

gc.disable()  # until the app has loaded: nearly all of it stays, and searching it for garbage took a tenth of a start

import json
import os
import sys
import traceback

from localhost.host.app_settings import SettingsWrong
from localhost.host.host import Host
from localhost.host.host_options import HostOptions, parse
from localhost.host.log import AppLogs, Log, capture
from localhost.stop import Stop


def main() -> int:
    """Run until told to stop; return the exit status."""
    options = parse()
    log = Log(options.instance)
    logs = capture(log, options.generation)
    if options.app.is_dir():
        os.chdir(options.app)  # as ``func start`` does: a function may open files by relative paths
    with Stop(again=lambda: os._exit(1)) as stop:
        return _run(options, log, logs, stop)


def _run(options: HostOptions, log: Log, logs: AppLogs, stop: Stop) -> int:
    host = _make(options, log)
    gc.freeze()  # or the first collection would search all of it at once
    gc.enable()
    if host is None:
        return 1
    names = sorted(name for name, function in host.functions.items() if not function.is_disabled)
    # Before anything that a function may print; the port is open already, and holds requests until they are served.
    ready = {"event": "host started", "port": host.port, "functions": names}
    if host.keys is not None:
        ready["keys"] = {"function": host.keys.function, "master": host.keys.master}  # here alone, never in the log
    print(json.dumps(ready), flush=True)  # noqa: T201
    log.event("host started", port=host.port, functions=names)
    host.start()
    stop.wait_for_signal()
    drained = host.close()
    if logs.drops:
        log.event("app log lines dropped: they belong to no running invocation", level="warning", count=logs.drops)
    if not drained:
        # Threads that overstayed the drain cannot be ended in any other way.
        sys.stderr.flush()
        os._exit(0)
    return 0


def _make(options: HostOptions, log: Log) -> Host | None:
    try:
        return Host(options, log=log)
    except SettingsWrong as error:
        log.event("host not started", level="error", error=str(error))
    except OSError as error:
        log.event("host not started", level="error", error=f"{error} (port {options.port})")
    except Exception:  # noqa: BLE001 - the edge of the process: importing the app may raise anything
        log.event("host not started", level="error", error=traceback.format_exc())
    return None


if __name__ == "__main__":
    sys.exit(main())
