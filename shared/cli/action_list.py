"""What operators have done, as a table."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.cli import moments
from shared.cli.layout import Cell
from shared.cli.output import Column, Kind, Output
from shared.cli.values import text

_COUNTS = ("done", "refused", "unknown")


def show_actions(actions: Iterable[Mapping[str, Any]], output: Output, *, as_json: bool) -> None:
    """Print actions in their order."""
    if as_json:
        for action in actions:
            output.json_line(action)
        return
    rows: list[list[Cell]] = [
        [
            moments.whole(each.get("at")),
            text(each.get("who")),
            text(each.get("action")),
            text(each.get("ids")),
            _result(each.get("result")),
            text(each.get("filter")),
        ]
        for each in actions
    ]
    columns: list[Column | str] = [
        "at",
        Column("who", Kind.NAME),
        "action",
        Column("ids", right=True),
        Column("result", Kind.TEXT),
    ]
    output.table([*columns, Column("filter", Kind.TEXT)], rows)
    if not rows:
        output.note("No action is kept.")


def _result(result: object) -> str:
    """Say what came of an action; one without a result was cut short."""
    if not isinstance(result, Mapping):
        return "not known: it was cut short, or still runs"
    counts = ", ".join(f"{text(result.get(name))} {name}" for name in _COUNTS if result.get(name))
    codes = text(result.get("codes"))
    return (counts or "nothing to do") + (f" ({codes})" if codes else "")
