"""What a bench has found: a table for people, a line of JSON each for programs, and the same in docs/performance.md.

Make a ``Finding`` before its run: it says what other programs have used of the cores until it is shown.
"""

import datetime as dt
import json
import os
import re
import shlex
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.contest.load import Load, load, note_on, share_of_others

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


@dataclass
class Finding:
    """The result of one bench.

    Attributes:
        bench: Its name.
        command: What made it, as a person types it.
        head: The columns of the table.
        rows: Its cells.
        lines: The same facts for programs.
        notes: Sentences below the table.
        load: Reads what has been used of the cores so far.
    """

    bench: str
    command: str
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    lines: list[Mapping[str, object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: Callable[[], Load] = load

    def __post_init__(self) -> None:
        """Note what has been used before its run."""
        self._begin = self.load()

    def add(self, cells: Sequence[str], **facts: object) -> None:
        """Add a row, and its line of JSON."""
        self.rows.append(cells)
        self.lines.append({"bench": self.bench, **facts})

    def table(self) -> str:
        """Return the table as Markdown, with its notes."""
        rule = ["---"] * len(self.head)
        text = "".join(f"| {' | '.join(row)} |\n" for row in (self.head, rule, *self.rows))
        return text + "".join(f"\n{note}\n" for note in self.notes)

    def show(self, *, write: bool) -> None:
        """Print the table and the lines; with ``write``, put the table into the document as well."""
        share = share_of_others(self._begin, self.load())
        self.notes += filter(None, [note_on(share)])
        print(self.table())
        for line in self.lines:
            print(json.dumps({**line, "others_share": round(share, 3)}))
        if write:
            write_block(self.bench, f"{signature(self.command)}:\n\n{self.table()}")


def signature(command: str) -> str:
    """Return what stands before a figure: the command that has measured it, when, and on what."""
    when = dt.datetime.now(dt.UTC).date().isoformat()  # noqa: TID251 - of this machine, for people
    cores = {1: "one core", 2: "two cores"}.get(count := os.cpu_count() or 1, f"{count} cores")
    return f"`{command}`, {when}, {cores}"


def write_block(name: str, block: str) -> None:
    """Replace a block of the document; see ``replace_block``."""
    DOCUMENT.write_text(replace_block(DOCUMENT.read_text("utf-8"), name, block), "utf-8")


def typed(bench: str, words: Sequence[str]) -> str:
    """Return the command line of a bench with these words, as a person types it to measure the same again."""
    return shlex.join(["python3", "dev.py", "bench", bench, *(word for word in words if word != "--write")])


def replace_block(text: str, name: str, block: str) -> str:
    """Return a document with what stands between ``<!-- measured: name -->`` and ``<!-- end -->`` replaced.

    Raises:
        ValueError: The document has no such place.
    """
    pattern = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"The document has no place for {name}.")
    return pattern.sub(lambda found: f"{found[1]}{block}{found[2]}", text)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios within rounds, which machines that slow down between rounds do not move."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def shift(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return by which share that median moves at most where any one round is left out; 0 of a single round."""
    rounds = [one / other for one, other in zip(ours, theirs, strict=True)]
    without = [statistics.median(rounds[:at] + rounds[at + 1 :]) for at in range(len(rounds)) if len(rounds) > 1]
    return max((abs(each / statistics.median(rounds) - 1) for each in without), default=0.0)


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all values is at or below."""
    return sorted(values)[max(0, round(share * len(values)) - 1)]
