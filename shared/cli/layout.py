"""Tables of text on a terminal's width: names are shortened in their middle, and sentences go on in the next line."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest

from rich.cells import cell_len

from shared.rules.terminal import escape

#: A text, or a text and its style.
Cell = str | tuple[str, str]
#: A line is made of texts with styles.
Line = list[tuple[str, str]]
_GAP = 2


class Kind(Enum):
    """What a column has, and how narrow it may become where there is too little room."""

    #: A state, a number, a time: stays whole.
    WORD = 0
    #: A name or a code: is shortened in its middle.
    NAME = 8
    #: An id: is shortened in its middle, but so that it can be told from others.
    ID = 20
    #: A sentence: goes on in the next line.
    TEXT = 16


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        head: What stands above it.
        kind: What it has.
        right: Whether its ends stand below each other, as those of numbers do.
    """

    head: str
    kind: Kind = Kind.WORD
    right: bool = False


def middle(text: str, width: int) -> str:
    """Return a text of at most so many columns of a terminal: what is too much in its middle becomes an ellipsis."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    letters, last = _letters(text), (width - 1) // 2
    ending = _fitting(reversed(letters), last)[::-1]
    return "".join([*_fitting(letters, width - 1 - last), "…", *ending])


def lay_out(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int | None) -> list[Line]:
    """Return the lines of a table, without line ends.

    Args:
        columns: From left to right; without heads where all are empty.
        rows: One cell for each column. What would command the terminal is spelled out.
        width: Of the terminal; None where there is no limit.
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    has_heads = any(column.head for column in columns)
    heads = [[(column.head, "bold") for column in columns]] if has_heads else []
    natural = [max((cell_len(row[at][0]) for row in heads + cells), default=0) for at in range(len(columns))]
    widths = natural if width is None else _fit(columns, natural, width)
    if widths is None:
        return [line for row in cells for line in _stack(columns, row, width or 0)]
    return [line for row in heads + cells for line in _lines(columns, row, widths)]


def _cell(cell: Cell) -> tuple[str, str]:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return escape(text), style


def _fit(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int] | None:
    """Return a width for each column: the widest that may give way do; None where not all fit."""
    widths = list(natural)
    places = [at for at, column in enumerate(columns) if column.kind is not Kind.WORD]
    for _ in range(sum(widths) + _GAP * (len(widths) - 1) - width):
        wide = [at for at in places if widths[at] > columns[at].kind.value]
        if not wide:
            return None
        widths[max(wide, key=lambda at: widths[at])] -= 1
    return widths


def _lines(columns: Sequence[Column], row: Sequence[tuple[str, str]], widths: Sequence[int]) -> Iterator[Line]:
    """Yield the lines of one row."""
    pieces = [
        wrap(text, widths[at]) if columns[at].kind is Kind.TEXT else [middle(text, widths[at])]
        for at, (text, _) in enumerate(row)
    ]
    for parts in zip_longest(*pieces, fillvalue=""):
        line: Line = []
        for at, text in enumerate(parts):
            space = " " * (widths[at] - cell_len(text))
            before, after = (space, "") if columns[at].right else ("", space)
            line += [(before, ""), (text, row[at][1]), (after + " " * _GAP, "")]
        yield _trim(line)


def _stack(columns: Sequence[Column], row: Sequence[tuple[str, str]], width: int) -> Iterator[Line]:
    """Yield a line for each cell of a row that says something, where the terminal is too narrow for a table."""
    for column, (text, style) in zip(columns, row, strict=True):
        if not text:
            continue
        head = f"{column.head}: " if column.head else ""
        room = max(1, width - len(head))
        for text_line in wrap(text, room) if column.kind is Kind.TEXT else [middle(text, room)]:
            yield [(head, "bold"), (text_line, style)]
            head = " " * len(head)
    yield []


def wrap(text: str, width: int) -> list[str]:
    """Break a text between its words; a word that is too long for a line is shortened in its middle."""
    lines = [""]
    for word in (middle(word, width) for word in text.split(" ")):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _trim(line: Line) -> Line:
    while line and not line[-1][0].strip():
        line.pop()
    return line


def _letters(text: str) -> list[str]:
    """Return letters, each with the marks that stand over it."""
    letters: list[str] = []
    for character in text:
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _fitting(letters: Iterable[str], width: int) -> list[str]:
    """Return as many of the first letters as fit."""
    parts: list[str] = []
    for letter in letters:
        width -= cell_len(letter)
        if width < 0:
            break
        parts.append(letter)
    return parts
