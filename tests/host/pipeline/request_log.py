"""What Azurite's own request log says was written; whole when Azurite has ended."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

_REQUEST = re.compile(r"RequestMethod=(\S+) RequestURL=http://[^/]+/darkroom/(\S+)")
_BATCH = re.compile(r'TableHandler:batch\(\) Raw request string is (".*")$')
_OPERATION = re.compile(r"^(?:POST|PUT|PATCH|MERGE|DELETE) http://[^/]+/darkroom/(\w+)", re.MULTILINE)
_ROW = re.compile(r"RowKey='([^']*)'|\"RowKey\": \"([^\"]*)\"")
#: What the host writes for itself: leases, receipts, its own queues.
_HOST = "azure-webjobs-"


def writes(log: Path) -> list[str]:
    """Return all that was asked to be written, refused or not, in order: table and row key, or method and path.

    A transaction counts by its operations. The log's times say nothing: under load they run late.
    """
    found: list[str] = []
    for line in log.read_text("utf-8", "replace").splitlines():
        # Each pattern behind a plain look: bodies of blobs make lines on which a search takes minutes.
        if "TableHandler:batch()" in line and (batch := _BATCH.search(line)):
            found += _operations(json.loads(batch[1]))
        if "RequestMethod=" in line and (request := _REQUEST.search(line)):
            method, path = request[1], request[2]
            if method not in {"GET", "HEAD", "OPTIONS"} and path != "$batch" and not path.startswith(_HOST):
                found.append(f"{method} {path}")
    return found


def _operations(batch: str) -> list[str]:
    """Name the rows that a transaction writes."""
    begins = [found.start() for found in _OPERATION.finditer(batch)]
    parts = [batch[begin:end] for begin, end in zip(begins, [*begins[1:], len(batch)], strict=True)]
    return [f"{_first(_OPERATION, part)} {unquote(_first(_ROW, part))}" for part in parts]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found, text
    return next(group for group in found.groups() if group is not None)
