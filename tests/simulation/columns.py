"""What the columns of a job's row say of one move: what must change with it, and what must not.

These are promises of docs/design.md about single moves; ``rules`` and ``promises`` have those about who may move what.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.simulation.rules import LIVE, Row

#: What changes with each write.
_NONCE = frozenset({"nonce"})
_RENEWED = _NONCE | {"lease_seconds", "due", "progress", "cursor"}
_RESCHEDULED = _NONCE | {"lease_seconds", "due"}
_RETAGGED = _NONCE | {"retagged"}
#: A process whose clock is fast, and that has heard no reply for a while, is ahead of the services by as much.
_AHEAD = timedelta(minutes=10)
#: Of which a ``Date`` tells whole ones alone.
_SECOND = timedelta(seconds=1)
_END = 9_999_999_999_999


def moment(row: Row, column: str) -> datetime:
    """Return a column's time; the beginning of all times without it."""
    return datetime.fromisoformat(str(row.get(column, "0001-01-01T00:00:00Z")))


def of_move(before: Row, after: Row, *, slack: timedelta) -> Iterator[str]:
    """Say what is wrong with a row after a move.

    Args:
        before: The row as it was.
        after: As it stands.
        slack: By which two processes may differ about the time.
    """
    source, target = before["state"], after["state"]
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    if target == "PENDING":
        yield from _of_waiting(before, after)
    if target == "RUNNING" and before.get("claim_id") != after.get("claim_id"):
        yield from _of_claim(before, after, slack)
    elif source == target == "RUNNING":
        renewed = bool(after.get("lease_seconds"))
        allowed = _RENEWED if renewed else _RESCHEDULED
        if changed - allowed:
            yield f"a renewal has changed {sorted(changed - allowed)}"
    elif source == target == "PENDING":
        if changed - _RESCHEDULED:
            yield f"it was to be due at another time, and {sorted(changed - _RESCHEDULED)} changed"
    elif source == target and changed - _RETAGGED:
        yield f"it stands for a newer version, and {sorted(changed - _RETAGGED)} changed"
    if target not in LIVE:
        yield from _of_end(before, after, slack)


def _of_waiting(before: Row, after: Row) -> Iterator[str]:
    if moment(after, "due") < moment(after, "not_before"):
        yield f"due at {after['due']}, before it may be claimed at {after['not_before']}"
    if before["state"] == "RUNNING" and after["attempts"] - after["attempts_base"] >= after["max_attempts"]:
        yield "given back, and no attempt may follow"
    error, last = (json.loads(row.get("error") or "{}") for row in (after, before))
    if before["state"] == "RUNNING" and error and error != last:
        if "not_before" in after and moment(after, "not_before") < datetime.fromisoformat(error["at"]):
            yield f"given back at {error['at']}, to be claimed before that, at {after['not_before']}"
        if error["code"] == last.get("code") == "storage_out" and "not_before" not in after:
            yield "given back by the second outage that follows another, to be claimed at once"
    if before["state"] in ("FAILED", "CANCELED"):
        if after["attempts_base"] != after["attempts"] or after.get("abandons"):
            yield "opened again without all of its attempts"
        left = {"deadline", "error", "ended", "not_before", "owner", "report"} & after.keys()
        if left:
            yield f"opened again, and {sorted(left)} left from before"


def _of_claim(before: Row, after: Row, slack: timedelta) -> Iterator[str]:
    if "not_before" in after:
        yield "claimed, and not to be claimed before a time"
    started, limit = moment(after, "started"), after.get("time_limit_seconds")
    if "deadline" in before:
        if after.get("deadline") != before["deadline"]:
            yield "claimed, and its deadline moved"
    elif limit is not None and abs(moment(after, "deadline") - started - timedelta(seconds=limit)).total_seconds() > 1:
        yield f"claimed first at {started}, with its deadline at {after.get('deadline')}"
    free = moment(before, "not_before")
    if started + slack + _SECOND < free:
        yield f"started at {started}, and free to be claimed no sooner than at {free}"
    if before["state"] == "RUNNING" and after["started"] == before.get("started"):  # a lease later, at least
        yield f"taken over, and started at {started}, as the attempt before"


def _of_end(before: Row, after: Row, slack: timedelta) -> Iterator[str]:
    if (after["state"] == "COMPLETED") != ("report" in after) or (after["state"] == "COMPLETED") == ("error" in after):
        yield f"{after['state']}, with {sorted({'report', 'error'} & after.keys())}"
    begun = max(moment(before, "started"), moment(after, "created"))
    if before["state"] in LIVE and moment(after, "ended") < begun - slack - _AHEAD:
        yield f"ended at {after['ended']}, before it was begun at {begun}"
    left = {"due", "owner", "claim_id", "lease_seconds", "not_before"} & after.keys()
    if left:
        yield f"{after['state']}, and {sorted(left)} left"


def index_of(row: Row, job_id: str) -> str:
    """Return the key of the one index row that a job must have."""
    if row["state"] in LIVE:
        return f"due:{_milliseconds(row, 'due'):013d}:{job_id}"
    return f"end:{row['state']}:{_END - _milliseconds(row, 'ended'):013d}:{job_id}"


def _milliseconds(row: Row, column: str) -> int:
    return round(moment(row, column).timestamp() * 1000)
