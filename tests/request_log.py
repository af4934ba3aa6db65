"""What Azurite's own request log says was written; whole when Azurite has ended."""

import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

_REQUEST = re.compile(r"RequestMethod=(\S+) RequestURL=http://[^/]+/darkroom/(\S+)")
_BATCH = re.compile(r'(\S+) debug: TableHandler:batch\(\) Raw (request|response) string is (".*")$')
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
        batch = _batch(line)
        if batch and batch[2] == "request":
            found += _operations(json.loads(batch[3]))
        # Behind a plain look, as in ``_batch``.
        if "RequestMethod=" in line and (request := _REQUEST.search(line)):
            method, path = request[1], request[2]
            if method not in {"GET", "HEAD", "OPTIONS"} and path != "$batch" and not path.startswith(_HOST):
                found.append(f"{method} {path}")
    return found


def count_transitions(log: Path) -> tuple[Counter[str], Counter[str]]:
    """Count, in Azurite's own request log, the transactions that were applied: claims and commits by job id.

    Not our tables' word: what the storage service says that it was asked for and has answered with success.
    """
    claims, commits, bodies = Counter[str](), Counter[str](), dict[str, str]()
    for line in log.read_text("utf-8", "replace").splitlines():
        batch = _batch(line)
        if not batch:
            continue
        request, kind, text = batch[1], batch[2], json.loads(batch[3])
        if kind == "request":
            bodies[request] = text
        elif not re.search(r"HTTP/1\.1 [45]\d\d", text):
            body = bodies.pop(request, "")
            job = re.search(r'"RowKey": "job:([^"]+)"', body)
            if job and '"state": "COMPLETED"' in body and '"retagged"' not in body:
                commits[job[1]] += 1
            if job and '"claim_nonce"' in body:
                claims[job[1]] += 1
    return claims, commits


def _batch(line: str) -> re.Match[str] | None:
    """Find a transaction, or the reply to one: its number, which of the two it is, and its text as JSON.

    The pattern alone takes minutes: it is quadratic in lines without a space, and bodies of blobs are such.
    """
    return _BATCH.search(line) if "TableHandler:batch()" in line else None


def _operations(batch: str) -> list[str]:
    """Name the rows that a transaction writes."""
    begins = [found.start() for found in _OPERATION.finditer(batch)]
    parts = [batch[begin:end] for begin, end in zip(begins, [*begins[1:], len(batch)], strict=True)]
    return [f"{_first(_OPERATION, part)} {unquote(_first(_ROW, part))}" for part in parts]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found, text
    return next(group for group in found.groups() if group is not None)
