"""What the command line says; every time of the real host is an option with its value as default."""

import argparse
import dataclasses
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from localhost.worker.kinds import OWN, Kind

#: The storage service grants blob leases of this length and no other.
LEASE_RANGE = (timedelta(seconds=15), timedelta(seconds=60))

#: ``--fast``: quick values for a laptop run, where waiting proves nothing.
FAST: dict[str, timedelta] = {
    "scan": timedelta(seconds=0.5),
    "poll_max": timedelta(seconds=0.25),
    "message_lease": timedelta(seconds=10),
    "singleton_lease": timedelta(seconds=15),
    "restart": timedelta(seconds=1),
}


@dataclass(frozen=True, kw_only=True)
class HostOptions:
    """How this host runs."""

    app: Path
    port: int = 7071
    instance: str = dataclasses.field(default_factory=lambda: f"host-{os.getpid()}")
    #: Between two scans of a container (LogsAndContainerScan).
    scan: timedelta = timedelta(seconds=10)
    #: A received message stays hidden so long; renewed to it when half is gone. Whole seconds.
    message_lease: timedelta = timedelta(minutes=10)
    #: The longest wait between two polls of an empty queue; None: what host.json says.
    poll_max: timedelta | None = None
    #: Blob lease of a singleton listener (timer, container scan); 15 to 60 whole seconds.
    singleton_lease: timedelta = timedelta(seconds=60)
    #: How long running invocations may go on after SIGTERM.
    drain: timedelta = timedelta(seconds=30)
    #: Whether HTTP asks for keys.
    auth: bool = False
    #: Names under which HTTP may be called, beside those of this machine itself.
    allow_hosts: tuple[str, ...] = ()
    #: Which worker runs the functions.
    worker: Kind = OWN
    #: Between two restarts of the worker process, at least; the first one comes at once.
    restart: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        """Refuse values that the storage service would refuse later."""
        if not LEASE_RANGE[0] <= self.singleton_lease <= LEASE_RANGE[1]:
            raise ValueError("--singleton-lease-seconds must be from 15 to 60, as blob leases are.")
        for name in ("message_lease", "singleton_lease"):
            value: timedelta = getattr(self, name)
            if value < timedelta(seconds=1) or value.microseconds:
                raise ValueError(f"--{name.replace('_', '-')}-seconds must be a whole number of at least 1.")
        if min(self.scan, self.scan if self.poll_max is None else self.poll_max) <= timedelta(0) or min(
            self.drain, self.restart
        ) < timedelta(0):
            raise ValueError(
                "--scan-seconds and --poll-max-seconds must be more than 0; "
                "--drain-seconds and --restart-seconds must be at least 0."
            )


def parse(words: list[str] | None = None) -> HostOptions:
    """Read the command line; ends the process with status 2 and a message when it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m localhost.host", description="Run the functions of an app on this machine."
    )
    parser.add_argument("--app", type=Path, required=True, help="the folder that holds function_app.py and host.json")
    parser.add_argument("--port", type=int, default=7071, help="port for HTTP on 127.0.0.1; 0 chooses a free one")
    parser.add_argument(
        "--auth",
        action="store_true",
        help="require function keys; the ready line on stdout shows them, new at each start",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME[:PORT]",
        help="also answer requests to this host name; by default only localhost and loopback addresses; repeatable",
    )
    parser.add_argument(
        "--worker",
        choices=[each.value for each in Kind],
        default=OWN.value,
        help="how to run functions: as the worker up to Python 3.12 (thread), as that with the context variables of "
        "later ones (context), or by the library of the later one itself (runtime); default: like that of this Python",
    )
    parser.add_argument("--instance", help="name of this host in the log (default: host-PID)")
    _add_times(parser)
    arguments = parser.parse_args(words)
    try:
        return _options(arguments)
    except ValueError as error:
        parser.error(str(error))


def _add_times(parser: argparse.ArgumentParser) -> None:
    for name, meaning in (
        ("scan", "between two scans of a container (default: 10)"),
        ("message-lease", "that a received message stays hidden (default: 600)"),
        ("poll-max", "between two polls of an empty queue, at most (default: maxPollingInterval of host.json)"),
        ("singleton-lease", "that a dead host keeps its timers and scans (default: 60)"),
        ("drain", "that running functions have to end after SIGTERM (default: 30)"),
        ("restart", "between two restarts of the worker process, at least (default: 10)"),
    ):
        parser.add_argument(f"--{name}-seconds", type=_seconds, metavar="N", help=f"seconds {meaning}")
    quick = ", ".join(f"{name.replace('_', '-')} {value.total_seconds():g} s" for name, value in FAST.items())
    parser.add_argument("--fast", action="store_true", help=f"use short times unless an option sets them: {quick}")


def _options(arguments: argparse.Namespace) -> HostOptions:
    values: dict[str, Any] = dict(FAST) if arguments.fast else {}
    for name in ("scan", "message_lease", "poll_max", "singleton_lease", "drain", "restart"):
        value = getattr(arguments, f"{name}_seconds")
        if value is not None:
            values[name] = value
    values |= {"worker": Kind(arguments.worker), "allow_hosts": tuple(arguments.allow_host)}
    options = dataclasses.replace(
        HostOptions(app=arguments.app.resolve(), port=arguments.port, auth=arguments.auth), **values
    )
    return dataclasses.replace(options, instance=arguments.instance) if arguments.instance else options


def _seconds(text: str) -> timedelta:
    """Return the seconds as a time span."""
    return timedelta(seconds=float(text))
