"""A redrive with its ledger, as often interrupted and begun again as a test wants."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shared.cli.acts import Act
from shared.cli.bulk import Bulk
from shared.cli.ledger_file import LedgerFile
from shared.cli.operations import Operation, Progress
from shared.cli.selection import Selection
from shared.rules.timestamps import rfc3339
from tests.unit.cli.jobs_service import NOON, Countdown, Death, JobsService

AS_OF = str(rfc3339(NOON))
OPERATION = Operation(id="0" * 32, target="here", action="redrive", filters={"state": "FAILED"}, as_of=AS_OF)
SELECTION = Selection("/jobs", ({"state": "FAILED", "until": NOON},))


class MortalLedger(LedgerFile):
    """A ledger that may die before it writes a line, when half of the line stands, and behind it."""

    moment: Callable[[], None] = Countdown()

    def _write(self, line: Mapping[str, Any]) -> None:
        before = self.path.stat().st_size
        self.moment()
        super()._write(line)
        try:
            self.moment()
        except Death:
            whole = self.path.read_bytes()
            self.path.write_bytes(whole[: (before + len(whole)) // 2])
            raise
        self.moment()


def ledger_of(folder: Path) -> MortalLedger:
    """Give the ledger of the operation."""
    return MortalLedger(folder, OPERATION.target, OPERATION.action, OPERATION.filters)


def bulk(service: JobsService, ledger: LedgerFile, **more: Any) -> Bulk:  # noqa: ANN401 - fields of Bulk
    """Give what acts, one batch at a time."""
    fields = {"watch": lambda _: None, "should_stop": lambda: False, "pause": lambda _: None, "at_once": 1, **more}
    return Bulk(service=service, ledger=ledger, kind=Act.REDRIVE_JOBS, more={"as_of": AS_OF}, **fields)


def run(service: JobsService, folder: Path, moment: int | None = None) -> Progress:
    """Redrive, from where the last run has stopped; return what has come of it.

    Args:
        service: Has the jobs.
        folder: Of the ledger.
        moment: At which this process dies.

    Raises:
        Death: It has died.
    """
    with ledger_of(folder) as ledger:
        service.moment = ledger.moment = Countdown(moment)
        if ledger.progress.operation is None:
            ledger.begin(OPERATION)
        if not ledger.progress.is_planned:
            SELECTION.collect(service, ledger, lambda _: None)
        bulk(service, ledger).act()
        progress = ledger.progress
        ledger.moment()
        ledger.end()
    return progress
