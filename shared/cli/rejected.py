"""Rejected texts at the command: list them, show one, and follow them again."""

import json
import re
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.leftovers import Rejected, Rejections
from shared.steps.outcomes import Outcome
from shared.steps.rejected import ADMITTED, Readmit

#: As ``leftovers.Rejected.id``; a job id has a type before its digits.
REJECTED_ID = re.compile(r"[0-9a-f]{32}")
_PAGE = 500


def every(rejections: Rejections) -> Iterator[Rejected]:
    """Yield all rejected texts, cut, in the order of their ids. Costs: 1 query for each 500."""
    after = ""
    while page := rejections.list(limit=_PAGE, after=after):
        yield from page
        after = page[-1].id


def redriven(readmit: Readmit, rejected_id: str) -> Outcome:
    """Redrive one; return REDRIVEN when all of it was admitted, otherwise what stood against it."""
    outcomes = readmit(rejected_id)
    return next((outcome for outcome in outcomes if outcome not in ADMITTED), Outcome.REDRIVEN)


def as_json(row: Rejected) -> str:
    """Return one as a line of JSON."""
    columns = {"id": row.id, "code": row.code, "message": row.message, "at": row.at.isoformat(), "text": row.text}
    return json.dumps(columns, ensure_ascii=False)


def as_text(row: Rejected) -> str:
    """Return one for a person: the reason, then the whole text."""
    return f"{row.code} ({row.at:%Y-%m-%d %H:%M:%S}Z): {row.message}\n\n{_shown(row.text)}"


def print_list(console: Console, rows: Iterator[Rejected]) -> None:
    """Show them in a table, the newest last; nothing for none."""
    found = sorted(rows, key=lambda row: row.at)
    if not found:
        return
    table = Table("id", "at", "code", "text", box=None, pad_edge=False)
    for row in found:
        table.add_row(row.id, f"{row.at:%Y-%m-%d %H:%M:%S}Z", row.code, Text(_shown(row.text)))  # a text is no markup
    console.print(table)


def _shown(text: str) -> str:
    """Return a text as a terminal may have it: anybody's, so what would command the terminal is spelled out."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in text
    )
