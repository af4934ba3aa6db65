"""What is said around an operation: how many match, whether to go on, and what has come of it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.cli.acts import Act
from shared.cli.bulk import Bulk, Interrupted
from shared.cli.exits import Status, stop
from shared.cli.interrupts import Interrupts
from shared.cli.ledger_file import LedgerFile, LedgerUnusable
from shared.cli.operations import CHANGED, Ledger, Operation, Progress, Result
from shared.cli.output import Column, Kind, Output
from shared.cli.question import confirm
from shared.cli.request import Request
from shared.cli.selection import begin_of_lists
from shared.cli.service import Service, ServiceDown, ServiceRefused, ServiceUnreachable
from shared.errors import LockHeld
from shared.rules.timestamps import rfc3339
from shared.runtime import Runtime

#: Of what matches, so many are shown.
FIRST = 5
_CHANGED = "It has changed since the operation began. An earlier, interrupted try may have done it."
Entry = Mapping[str, Any]


@dataclass
class Dialogue:
    """One operation on all that matches.

    Attributes:
        request: What is done, and on what.
        service: The API.
        output: For what is said to the operator.
        target: Where the jobs are; see ``Operation``.
        line: The command to go on with.
        folder: Of ledgers.
        runtime: Time and chance.
        results: Takes each result as a line of JSON, for programs.
        can_ask: Whether somebody is there to be asked.
    """

    request: Request
    service: Service
    output: Output
    target: str
    line: Sequence[str]
    folder: Path
    runtime: Runtime
    results: Output | None = None
    can_ask: bool = False

    @property
    def act(self) -> Act:
        """What is done."""
        return self.request.act

    def preview(self) -> Status:
        """Say what matches, and change nothing."""
        ledger, first, as_of = Ledger(), list[Entry](), begin_of_lists(self.service)
        ledger.begin(self._operation(as_of))
        self._list(ledger, as_of, first)
        self._say_what_matches(ledger.progress, first)
        return Status.DONE

    def hold(self, *, yes: bool, restart: bool) -> Status:
        """Carry the operation out, from its beginning or from where an earlier process has stopped.

        Args:
            yes: Do not ask.
            restart: Begin again, even where an earlier one is not over.
        """
        if not yes and not self.can_ask:
            stop(
                Status.USAGE,
                "Nobody is there to answer a question. Look at what matches with --dry-run, then give --yes.",
            )
        name = f"{self.act.path}:{self.act.action}"
        try:
            with LedgerFile(self.folder, self.target, name, self.request.filters, restart=restart) as ledger:
                return self._carry_out(ledger, yes=yes)
        except LockHeld:
            stop(Status.REFUSED, "Another process is at this operation. Wait until it is done.")
        except LedgerUnusable as error:
            stop(Status.FAILED, str(error))

    def _carry_out(self, ledger: LedgerFile, *, yes: bool) -> Status:
        output = self.output
        try:
            self._plan(ledger)
            rest = len(ledger.progress.remainder())
            if rest and not yes and not confirm(f"{self.act.words.imperative} {self.act.things(rest)}?"):
                output.line("Nothing more was done." if ledger.progress.outcomes else "Nothing was done.")
                ledger.end()
                return Status.REFUSED
            self._act(ledger)
        except (KeyboardInterrupt, Interrupted):
            self._say_how_to_go_on(ledger)
            return Status.INTERRUPTED
        except (ServiceDown, ServiceUnreachable, ServiceRefused, LedgerUnusable, OSError):
            self._say_how_to_go_on(ledger)
            raise
        refused = ledger.progress.refusals
        if ledger.progress.plan:
            self._sum_up(ledger.progress)
        ledger.end()
        return Status.REFUSED if refused else Status.DONE

    def _plan(self, ledger: Ledger) -> None:
        """Begin, or go on; behind this the plan is complete."""
        output, progress, first = self.output, ledger.progress, list[Entry]()
        if progress.operation is None:
            as_of = begin_of_lists(self.service)
            ledger.begin(self._operation(as_of))
            self._list(ledger, as_of, first)
            self._say_what_matches(ledger.progress, first)
            return
        noun, began = self.act.words.noun, progress.operation.as_of
        if not progress.is_planned:
            output.line(f"Goes on with the {noun} begun at {began}: what matches was not listed to its end.")
            self._list(ledger, progress.operation.began, first)
            self._say_what_matches(ledger.progress, first)
        else:
            settled, total = len(progress.outcomes), len(progress.plan)
            output.line(f"Goes on with the {noun} begun at {began}: {settled:,} of {total:,} are done.")
            if self.act is Act.CANCEL_JOBS and settled < total:  # the service can't tell them: their rows do not
                output.line(
                    "Jobs that were opened again since then are canceled too. Give --new to start over with a new list."
                )

    def _operation(self, as_of: datetime) -> Operation:
        return Operation(
            id=self.runtime.draw(),
            target=self.target,
            action=self.act.action,
            filters=self.request.filters,
            as_of=str(rfc3339(as_of)),
        )

    def _list(self, ledger: Ledger, as_of: datetime, first: list[Entry]) -> None:
        with self.output.progress("listing") as progress:

            def watch(entries: Sequence[Entry]) -> None:
                first.extend(entries[: FIRST - len(first)])
                progress.advance(len(entries))

            self.request.select(as_of).collect(self.service, ledger, watch)

    def _say_what_matches(self, progress: Progress, first: Sequence[Entry]) -> None:
        output, total = self.output, len(progress.plan)
        if not total:
            output.line("Nothing matches.")
            return
        output.line(f"{self.act.things(total)} match{'es' if total == 1 else ''}.")
        self.request.show(output, first)
        if first and total > len(first):
            output.line(f"… and {total - len(first):,} more")

    def _act(self, ledger: Ledger) -> None:
        output, operation = self.output, ledger.progress.operation
        if operation is None:
            raise AssertionError("nothing has begun")
        as_of = {"as_of": operation.as_of} if self.act.is_of_jobs else {}

        def notify() -> None:
            output.note("Stops when the batches on their way are back. Press Ctrl-C again to stop at once.")

        with Interrupts(notify) as interrupts, output.progress(self.act.words.going, len(ledger.progress.plan)) as bar:
            bar.advance(len(ledger.progress.outcomes))

            def watch(results: Sequence[Result]) -> None:
                bar.advance(len(results))
                self._print(ledger.progress.plan, results)

            Bulk(
                service=self.service,
                ledger=ledger,
                kind=self.act,
                more={**self.request.more, **as_of},
                watch=watch,
                should_stop=interrupts,
                pause=self.runtime.pause,
            ).act()

    def _print(self, plan: Sequence[str], results: Sequence[Result]) -> None:
        if self.results is not None:
            for place, outcome, code, detail in results:
                self.results.json_line({"id": plan[place], "outcome": outcome, "code": code, "detail": detail})

    def _say_how_to_go_on(self, ledger: Ledger) -> None:
        """Say how far it is and how to go on; forget the operation where nothing is left to do."""
        output, progress = self.output, ledger.progress
        if progress.plan:
            self._sum_up(progress)
        rest = len(progress.plan) - len(progress.outcomes)
        if rest:
            output.note(f"{self.act.things(rest)} left. To go on: {shlex.join(self.line)}")
        else:
            ledger.end()

    def _sum_up(self, progress: Progress) -> None:
        output, past = self.output, self.act.words.past
        output.line(f"{progress.successes:,} {past}, {progress.refusals:,} refused.")
        rows = [
            (f"{count:,}", code, _CHANGED if code == CHANGED else progress.details[code])
            for code, count in progress.reasons.most_common()
        ]
        output.table([Column("refused", right=True), "code", Column("reason", Kind.TEXT)], rows)
