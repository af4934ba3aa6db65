"""Act on what an operator names, by its id or as an image: no list, no ledger, and a line for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import typer

from shared.cli import lookup, words
from shared.cli.acts import Act
from shared.cli.bulk import Bulk, Interrupted
from shared.cli.connect import Options, connect
from shared.cli.exits import Status, exit_on_error, stop
from shared.cli.interrupts import Interrupts
from shared.cli.operations import DONE, REFUSED, Ledger, Operation, Result
from shared.cli.output import Output, open_output
from shared.cli.question import confirm, is_attended
from shared.cli.request import NOTHING, Manner
from shared.cli.selection import time_of
from shared.cli.service import Service
from shared.clock import DATE_STEP
from shared.errors import InvalidReference
from shared.rules.timestamps import rfc3339
from shared.runtime import Runtime


def by_ids(act: Act, names: Sequence[str], manner: Manner, more: Mapping[str, Any] = NOTHING) -> NoReturn:
    """Act on what is named, and exit; one that is refused does not stop the others.

    Args:
        act: What to do.
        names: Ids; for jobs, ids and names of images too, which stand for the jobs of their newest versions.
        manner: How the operator wants it.
        more: Other fields of each call.

    Raises:
        Exit: Always.
    """
    if manner.dry_run:
        stop(Status.USAGE, "Ids match themselves. Give filters with --dry-run.")
    with exit_on_error():
        _ask(act, len(set(names)), manner)
        errand = _Errand(connect(Options(manner.url, manner.settings)), open_output(), more)
        try:
            errand.run(act, names)
        except Interrupted:
            raise typer.Exit(Status.INTERRUPTED) from None
        finally:
            errand.print(names, act.words.past, as_json=manner.as_json)
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
    """What becomes of each thing that is named.

    Attributes:
        service: The API.
        output: Where the results go.
        more: Other fields of each call.
        ids: The id of what each name stands for, where that is known.
        results: Outcome, code and sentence of each id that has one, and of each name that stands for nothing.
    """

    service: Service
    output: Output
    more: Mapping[str, Any]
    ids: dict[str, str] = field(default_factory=dict)
    results: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """How the command ends."""
        return Status.DONE if all(outcome == DONE for outcome, *_ in self.results.values()) else Status.REFUSED

    def run(self, act: Act, names: Sequence[str]) -> None:
        """Act on all of them, jobs first. Costs: 1 or 2 requests for each that is no id of a job, and the calls."""
        groups: dict[Act, dict[str, None]] = {}
        for name in dict.fromkeys(names):
            try:
                each, identity = self._find(act, name)
            except InvalidReference as error:
                self.results[name] = REFUSED, "invalid", str(error)
            except lookup.NoSuchThing as error:
                self.results[name] = REFUSED, "not_found", str(error).removeprefix(f"{name}: ")
            else:
                self.ids[name] = identity
                groups.setdefault(each, {})[identity] = None
        with Interrupts(lambda: None) as interrupts:
            for each, group in groups.items():
                self._send(each, [*group], interrupts)

    def _find(self, act: Act, name: str) -> tuple[Act, str]:
        """Return what to do, and the id of what to do it to: a redrive takes the id of a rejected message as well.

        Raises:
            InvalidReference: A rejected message can't be named like this.
            NoSuchThing: It is no job and no image.
        """
        is_rejected = words.REJECTED_ID.fullmatch(name) is not None
        if act is Act.REDRIVE_JOBS and is_rejected:
            return Act.REDRIVE_REJECTED, name
        if act.is_of_jobs:
            return act, name if lookup.is_job_id(name) else str(lookup.find_job(self.service, name)["id"])
        if not is_rejected:
            raise InvalidReference("The id of a rejected message must be 32 hex digits.")
        return act, name

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

    def print(self, names: Sequence[str], past: str, *, as_json: bool) -> None:
        """Print a line for each name that has a result, in the order in which they were given."""
        output = self.output
        for name in dict.fromkeys(names):
            identity = self.ids.get(name, name)
            if identity not in self.results:
                continue
            outcome, code, detail = self.results[identity]
            if as_json:
                output.json_line({"id": identity, "outcome": outcome, "code": code, "detail": detail})
            else:
                output.line(f"{name}: {past if outcome == DONE else detail}")
