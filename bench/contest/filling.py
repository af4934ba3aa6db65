"""Many ended jobs at once, by copies of the rows of one: only how many rows there are matters to those that follow."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from azure.data.tables import TableClient

from shared.handlers import Context
from shared.steps.intake.add import NewJob
from shared.storage import row_keys
from shared.wiring.steps import Darkroom

KIND = "bench-scale"
#: As many operations as a transaction may have.
_MOST = 100


def do_nothing(_job: Context) -> dict[str, object]:
    """Work on a job of ``KIND``."""
    return {}


def add(darkroom: Darkroom, ref: str) -> str:
    """Add a job, and return its id."""
    row = darkroom.add.add(NewJob(kind=KIND, ref=ref, params={}, unique=True)).row
    if row is None:
        raise RuntimeError(f"{ref} was purged.")
    return row.job.id


def fill(darkroom: Darkroom, table: TableClient, rows: int) -> int:
    """Add ended jobs until the table has about so many rows; return how many it has."""
    model = add(darkroom, "model")
    darkroom.attempt.run(model, owner="bench/1")
    buckets = darkroom.settings.job_buckets
    rows_of_one = (row for row in table.list_entities() if model in row["RowKey"] or row["RowKey"].startswith("key:"))
    copied = [_plain(row) for row in rows_of_one]
    waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
    written = len(copied)
    while written < rows:
        identity = f"{KIND}-{uuid.uuid4().hex}"
        place = row_keys.partition(identity, buckets)
        waiting[place] += [_copy(row, place, model, identity) for row in copied]
        if len(waiting[place]) > _MOST - len(copied):
            table.submit_transaction([("create", row) for row in waiting.pop(place)])
        written += len(copied)
    for left in waiting.values():
        table.submit_transaction([("create", row) for row in left])
    return written


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its times as they are written: those that the SDK has read are of a type of its own."""
    return {
        name: datetime.combine(value.date(), value.timetz()) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _copy(row: dict[str, Any], place: str, model: str, identity: str) -> dict[str, Any]:
    """Return a row of one job as another job's."""
    key = row["RowKey"]
    key = f"key:{identity.rpartition('-')[2]}" if key.startswith("key:") else key.replace(model, identity)
    return {**row, "PartitionKey": place, "RowKey": key}
