"""What holds for any two rows of a job that follow each other; each rule says in a sentence what is wrong.

These are promises of docs/guarantees.md, said once more in other words: no code of production is used. ``promises``
holds more of them against whole transactions.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]

LIVE = frozenset({"PENDING", "RUNNING"})
#: How the owners of this app's own claims begin: those of its queue trigger, its timers, and its worker.
OURS = ("queue/", "timer/", "worker/")
#: Where a job may go from where.
_ALLOWED = {
    "PENDING": LIVE | {"FAILED", "CANCELED"},
    "RUNNING": LIVE | {"COMPLETED", "FAILED", "CANCELED"},
    "COMPLETED": {"COMPLETED"},
    "FAILED": {"PENDING"},
    "CANCELED": {"PENDING"},
}
#: Ends that nobody makes who works on the job: the token grows, so that whoever still works is fenced off.
FROM_OUTSIDE = frozenset({"attempts_exhausted", "time_limit", "poison"})
#: Ends of a job that say that code of production has failed.
_CRASHES = frozenset({"unexpected_error", "handler_crashed", "result_no_json", "result_too_large"})


def code_of(row: Row) -> str:
    """Return the code of a job's last error; "" without one."""
    return str(json.loads(row["error"])["code"]) if row.get("error") else ""


def outside(row: Row) -> bool:
    """Say whether an external worker holds the job: it may call any process."""
    return not str(row.get("owner", "")).startswith(OURS)


def by_owner(before: Row, after: Row) -> bool:
    """Say whether only the worker who holds the job can have moved it so: it has given it back, or ended it."""
    given_back = after["state"] == "PENDING"
    failed = after["state"] == "FAILED" and code_of(after) not in FROM_OUTSIDE
    return before["state"] == "RUNNING" and (given_back or failed or after["state"] == "COMPLETED")


def extends_lease(before: Row, after: Row) -> bool:
    """Say whether a lease was made longer."""
    runs = before["state"] == after["state"] == "RUNNING" and bool(after.get("lease_seconds"))
    return runs and bool(after["token"] == before["token"])


def over_lease(before: Row, after: Row) -> bool:
    """Say whether a running job was moved as only a lease that has lapsed allows: claimed, given up, or sent again."""
    if before["state"] != "RUNNING":
        return False
    if after["state"] == "RUNNING":
        sent = bool(before.get("lease_seconds")) and not after.get("lease_seconds")
        return sent or bool(after["token"] > before["token"])
    return after["state"] == "FAILED" and code_of(after) in FROM_OUTSIDE


def of_move(job_id: str, before: Row, after: Row) -> Iterator[str]:
    """A job goes where it may, nothing that counts falls, and a report never changes."""
    source, target = before["state"], after["state"]
    if target not in _ALLOWED[source]:
        yield f"{job_id}: from {source} to {target}"
    for column in ("token", "attempts"):
        if after[column] < before[column]:
            yield f"{job_id}: {column} fell from {before[column]} to {after[column]}"
    if source == "COMPLETED" and after.get("report") != before.get("report"):
        yield f"{job_id}: its report was changed"
    if code_of(after) in _CRASHES and target != source:
        yield f"{job_id}: {code_of(after)}: {after['error']}"
