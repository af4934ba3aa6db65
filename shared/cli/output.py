"""What a command prints: tables for people, as wide as their terminal; lines for programs; and how far it is."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TextIO

import typer

from shared.cli.layout import Cell, Column, Kind, Line, lay_out, middle
from shared.rules.terminal import escape, escape_json

__all__ = ["Column", "Kind", "Output", "middle", "open_output"]

#: Colours of states, and of what is good or bad.
STYLES = {
    "PENDING": "yellow",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "FAILED": "red",
    "CANCELED": "dim",
}


@dataclass(frozen=True)
class Output:
    """Where a command prints to.

    Attributes:
        width: Columns of the terminal; None for lines as long as they are, which is what a pipe wants.
        is_terminal: Whether a person sees what is printed as it is.
        is_colored: Whether colours may be used.
        stream: For what was asked for.
        errors: For what is said beside it.
    """

    width: int | None
    is_terminal: bool
    is_colored: bool
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    errors: TextIO = field(default_factory=lambda: sys.stderr)

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line; what would command the terminal is spelled out."""
        if self.is_colored and style:
            self.lines([[(escape(text), style)]])
        else:
            typer.echo(escape(text), file=self.stream)

    def note(self, text: str) -> None:
        """Print a line that is no part of what was asked for."""
        typer.echo(escape(text), file=self.errors)

    def table(self, columns: Sequence[Column | str], rows: Sequence[Sequence[Cell]]) -> None:
        """Print a table; nothing without a row.

        Args:
            columns: From left to right; a text is the head of a column that is never shortened.
            rows: One cell for each column: a text, or a text and its style.
        """
        if rows:
            self.lines(self.lay_out(columns, rows))

    def lay_out(self, columns: Sequence[Column | str], rows: Sequence[Sequence[Cell]]) -> list[Line]:
        """Return the lines of a table; see ``table``."""
        known = [Column(column) if isinstance(column, str) else column for column in columns]
        return lay_out(known, rows, self.width)

    def lines(self, lines: Sequence[Line]) -> None:
        """Print lines of texts with styles; what would command the terminal is spelled out, if it is not yet."""
        if not self.is_colored:
            self.stream.writelines("".join(escape(part) for part, _ in line) + "\n" for line in lines)
            self.stream.flush()
            return
        from rich.console import Console  # noqa: PLC0415 - only terminals need it

        console = Console(file=self.stream, force_terminal=True, width=self.width, highlight=False, markup=False)
        for line in lines:
            console.print(rich_text(line), soft_wrap=True)

    def json_line(self, value: object) -> None:
        """Print a value as one line of JSON that commands no terminal."""
        text = escape_json(json.dumps(value, ensure_ascii=False))
        typer.echo(text, file=self.stream)

    def progress(self, what: str, total: int | None = None) -> "Progress":
        """Return what shows how far a command is, on the terminal's last line; silent where stderr is no terminal.

        Args:
            what: Is done, such as ``uploading``.
            total: How much there is to do; None if that is not known.
        """
        return Progress(self.errors, what, total, is_shown=self.errors.isatty())


@dataclass
class Progress:
    """How far a command is; leave it as a context, and the line is gone."""

    stream: TextIO
    what: str
    total: int | None
    is_shown: bool
    count: int = 0

    def advance(self, count: int = 1) -> None:
        """Count what is done."""
        self.count += count
        of = "" if self.total is None else f" of {self.total:,}"
        self._show(f"{self.what}: {self.count:,}{of}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._show("")

    def _show(self, text: str) -> None:
        if self.is_shown:
            self.stream.write(f"\r\x1b[K{escape(text)}")
            self.stream.flush()


def open_output() -> Output:
    """Return the output of this process.

    A pipe gets whole lines without colours, unless COLUMNS says how wide they may be, as ``watch`` does.
    """
    is_terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    has_width = is_terminal or os.environ.get("COLUMNS", "").isdecimal()
    return Output(
        width=shutil.get_terminal_size().columns if has_width else None,
        is_terminal=is_terminal,
        is_colored=is_terminal and not os.environ.get("NO_COLOR"),
    )


def rich_text(line: Line) -> Any:  # noqa: ANN401 - rich's Text, which loads with it
    """Return a line for rich, which takes nothing in it for markup, and of which nothing commands the terminal."""
    from rich.text import Text  # noqa: PLC0415 - only terminals need it

    return Text.assemble(*((escape(text), style) for text, style in line))
