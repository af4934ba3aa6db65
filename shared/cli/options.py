"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Ask the app at this address. Key: DARKROOM_KEY."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="A local.settings.json file; the environment wins."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what matches, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
New = Annotated[bool, typer.Option("--new", help="Do not go on with an interrupted operation.")]
