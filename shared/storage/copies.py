"""The copy of a job that its index row has, so that a list need not read each job by itself.

It is one text, the columns of the job's row as JSON: to write them side by side takes three times as long.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: What no list shows: what a lease is made of, what proves a write, and thumbnails.
LEFT_OUT = frozenset({"PartitionKey", "RowKey", "nonce", "add_nonce", "claim_id", "thumbnail"})
#: Of a copy; a larger job has none, for it would be written twice at each move.
CHARACTERS = 8_192
_WRITER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=datetime.isoformat)


def encode(columns: Mapping[str, Any]) -> dict[str, str]:
    """Return the column that copies those of a job's row; none where the job is large."""
    text = _WRITER.encode({name: value for name, value in columns.items() if name not in LEFT_OUT})
    return {"copy": text} if len(text) <= CHARACTERS else {}


def decode(row: Mapping[str, Any], times: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the columns that an index row copies; None where it has no copy that can be read.

    Args:
        row: The index row.
        times: Which of the columns are moments.
    """
    text = row.get("copy")
    if not isinstance(text, str):
        return None
    try:
        columns: dict[str, Any] = json.loads(text)
        return columns | {name: datetime.fromisoformat(columns[name]) for name in times if name in columns}
    except (ValueError, TypeError, RecursionError):
        return None
