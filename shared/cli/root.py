"""The root of the command: its help, which fits a screen, and its end when nobody reads what it prints."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from typer.core import TyperCommand, TyperGroup

from shared.cli.exits import exit_when_unread

#: Columns of the half of a line that has one command, and of a whole line.
_HALF, _LINE = 40, 78
_NAME = 10


class Root(TyperGroup):
    """The group of all commands."""

    def make_context(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - of click, which typer brings in a form of its own
        """Parse the options of the root; its help is printed here."""
        with exit_when_unread():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as above
        """Run a command."""
        with exit_when_unread():
            return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """Write the first sentence of each command below its panel's name, two commands a line where there is room."""
        formatter.write("\n")
        for panel, commands in groupby(self.commands.values(), key=_panel):
            cells = [f"  {command.name:<{_NAME}}{_first_sentence(command)}" for command in commands]
            formatter.write(f"{panel}:\n")
            formatter.write("".join(f"{line}\n" for line in _lines(cells, 2 if formatter.width >= _LINE else 1)))
        options = ", ".join(option for each in self.get_params(ctx) for option in each.opts)
        formatter.write(f"\nOptions: {options}\n")


class Leaf(TyperCommand):
    """A command; its help has no types of Python, which typer puts behind arguments."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """Write arguments and options, each with what it means."""
        params: list[Any] = self.get_params(ctx)
        arguments = [
            (each.metavar, each.get_help_record(ctx)[1]) for each in params if each.param_type_name == "argument"
        ]
        options = [each.get_help_record(ctx) for each in params if each.param_type_name == "option"]
        for head, rows in (("Arguments", arguments), ("Options", options)):
            if rows:
                with formatter.section(head):
                    formatter.write_dl(rows)


def _panel(command: Any) -> str:  # noqa: ANN401 - as above
    return str(command.rich_help_panel)


def _first_sentence(command: Any) -> str:  # noqa: ANN401 - as above
    return f"{(command.help or '').partition('.')[0]}."


def _lines(cells: list[str], columns: int) -> Iterator[str]:
    for at in range(0, len(cells), columns):
        yield "".join(cell.ljust(_HALF) for cell in cells[at : at + columns]).rstrip()
