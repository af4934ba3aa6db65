"""Run ``darkroom worker``: one process, or a group of them."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from shared import wiring
from shared.cli import settings as app_settings
from shared.cli.words import Address
from shared.cli.worker_options import parser
from shared.errors import SettingsInvalid
from shared.settings import instance
from shared.settings.settings import Settings
from shared.wiring.analyst import analysis_places
from shared.worker import health, log_lines
from shared.worker.child import Options, import_handlers
from shared.worker.children import ChildProcess
from shared.worker.run import Ending, run
from shared.worker.signals import Signals
from shared.worker.supervisor import Supervisor
from shared.worker.worker import Worker

#: Messages at once beyond the images that are analysed at once: one is read, one is committed meanwhile.
SPARE_SLOTS = 2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the command is told.

    Attributes:
        slots: Messages at once in each process; what its analyses need by default.
        processes: How many.
        drain: Seconds to end what is under way.
        health: Where to serve ``/health``.
        handlers: Modules that register handlers.
    """

    slots: int | None
    processes: int
    drain: float
    health: Address | None
    handlers: Sequence[str]


def work(words: Sequence[str]) -> int:
    """Run until a signal comes; return the exit status, or end the process if it was cut short.

    Args:
        words: Of the command line, behind ``worker``.
    """
    options = vars(parser().parse_args(words))
    try:
        ending = consume(app_settings.read(options.pop("settings")), Plan(**options))
    except SettingsInvalid as invalid:
        for problem in invalid.problems:
            print(f"darkroom: {problem}", file=sys.stderr)  # noqa: T201 - it is part of a command
        return Ending.SETTINGS
    if ending is Ending.CUT_SHORT:
        sys.stderr.flush()
        os._exit(ending)  # its threads still run, and would be waited for
    return ending


def consume(environ: Mapping[str, str], plan: Plan) -> Ending:
    """Run until a signal comes.

    Args:
        environ: App settings.
        plan: How.

    Raises:
        SettingsInvalid: With every setting that can't be used.
    """
    log_lines.write_to_stderr()
    of_instance = instance.memory_bytes()
    memory_bytes = None if of_instance is None else of_instance // plan.processes
    slots = plan.slots or analysis_places(Settings.read(environ, memory_bytes=memory_bytes)) + SPARE_SLOTS
    return (_run_one if plan.processes == 1 else _run_group)(environ, plan, slots, memory_bytes)


def _run_one(environ: Mapping[str, str], plan: Plan, slots: int, memory_bytes: int | None) -> Ending:
    import_handlers(plan.handlers)
    worker = Worker(wiring.build(environ, memory_bytes=memory_bytes), slots=slots)

    def report() -> dict[str, Any]:
        return health.state_of([{**asdict(worker.health()), "pid": os.getpid()}])

    with Signals() as signals, _serve(report, plan.health):
        return run(worker, drain=plan.drain, wishes=signals)


def _run_group(environ: Mapping[str, str], plan: Plan, slots: int, memory_bytes: int | None) -> Ending:
    def launch(number: int) -> ChildProcess:
        options = Options(
            slots=slots, drain=plan.drain, leads=number == 0, memory_bytes=memory_bytes, handlers=plan.handlers
        )
        return ChildProcess(options, environ)

    with Signals() as signals:
        group = Supervisor(launch, processes=plan.processes, drain=plan.drain, wishes=signals)
        with _serve(group.report, plan.health):
            return group.run()


@contextmanager
def _serve(report: health.Report, at: Address | None) -> Iterator[None]:
    """Serve ``/health`` beside what is in the ``with`` block, if it is wanted."""
    with ExitStack() as serving:
        if at is not None:
            from shared.worker import health_server  # noqa: PLC0415 - an HTTP server, for those who ask for one

            try:
                serving.enter_context(health_server.serve(report, at.host, at.port))
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise SettingsInvalid([f"--health: must be a free address of this machine: {reason}"]) from None
        yield
