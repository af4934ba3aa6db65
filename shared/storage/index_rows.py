"""What index rows and rows of attempts say, as the table gives them; ``Unreadable`` where they say nothing known."""

import re
from datetime import datetime
from functools import partial

from azure.data.tables import TableEntity

from shared.errors import RowDamaged
from shared.ports.index import ENDED, GROUPS, LIVE, AttemptRecord, CopyText, Position, Standing
from shared.rules.ids import JOB_ID
from shared.rules.jobs import State
from shared.storage import codec
from shared.storage.columns import Columns
from shared.storage.server_date import ReplyDate

#: The end of an index row's key: a moment and a job id.
_PLACE = re.compile(rf"[A-Za-z:]+:(\d{{13}}):({JOB_ID.pattern})", re.ASCII)


def prefix(group: State | None) -> str:
    """Return how the keys of a group begin."""
    return "due:" if group is None else f"end:{group.value}:"


def position(segment: int, row: TableEntity) -> Position:
    """Return where an index row stands, and what else it says."""
    place = _PLACE.fullmatch(row["RowKey"])
    if place is None:
        raise RowDamaged("the key of an index row has no time or no job id")
    running, started = row.get("running"), row.get("started")
    runs = running if isinstance(running, bool) else None
    since = started if isinstance(started, datetime) else None
    return Position(segment, int(place[1]), place[2], running=runs, started=since, copy_text=_copy_text(row))


def standing(row: TableEntity) -> Standing:
    """Return where an index row stands, and in which group."""
    name = str(row["RowKey"])
    for group in GROUPS:
        if name.startswith(prefix(group)):
            return Standing(group, position(LIVE if group is None else ENDED, row))
    raise RowDamaged("the key of an index row has no state")


def attempt(row: TableEntity) -> AttemptRecord:
    """Return the attempt of a row."""
    columns, token = Columns(row), row["RowKey"].rpartition(":")[2]
    return AttemptRecord(
        token=int(token) if token.isascii() and token.isdigit() else 0,
        claim_id=columns.need_text("claim_id"),
        owner=columns.need_text("owner"),
        started=columns.need_moment("started"),
        ended=columns.moment("ended"),
        outcome=columns.text("outcome"),
        error=columns.error(),
        late_reports=columns.whole("refused", 0),
        last_late_report=columns.text("refused_report"),
        last_late_at=columns.moment("refused_at"),
    )


def _copy_text(row: TableEntity) -> CopyText | None:
    text = row.get("copy")
    if not isinstance(text, str):
        return None
    return CopyText(text, partial(codec.decode_copy, row, modified_at=ReplyDate.modified_at(row)))
