"""The command ``darkroom``: what operators do by hand.

Exit status: 0 all is well, 1 violations were found or a job could not be acted on, 2 the settings can't be used,
3 storage could not be asked, or no child process could be started to analyse in.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared import wiring
from shared.cli import analyze as analysis
from shared.cli import rejected as rejections
from shared.cli import settings as app_settings
from shared.cli import show
from shared.errors import DarkroomError, InvalidReference, SettingsInvalid
from shared.ports.rejections import Rejected
from shared.rules.invariants import Finding
from shared.settings.settings import Settings
from shared.steps.outcomes import Outcome
from shared.wiring.steps import Darkroom

VIOLATIONS, SETTINGS, STORAGE = 1, 2, 3
REFUSED = 1

app = typer.Typer(
    help="Look after Darkroom's storage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would show local variables, keys among them
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="A local.settings.json; what the environment holds wins over it."),
]


Ids = Annotated[
    list[str], typer.Argument(metavar="ID…", help="Of jobs, as the log has them, or of messages listed by 'rejected'.")
]
Codes = Annotated[list[str] | None, typer.Option("--code", metavar="CODE", help="Of this reason; repeatable.")]
OlderThan = Annotated[
    timedelta | None,
    typer.Option("--older-than", metavar="AGE", parser=rejections.age, help="Rejected last so long ago: 90m, 12h, 7d."),
]
JobIds = Annotated[list[str], typer.Argument(metavar="JOB_ID…", help="As the job table and the log have them.")]


@app.callback()
def root() -> None:
    """Look after Darkroom's storage."""


@app.command()
def init(settings: SettingsFile = None) -> None:
    """Create tables, queue and containers where they are missing, and say what stands where."""
    with _told():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        darkroom.storage.create()
    show.print_places(Console(), darkroom.settings)


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Of this machine; no storage is needed.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one report a line, as a job has it.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Analyse files, and show what a job's report would say; exit with 1 if one of them has none."""
    with _told("no image could be analysed"):
        found = analysis.reports(files, Settings.read(app_settings.read(settings)))
        good = analysis.print_json(found, typer.echo) if as_json else analysis.print_table(Console(), found)
    if not good:
        raise typer.Exit(VIOLATIONS)


@app.command()
def verify(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Put index rows right; no job is ever changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a finding.")] = False,
    no_blobs: Annotated[bool, typer.Option("--no-blobs", help="Leave thumbnails alone: rows only.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Prove that every row is as it must be, while workers go on; exit with 1 if one is not."""
    found: list[Finding] = []

    def tell(finding: Finding) -> None:
        found.append(finding)
        if as_json:
            typer.echo(show.finding_json(finding))

    with _told():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        darkroom.storage.check()
        done = darkroom.verify(tell, repair=repair, blobs=not no_blobs)
    if not as_json:
        show.print_findings(Console(), found)
    typer.echo(show.summary(done, len(found)), err=as_json)
    if done.violations:
        raise typer.Exit(VIOLATIONS)


@app.command()
def cancel(job_ids: JobIds, settings: SettingsFile = None) -> None:
    """End jobs that wait or run; a worker that holds one is fenced out."""
    _each(job_ids, settings, lambda darkroom: darkroom.operate.cancel, wanted=Outcome.CANCELED)


@app.command()
def redrive(ids: Ids, settings: SettingsFile = None) -> None:
    """Open failed or canceled jobs again, with all of their attempts; follow rejected messages once more."""

    def act(darkroom: Darkroom) -> Callable[[str], Outcome]:
        def one(identity: str) -> Outcome:
            if rejections.REJECTED_ID.fullmatch(identity):
                return rejections.redriven(darkroom.readmit, identity)
            return darkroom.operate.redrive(identity)

        return one

    _each(ids, settings, act, wanted=Outcome.REDRIVEN)


@app.command()
def rejected(
    rejected_id: Annotated[str | None, typer.Argument(metavar="ID", help="This one alone; it is shown whole.")] = None,
    *,
    code: Codes = None,
    older_than: OlderThan = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete them, after a question.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without a question.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a message.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List the messages that could not be followed, show one of them whole, or delete them."""
    with _told():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        if rejected_id is None:
            rows = chain.from_iterable(darkroom.forget.find(codes=code or (), older_than=older_than))
        else:
            rows = chain([_rejected(darkroom, rejected_id)])
        if delete:
            confirm: Callable[[str], object] = str if yes else lambda question: typer.confirm(question, abort=True)
            typer.echo(rejections.deleted(darkroom.forget, list(rows), confirm))
        elif as_json:
            for row in rows:
                typer.echo(rejections.as_json(row))
        elif rejected_id is not None:
            typer.echo(rejections.as_text(next(rows)))
        else:
            rejections.print_list(Console(), rows)


def _rejected(darkroom: Darkroom, rejected_id: str) -> Rejected:
    found = darkroom.storage.rejections.get(rejected_id)
    if found is None:
        typer.echo(f"{rejected_id}: {Outcome.UNKNOWN}")
        raise typer.Exit(REFUSED)
    return found


def _each(
    job_ids: list[str], settings: Path | None, act: Callable[[Darkroom], Callable[[str], Outcome]], *, wanted: Outcome
) -> None:
    """Act on each job, and print a line for it; one that can't be acted on keeps no other from its turn."""
    refused = 0
    with _told():
        one = act(wiring.build(app_settings.read(settings), threaded=False))
        for job_id in job_ids:
            try:
                outcome: str = one(job_id)
            except InvalidReference as invalid:
                outcome = str(invalid)
            typer.echo(f"{job_id}: {outcome}")
            refused += outcome != wanted
    if refused:
        raise typer.Exit(REFUSED)


@contextmanager
def _told(out: str = "storage could not be asked") -> Iterator[None]:
    """Say on stderr what went wrong, in a line a problem, and end with its status."""
    try:
        yield
    except SettingsInvalid as invalid:
        for problem in invalid.problems:
            typer.echo(f"darkroom: {problem}", err=True)
        raise typer.Exit(SETTINGS) from None
    except DarkroomError as error:
        typer.echo(f"darkroom: {out}: {error}", err=True)
        raise typer.Exit(STORAGE) from None
