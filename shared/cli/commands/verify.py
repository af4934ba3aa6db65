"""``darkroom verify``: prove that all rows agree."""

from typing import Annotated

import typer

from shared.cli.exits import Status, exit_on_error
from shared.cli.options import AsJson, SettingsFile

Repair = Annotated[bool, typer.Option("--repair", help="Repair index rows. Jobs are never changed.")]
NoBlobs = Annotated[bool, typer.Option("--no-blobs", help="Check rows only, not thumbnails.")]


def verify(
    *, repair: Repair = False, as_json: AsJson = False, no_blobs: NoBlobs = False, settings: SettingsFile = None
) -> None:
    """Check every row. Workers may run meanwhile. The exit status is 1 if a violation remains."""
    from shared import wiring
    from shared.cli import settings as app_settings
    from shared.cli import show
    from shared.cli.output import open_output
    from shared.rules.invariants import Finding

    output, findings = open_output(), list[Finding]()

    def report(finding: Finding) -> None:
        findings.append(finding)
        if as_json:
            output.json_line(show.finding_json(finding))

    with exit_on_error():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        darkroom.storage.check()
        done = darkroom.verify.verify(report, repair=repair, blobs=not no_blobs)
        if not as_json:
            show.print_findings(output, findings)
        typer.echo(show.summary(done, len(findings)), err=as_json)
        if done.violations:
            raise typer.Exit(Status.REFUSED)
