"""The commands of reference/command.md, from their own help."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

from typer.main import get_group

from docs.schema_words import table
from shared.cli.exits import Status
from shared.cli.main import app
from shared.cli.worker_options import parser

_HEAD = ("argument or option", "meaning")


def text() -> str:
    """Return a chapter for each command."""
    return "\n".join(part for name, command in get_group(app).commands.items() for part in _chapter(name, command))


def statuses() -> list[Sequence[str]]:
    """Return a row for each exit status."""
    return [("exit status", "meaning"), *((str(each.value), each.meaning) for each in Status)]


def _chapter(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - of click, which typer brings in a form of its own
    yield f"## darkroom {name}\n\n{command.help}\n"
    if name == "worker":
        yield from _worker(parser())
        return
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    words = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
    yield f"```\n{' '.join([f'darkroom {name} [OPTIONS]', *words])}\n```\n"
    yield table([_HEAD, *((_form(each), each.help) for each in command.params)])


def _form(parameter: Any) -> str:  # noqa: ANN401 - as above
    names = ", ".join(parameter.opts) if parameter.param_type_name == "option" else ""
    forms = f"{names} {parameter.metavar or ''}".strip().split("|")
    return " or ".join(f"`{form}`" for form in forms)  # a bar would end the cell, in code too


def _worker(options: ArgumentParser) -> Iterator[str]:
    usage = " ".join(options.format_usage().removeprefix("usage: ").split())
    yield f"```\n{usage}\n```\n"
    actions = options._actions[1:]  # noqa: SLF001 - listed nowhere else; behind its --help
    yield table([_HEAD, *((f"`{each.option_strings[0]} {each.metavar}`", each.help or "") for each in actions)])
