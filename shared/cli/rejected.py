"""Rejected messages at the command: list them, show one, redrive them, delete them."""

import json
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.errors import Refused
from shared.ports.rejections import RejectedMessage
from shared.rules.terminal import escape, escape_json
from shared.rules.timestamps import rfc3339
from shared.steps.intake.disposition import Disposition
from shared.steps.operators.rejected import ADMITTED, Readmit
from shared.steps.upkeep.forget import Forget

_REFUSALS = {
    Disposition.UNKNOWN.value: "No rejected message has this id.",
    Disposition.REJECTED.value: "The message still names no image and no job.",
}


def delete(forget: Forget, rows: Sequence[RejectedMessage], confirm: Callable[[str], object]) -> str:
    """Delete texts once the operator has agreed, and say what was done.

    Args:
        forget: Deletes them.
        rows: As they were read.
        confirm: Asks the operator a question; raises when the answer is no.
    """
    if not rows:
        return "No rejected message matches. Nothing was deleted."
    confirm(f"Delete {len(rows):,} rejected message{'' if len(rows) == 1 else 's'}?")
    done = forget.forget([rows])
    again = f" {done.rejected_again:,} kept, because they were rejected again." if done.rejected_again else ""
    return f"{done.texts:,} rejected message{'' if done.texts == 1 else 's'} deleted.{again}"


def redrive(readmit: Readmit, rejected_id: str) -> None:
    """Redrive one.

    Raises:
        Refused: Not all of it could be admitted; it is still kept, if it was.
    """
    for outcome in readmit.readmit(rejected_id):
        if outcome not in ADMITTED:
            raise Refused(outcome.value, _REFUSALS.get(outcome.value, "Part of it could not be recorded yet."))


def as_json(row: RejectedMessage) -> str:
    """Return one as a line of JSON."""
    columns = {"id": row.id, "code": row.code, "message": row.message, "at": rfc3339(row.at), "text": row.text}
    return escape_json(json.dumps(columns, ensure_ascii=False))


def as_text(row: RejectedMessage) -> str:
    """Return one for a person: the reason, then the whole text."""
    return f"{row.code} ({rfc3339(row.at)}): {row.message}\n\n{_visible_text(row)}"


def print_list(console: Console, rows: Iterator[RejectedMessage]) -> None:
    """Show messages in a table, the newest last; nothing without one."""
    ordered = sorted(rows, key=lambda row: row.at)
    if not ordered:
        return
    table = Table("id", "at", "code", "text", box=None, pad_edge=False)
    for row in ordered:
        table.add_row(row.id, rfc3339(row.at), row.code, Text(_visible_text(row)))  # a text is no markup
    console.print(table)


def _visible_text(row: RejectedMessage) -> str:
    return escape(row.text, keep="\n")
