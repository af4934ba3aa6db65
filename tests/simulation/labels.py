"""What a request is, in words that hold nothing drawn: for traces, and for counting what met which fault."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.operations import Operation, operations
from tests.simulation.service.exchange import Request

#: Several jobs are added by one transaction.
MANY = "add many"
_ROW = re.compile(r"RowKey='([a-z]+):")
_RANGE = re.compile(r"'([a-z]+):")
_BY_VERB = {"insert": "add", "delete": "purge"}
_BY_CODE = {"superseded": "supersede", "poison": "bury"}


def label(request: Request, rows: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> str:
    """Name a request.

    Args:
        request: As it is sent.
        rows: As they stand: what a write means is in what it finds.
    """
    if request.service == "blob":
        container, *blob = request.segments or ("",)
        what = request.query.get("comp") or request.query.get("restype") or ("blob" if blob else "container")
        return f"{request.method} {container} {what}"
    if request.service == "queue":
        return f"{request.method} {' '.join(request.segments[:2])} {request.query.get('comp', '')}".rstrip()
    written = operations(request)
    if written:
        return "+".join(_events(written, rows)) or f"{written[0].verb} {_kind(written[0])}"
    path = request.segments[0] if request.segments else ""
    found = _ROW.search(path) or _RANGE.search(request.query.get("$filter", ""))
    if found:
        return f"{'get' if 'RowKey' in path else 'query'} {found[1]}"
    return f"{request.method} {path.partition('(')[0]}"


def _kind(operation: Operation) -> str:
    """Return what a row that is no job's is."""
    return "lock" if "locks" in operation.table else operation.row.partition(":")[0]


def _events(written: Sequence[Operation], rows: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> list[str]:
    """Return the transitions of jobs that a transaction makes, or the acquisition, renewal or release of a lock."""
    tries = [(each.row.rpartition(":")[0][4:], each) for each in written if _kind(each) == "try"]
    ends = {job_id: each.columns.get("outcome") for job_id, each in tries}
    ends |= {job_id: "claim" for job_id, each in tries if each.verb == "insert"}
    jobs = [each for each in written if _kind(each) == "job"]
    events = [_event(each, rows.get(each.place, {}), ends.get(each.row[4:])) for each in jobs]
    locks = [_lock_event(each, rows.get(each.place, {})) for each in written if _kind(each) == "lock"]
    many = [MANY] if events.count("add") > 1 else []
    return sorted(set(events)) + many + locks


def _event(operation: Operation, before: Mapping[str, Any], ended: object) -> str:
    """Return which transition a write of a job's row is."""
    after = operation.columns
    if operation.verb in _BY_VERB:
        return _BY_VERB[operation.verb]
    if operation.verb == "merge":
        return "mend"
    if ended is not None:
        return str(ended)
    if after.get("state") == "RUNNING":
        return "renew" if after.get("lease_seconds") else "reschedule"
    code = json.loads(str(after.get("error", "{}"))).get("code", "")
    by_state = {"PENDING": "redrive", "COMPLETED": "retag", "CANCELED": "cancel", "FAILED": "exhaust"}
    waits = before.get("state") == after.get("state") == "PENDING"
    return "reschedule" if waits else _BY_CODE.get(code, by_state[str(after.get("state"))])


def _lock_event(operation: Operation, before: Mapping[str, Any]) -> str:
    after = operation.columns
    if after.get("owner") is None:
        return "lock release"
    return "lock renew" if after.get("token") == before.get("token") else "lock take"
