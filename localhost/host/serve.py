"""Run a host from its start to the end of its drain."""

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable

from localhost.host.app_settings import SettingsWrong
from localhost.host.host import Host
from localhost.host.host_options import HostOptions
from localhost.host.log import Log
from localhost.host.worker_process import WorkerProcess
from localhost.stop import Stop


def run(options: HostOptions, start_worker: Callable[[], WorkerProcess], log: Log, stop: Stop) -> int:
    """Run until told to stop; return the exit status.

    Args:
        options: How it runs.
        start_worker: Starts the process that calls the functions.
        log: Where events go.
        stop: Says when to stop.
    """
    host = _make(options, start_worker, log)
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
    if host.drops:
        log.event("app log lines dropped: they belong to no running invocation", level="warning", count=host.drops)
    if not drained:
        # Threads that overstayed the drain cannot be ended in any other way; the worker ends with this process.
        sys.stderr.flush()
        os._exit(0)
    return 0


def _make(options: HostOptions, start_worker: Callable[[], WorkerProcess], log: Log) -> Host | None:
    try:
        return Host(options, start_worker, environ=os.environ, log=log)
    except SettingsWrong as error:
        log.event("host not started", level="error", error=str(error))
    except OSError as error:
        log.event("host not started", level="error", error=f"{error} (port {options.port})")
    except Exception:  # noqa: BLE001 - the edge of the process
        log.event("host not started", level="error", error=traceback.format_exc())
    return None
