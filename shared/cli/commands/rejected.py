"""``darkroom rejected``: the messages that name nothing real."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from shared.cli import words
from shared.cli.acts import Act
from shared.cli.options import AsJson, DryRun, New, SettingsFile, Url, Yes, by
from shared.cli.output import Output
from shared.cli.request import Manner, Request
from shared.cli.selection import Selection
from shared.cli.values import text
from shared.rules.terminal import escape

_PATH = "/rejected"


def _age(text: str) -> str:
    """Check an age, and keep its words."""
    words.age(text)
    return text


RejectedIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID…", parser=by(words.word), help="One message to show in full, or some to act on."),
]
Codes = Annotated[
    list[str] | None,
    typer.Option("--code", metavar="CODE", parser=by(words.word), help="Only messages with this code. Repeatable."),
]
OlderThan = Annotated[
    str | None,
    typer.Option(
        "--older-than", metavar="AGE", parser=by(_age), help="Only messages rejected longer ago than 90m, 12h or 7d."
    ),
]
Redrive = Annotated[bool, typer.Option("--redrive", help="Try them again; those that work leave the list.")]
Delete = Annotated[bool, typer.Option("--delete", help="Delete them.")]


def rejected(
    ids: RejectedIds = None,
    *,
    code: Codes = None,
    older_than: OlderThan = None,
    redrive: Redrive = False,
    delete: Delete = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    new: New = False,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """List rejected messages. Show one in full, or try them again or delete them, all or by code and age."""
    from shared.cli.exits import Status, stop

    filters = {"code": code, "older-than": older_than}
    given = {name: value for name, value in filters.items() if value}
    manner = Manner(dry_run=dry_run, yes=yes, restart=new, as_json=as_json, url=url, settings=settings)
    if redrive and delete:
        stop(Status.USAGE, "Give --redrive or --delete, not both.")
    if ids and given:
        stop(Status.USAGE, "Give ids or filters, not both.")
    if not (redrive or delete):
        _look(ids or [], given, manner)
    elif ids:
        from shared.cli.by_ids import by_ids

        by_ids(Act.REDRIVE_REJECTED if redrive else Act.DELETE_REJECTED, ids, manner)
    else:
        _act(Act.REDRIVE_REJECTED if redrive else Act.DELETE_REJECTED, given, manner)


def _queries(filters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the query of a list for each code."""
    age = filters.get("older-than")
    query = {} if age is None else {"older_than_seconds": int(words.age(age).total_seconds())}
    codes = dict.fromkeys(filters.get("code") or [])
    return [{**query, "error": code} for code in codes] or [query]


def _act(act: Act, filters: Mapping[str, Any], manner: Manner) -> None:
    from shared.cli.operate import by_filters

    options = [word for code in filters.get("code") or [] for word in ("--code", code)]
    options += ["--older-than", filters["older-than"]] if "older-than" in filters else []
    request = Request(
        act=act,
        line=["darkroom", "rejected", f"--{act.action}", *options],
        filters=filters,
        select=lambda _: Selection(_PATH, _queries(filters)),
        show=_show,
    )
    by_filters(request, manner)


def _look(ids: Sequence[str], filters: Mapping[str, Any], manner: Manner) -> None:
    """Show one, or list those that match."""
    from shared.cli.connect import Options, connect
    from shared.cli.exits import Status, exit_on_error, stop
    from shared.cli.output import open_output
    from shared.cli.service import items

    if len(ids) > 1:
        stop(Status.USAGE, "Give one id to show, or --redrive or --delete.")
    if ids and not words.REJECTED_ID.fullmatch(ids[0]):
        stop(Status.USAGE, "The id of a rejected message must be 32 hex digits.")
    with exit_on_error():
        output, service = open_output(), connect(Options(manner.url, manner.settings))
        if ids:
            reply = service.call("GET", f"{_PATH}/{ids[0]}")
            message = reply.json(code=str, at=str, message=str, text=str)
            _show_one(output, message, as_json=manner.as_json)
            return
        messages = [message for query in _queries(filters) for message in items(service, _PATH, query)]
        if manner.as_json:
            for message in messages:
                output.json_line(message)
        else:
            _show(output, sorted(messages, key=lambda message: text(message.get("at"))))
        if not (messages or manner.as_json):
            output.note("No rejected message matches.")


def _show(output: Output, messages: Sequence[Mapping[str, Any]]) -> None:
    """Show messages in a table."""
    from shared.cli.output import Column, Kind

    rows = [[text(message.get(name)) for name in ("id", "at", "code", "text")] for message in messages]
    output.table([Column("id", Kind.ID), "at", "code", Column("text", Kind.TEXT)], rows)


def _show_one(output: Output, message: Mapping[str, Any], *, as_json: bool) -> None:
    """Show one: the reason, then the whole text."""
    if as_json:
        output.json_line(message)
        return
    code, at, reason = message["code"], message["at"], message["message"]
    output.line(f"{code} ({at}): {reason}")
    output.lines([[("", "")], *([(escape(line), "")] for line in message["text"].split("\n"))])
