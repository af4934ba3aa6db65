"""``python -m localhost.host``: run an app's functions until SIGINT or SIGTERM.

Exit status: 0 after a drain; 1 when the app cannot be started, or at a second signal; 2 for a wrong command line.
"""

# ruff: noqa: E402 - the collector rests before anything else loads

import gc

gc.disable()  # until all has loaded: nearly all of it stays, and searching it for garbage took a tenth of a start

import os
import sys

from localhost.host import app_settings
from localhost.host.app_settings import SettingsWrong
from localhost.host.host_options import HostOptions, parse
from localhost.host.log import Log, capture
from localhost.host.worker_process import ChildProcess, start_ahead
from localhost.stop import Stop


def main() -> int:
    """Run until told to stop; return the exit status."""
    options = parse()
    log = Log(options.instance)
    capture(log)
    with Stop(again=lambda: os._exit(1)) as stop:
        return _run(options, log, stop)


def _run(options: HostOptions, log: Log, stop: Stop) -> int:
    try:
        app_settings.load(options.app, os.environ)
    except SettingsWrong as error:
        log.event("host not started", level="error", error=str(error))
        return 1
    start = start_ahead(lambda: ChildProcess(options.app, options.worker, os.environ))
    from localhost.host import serve  # noqa: PLC0415 - the storage SDK loads while the worker imports the app

    return serve.run(options, start, log, stop)


if __name__ == "__main__":
    sys.exit(main())
