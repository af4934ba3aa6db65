"""``darkroom doctor``: check settings, storage and an app that is deployed."""

from collections import Counter
from typing import Annotated

import typer

from shared.cli.exits import Status, exit_on_error
from shared.cli.options import AsJson, SettingsFile, by
from shared.cli.words import word

Deployed = Annotated[
    str | None,
    typer.Option(
        "--deployed",
        metavar="URL",
        parser=by(word),
        help="Ask this app too, with the keys in DARKROOM_KEY and DARKROOM_HOST_KEY.",
    ),
]
Flex = Annotated[bool, typer.Option("--flex", help="Check the settings for Flex Consumption.")]


def doctor(
    *, deployed: Deployed = None, flex: Flex = False, as_json: AsJson = False, settings: SettingsFile = None
) -> None:
    """Check settings and storage. Check the deployed app too. Say what to do, and exit with 1 if there is a problem."""
    from shared.cli import doctor as findings
    from shared.cli import settings as app_settings
    from shared.cli.app_client import DeployedApp
    from shared.cli.output import open_output
    from shared.rules.symptoms import Level
    from shared.wiring.doctor import build_doctor

    with exit_on_error():
        environ, output, diagnoses = app_settings.read(settings), open_output(), []
        try:
            asked = None if deployed is None else DeployedApp(deployed, environ)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--deployed") from None
        examination = build_doctor(environ, host_file=findings.host_file(), is_flex=flex, app=asked)
        for diagnosis in examination.examine():
            diagnoses.append(diagnosis)
            if as_json:
                output.json_line(findings.as_json(diagnosis))
        levels = Counter(diagnosis.level for diagnosis in diagnoses)
        if not as_json:
            findings.print_diagnoses(output, diagnoses)
        typer.echo(findings.summary(levels), err=as_json)
        if levels[Level.PROBLEM]:
            raise typer.Exit(Status.REFUSED)
