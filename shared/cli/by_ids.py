"""Act on what an operator names by its id: no list, no ledger, and a line for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import typer

from shared.cli import words
from shared.cli.acts import Act
from shared.cli.bulk import Bulk, Interrupted
from shared.cli.connect import Options, connect
from shared.cli.dialogue import confirm
from shared.cli.exits import Status, exit_on_error, stop
from shared.cli.interrupts import Interrupts
from shared.cli.operate import is_attended
from shared.cli.operations import DONE, REFUSED, Ledger, Operation, Result
from shared.cli.output import Output, open_output
from shared.cli.request import NOTHING, Manner
from shared.cli.selection import time_of
from shared.cli.service import Service
from shared.clock import DATE_STEP
from shared.errors import InvalidReference
from shared.rules import ids as job_ids
from shared.rules.timestamps import rfc3339
from shared.runtime import Runtime


def by_ids(act: Act, ids: Sequence[str], manner: Manner, more: Mapping[str, Any] = NOTHING) -> NoReturn:
    """Act on what has these ids, and exit; one that is refused does not stop the others.

    Raises:
        Exit: Always.
    """
    if manner.dry_run:
        stop(Status.USAGE, "Ids match themselves. Give filters with --dry-run.")
    with exit_on_error():
        _ask(act, len(set(ids)), manner)
        errand = _Errand(connect(Options(manner.url, manner.settings)), open_output(), more)
        try:
            errand.run(act, ids)
        except Interrupted:
            raise typer.Exit(Status.INTERRUPTED) from None
        finally:
            errand.print(ids, act.words.past, as_json=manner.as_json)
        raise typer.Exit(errand.status)


def _ask(act: Act, count: int, manner: Manner) -> None:
    """Ask before what can't be undone."""
    if act not in (Act.DELETE_JOBS, Act.DELETE_REJECTED) or manner.yes:
        return
    if not is_attended():
        stop(Status.USAGE, "Nobody is there to answer a question. Give --yes.")
    if not confirm(f"{act.words.imperative} {act.things(count)}?"):
        raise typer.Exit(Status.REFUSED)


@dataclass
class _Errand:
    """What becomes of each id.

    Attributes:
        results: Outcome, code and sentence of each id that has one.
    """

    service: Service
    output: Output
    more: Mapping[str, Any]
    results: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """How the command ends."""
        return Status.DONE if all(outcome == DONE for outcome, *_ in self.results.values()) else Status.REFUSED

    def run(self, act: Act, ids: Sequence[str]) -> None:
        """Act on all of them, jobs first."""
        groups: dict[Act, list[str]] = {}
        for identity in dict.fromkeys(ids):
            try:
                groups.setdefault(_act_on(act, identity), []).append(identity)
            except InvalidReference as error:
                self.results[identity] = REFUSED, "invalid", str(error)
        with Interrupts(lambda: None) as interrupts:
            for each, group in groups.items():
                self._send(each, group, interrupts)

    def _send(self, act: Act, ids: Sequence[str], interrupts: Interrupts) -> None:
        ledger, runtime = Ledger(), Runtime()
        # A job that has ended a moment ago is meant as well, whichever instance of the app sees the time as it does.
        as_of = str(rfc3339(time_of(self.service) + DATE_STEP))
        ledger.begin(Operation(id=runtime.draw(), target="", action=act.action, filters={}, as_of=as_of))
        ledger.plan(ids, None)
        ledger.end_plan()

        def watch(results: Sequence[Result]) -> None:
            self.results |= {ids[place]: (outcome, code, detail) for place, outcome, code, detail in results}

        Bulk(
            service=self.service,
            ledger=ledger,
            kind=act,
            more={**self.more, **({"as_of": as_of} if act.is_of_jobs else {})},
            watch=watch,
            should_stop=interrupts,
            pause=runtime.pause,
        ).act()

    def print(self, ids: Sequence[str], past: str, *, as_json: bool) -> None:
        """Print a line for each id that has a result, in the order in which they were given."""
        output = self.output
        for identity in dict.fromkeys(ids):
            if identity not in self.results:
                continue
            outcome, code, detail = self.results[identity]
            if as_json:
                output.json_line({"id": identity, "outcome": outcome, "code": code, "detail": detail})
            else:
                output.line(f"{identity}: {past if outcome == DONE else detail}")


def _act_on(act: Act, identity: str) -> Act:
    """Return the act for an id: a redrive is one of a rejected message where the id is one's.

    Raises:
        InvalidReference: The id is of another form.
    """
    is_rejected = words.REJECTED_ID.fullmatch(identity) is not None
    if act is Act.REDRIVE_JOBS and is_rejected:
        return Act.REDRIVE_REJECTED
    if act.is_of_jobs:
        job_ids.kind(identity)
    elif not is_rejected:
        raise InvalidReference("The id of a rejected message must be 32 hex digits.")
    return act
