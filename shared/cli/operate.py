"""Carry out what an operator has asked for, on all that matches, and exit."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import typer

from shared.cli import ledger_file
from shared.cli import settings as app_settings
from shared.cli.connect import URL, Options, connect
from shared.cli.dialogue import Dialogue
from shared.cli.exits import Status, exit_on_error, stop
from shared.cli.output import open_output
from shared.cli.question import is_attended
from shared.cli.request import Manner, Request
from shared.runtime import Runtime


def by_filters(request: Request, manner: Manner) -> NoReturn:
    """Act on all that matches, and exit.

    Raises:
        Exit: Always.
    """
    with exit_on_error():
        output, environ = open_output(), app_settings.read(manner.settings)
        dialogue = Dialogue(
            request=request,
            service=connect(Options(manner.url, manner.settings)),
            output=replace(output, stream=output.errors) if manner.as_json else output,
            results=output if manner.as_json else None,
            target=_target(manner, environ),
            line=[*request.line, *manner.words()],
            folder=_folder(environ),
            runtime=Runtime(),
            can_ask=is_attended(),
        )
        status = dialogue.preview() if manner.dry_run else dialogue.hold(yes=manner.yes, restart=manner.restart)
        raise typer.Exit(status)


def _folder(environ: Mapping[str, str]) -> Path:
    try:
        return ledger_file.folder(environ)
    except ledger_file.LedgerUnusable as error:
        stop(Status.USAGE, str(error))


def _target(manner: Manner, environ: Mapping[str, str]) -> str:
    """Return what tells the jobs of one app from those of another: its address, or that of its table."""
    address = manner.url or environ.get(URL, "").strip()
    if address:
        return address.rstrip("/").removesuffix("/api").rstrip("/")
    from shared.settings.settings import Settings  # noqa: PLC0415 - who asks an app needs none
    from shared.storage.connection_facts import describe  # noqa: PLC0415 - the SDKs

    settings = Settings.read(environ)
    return f"{describe(environ, settings.jobs_connection).urls['table']}/{settings.jobs_table}"
