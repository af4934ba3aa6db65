"""The command ``darkroom``: what operators do by hand.

Exit status: 0 all is well, 1 there are violations or one of the ids was refused, 2 a setting is wrong, 3 storage
failed, or no child process could be started. Of ``worker``: 0 all is settled, 1 it was cut short, 2 a setting is wrong,
3 it has failed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from shared import wiring
from shared.cli import settings as app_settings
from shared.cli import words
from shared.cli.commands import jobs
from shared.cli.worker_options import PURPOSE
from shared.errors import Conflict, DarkroomError, InvalidReference, NotFound, SettingsInvalid
from shared.ports.rejections import RejectedMessage
from shared.rules.diagnoses import Level
from shared.settings.settings import Settings
from shared.wiring.steps import Darkroom

VIOLATIONS, REFUSED, SETTINGS, STORAGE = 1, 1, 2, 3

app = typer.Typer(
    help="Set up, check and repair Darkroom's storage, and act on its jobs.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help fits a screen, and nothing in it is markup
    pretty_exceptions_enable=False,  # it would show local variables, keys among them
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="A local.settings.json file. The environment takes precedence."),
]


Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of jobs, from the log, or of rejected messages.")]
Codes = Annotated[
    list[str] | None, typer.Option("--code", metavar="CODE", help="Only messages with this code. Repeatable.")
]
OlderThan = Annotated[
    timedelta | None,
    typer.Option(
        "--older-than",
        metavar="AGE",
        parser=words.age,
        help="Only messages rejected longer ago than 90m, 12h or 7d.",
    ),
]
JobIds = Annotated[list[str], typer.Argument(metavar="JOB_ID…", help="Ids of jobs, from the log or the job table.")]


app.command()(jobs.jobs)


@app.command()
def init(settings: SettingsFile = None) -> None:
    """Create the missing tables, queue and containers, and list them all."""
    from rich.console import Console

    from shared.cli import show

    with _exit_on_error():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        darkroom.storage.create()
    show.print_places(Console(), darkroom.settings)


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Local image files. No storage is needed.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one report per line, as jobs keep it.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Analyse local files as jobs do, and show the reports; exit with 1 if a file has no report."""
    from rich.console import Console

    from shared.cli import analyze as analysis

    with _exit_on_error("no image was analysed"):
        reports = analysis.reports(files, Settings.read(app_settings.read(settings)))
        good = analysis.print_json(reports, typer.echo) if as_json else analysis.print_table(Console(), reports)
    if not good:
        raise typer.Exit(VIOLATIONS)


@app.command()
def verify(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Repair index rows. Jobs are never changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per finding.")] = False,
    no_blobs: Annotated[bool, typer.Option("--no-blobs", help="Check rows only, not thumbnails.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Check every row while workers run; exit with 1 if a violation remains."""
    from rich.console import Console

    from shared.cli import show
    from shared.rules.invariants import Finding

    findings: list[Finding] = []

    def report(finding: Finding) -> None:
        findings.append(finding)
        if as_json:
            typer.echo(show.finding_json(finding))

    with _exit_on_error():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        darkroom.storage.check()
        done = darkroom.verify.verify(report, repair=repair, blobs=not no_blobs)
    if not as_json:
        show.print_findings(Console(), findings)
    typer.echo(show.summary(done, len(findings)), err=as_json)
    if done.violations:
        raise typer.Exit(VIOLATIONS)


@app.command()
def doctor(
    *,
    deployed: Annotated[
        str | None,
        typer.Option(
            "--deployed",
            metavar="URL",
            help="Ask this app too, with the keys in DARKROOM_KEY and DARKROOM_HOST_KEY.",
        ),
    ] = None,
    flex: Annotated[bool, typer.Option("--flex", help="Check the settings for Flex Consumption.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per finding.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Check settings, storage and the deployed app, and say what to do; exit with 1 if there is a problem."""
    from rich.console import Console

    from shared.cli import doctor as findings
    from shared.cli.app_client import DeployedApp
    from shared.wiring.doctor import build_doctor

    with _exit_on_error():
        environ = app_settings.read(settings)
    try:
        asked = None if deployed is None else DeployedApp(deployed, environ)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--deployed") from None
    examination = build_doctor(environ, host_file=findings.host_file(), is_flex=flex, app=asked)
    diagnoses = []
    for diagnosis in examination.examine():
        diagnoses.append(diagnosis)
        if as_json:
            typer.echo(findings.as_json(diagnosis))
    levels = Counter(diagnosis.level for diagnosis in diagnoses)
    if not as_json:
        findings.print_diagnoses(Console(), diagnoses)
    typer.echo(findings.summary(levels), err=as_json)
    if levels[Level.PROBLEM]:
        raise typer.Exit(VIOLATIONS)


@app.command()
def cancel(job_ids: JobIds, settings: SettingsFile = None) -> None:
    """Cancel waiting or running jobs. A worker that holds one loses its lease."""
    _each(job_ids, settings, lambda darkroom: darkroom.cancel.cancel, done="canceled")


@app.command()
def redrive(ids: Ids, settings: SettingsFile = None) -> None:
    """Run failed or canceled jobs again, with all of their attempts. Try rejected messages again."""
    from shared.cli import rejected as rejections

    def act(darkroom: Darkroom) -> Callable[[str], object]:
        def one(identity: str) -> object:
            if words.REJECTED_ID.fullmatch(identity):
                rejections.redrive(darkroom.readmit, identity)
                return None
            return darkroom.redrive.redrive(identity)

        return one

    _each(ids, settings, act, done="redriven")


@app.command()
def rejected(
    rejected_id: Annotated[str | None, typer.Argument(metavar="ID", help="Only this message, in full.")] = None,
    *,
    code: Codes = None,
    older_than: OlderThan = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the messages, after a confirmation.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without a confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per message.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List rejected messages, show one in full, or delete them."""
    from rich.console import Console

    from shared.cli import rejected as rejections

    with _exit_on_error():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        if rejected_id is None:
            rows = chain.from_iterable(darkroom.forget.find(codes=code or (), older_than=older_than))
        else:
            rows = chain([_get(darkroom, rejected_id)])
        if delete:
            confirm: Callable[[str], object] = str if yes else lambda question: typer.confirm(question, abort=True)
            typer.echo(rejections.delete(darkroom.forget, list(rows), confirm))
        elif as_json:
            for row in rows:
                typer.echo(rejections.as_json(row))
        elif rejected_id is not None:
            typer.echo(rejections.as_text(next(rows)))
        else:
            rejections.print_list(Console(), rows)


@app.command(
    "worker",
    help=PURPOSE,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def _worker(context: typer.Context) -> None:
    """Run a worker, whose options are not typer's to read."""
    from shared.cli import worker

    raise typer.Exit(worker.work(context.args))


def _get(darkroom: Darkroom, rejected_id: str) -> RejectedMessage:
    row = darkroom.storage.rejections.get(rejected_id)
    if row is None:
        typer.echo(f"{rejected_id}: No rejected message has this id.")
        raise typer.Exit(REFUSED)
    return row


def _each(
    job_ids: list[str], settings: Path | None, act: Callable[[Darkroom], Callable[[str], object]], *, done: str
) -> None:
    """Act on each id, and print a line for it; one that is refused does not stop the others."""
    refused = 0
    with _exit_on_error():
        one = act(wiring.build(app_settings.read(settings), threaded=False))
        for job_id in job_ids:
            try:
                one(job_id)
            except (InvalidReference, NotFound, Conflict) as error:
                refused += 1
                typer.echo(f"{job_id}: {error}")
            else:
                typer.echo(f"{job_id}: {done}")
    if refused:
        raise typer.Exit(REFUSED)


@contextmanager
def _exit_on_error(failure: str = "storage failed") -> Iterator[None]:
    """Print each problem on stderr, and exit with its status."""
    try:
        yield
    except SettingsInvalid as invalid:
        for problem in invalid.problems:
            typer.echo(f"darkroom: {problem}", err=True)
        raise typer.Exit(SETTINGS) from None
    except DarkroomError as error:
        typer.echo(f"darkroom: {failure}: {error}", err=True)
        raise typer.Exit(STORAGE) from None
