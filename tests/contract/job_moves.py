"""Moves of a job on a bench, each with the service's time."""

import uuid
from datetime import timedelta

from shared.ports.jobs import JobStore, Key, Row
from shared.rules import moves
from shared.rules.jobs import Claim, Event, JobError, Move
from shared.rules.locks import Lock
from tests.contract.benches import JobsBench

TYPE = "image-analysis"
LEASE = timedelta(seconds=60)
NONE = timedelta(0)
LOCK = Lock(name="sweep", owner="timer/1", token=1, lease=LEASE)


def add(
    bench: JobsBench,
    ref: str = "images/cat.png",
    version: str = "0x1",
    *,
    grace: timedelta = NONE,
    max_attempts: int = 5,
) -> Move:
    """Return the addition of a job."""
    return moves.add(
        kind=TYPE,
        ref=ref,
        version=version,
        params={"bytes": 7},
        max_attempts=max_attempts,
        now=bench.now,
        grace=grace,
        add_nonce=uuid.uuid4().hex,
    )


def claim(bench: JobsBench, row: Row, *, owner: str = "queue/1", lapsed: bool = False) -> Move:
    """Return a claim of a job."""
    return moves.claim(row.job, owner=owner, claim_id=uuid.uuid4().hex, now=bench.now, lapsed=lapsed, lease=LEASE)


def renew(bench: JobsBench, row: Row) -> Move:
    """Return a renewal of one's own claim."""
    return moves.renew(row.job, claim=own(row), now=bench.now, lease=LEASE)


def complete(bench: JobsBench, row: Row) -> Move:
    """Return the completion of one's own claim."""
    return moves.complete(row.job, claim=own(row), report={"schema": 1}, now=bench.now)


def retry(bench: JobsBench, row: Row, *, delay: timedelta = NONE) -> Move:
    """Return a retry of one's own claim."""
    return moves.retry(row.job, claim=own(row), error=error(bench), now=bench.now, delay=delay, grace=NONE)


def end(bench: JobsBench, row: Row, event: Event = Event.CANCEL) -> Move:
    """Return the end of a job by another."""
    return moves.end(row.job, event=event, error=error(bench), lapsed=False, now=bench.now)


def redrive(bench: JobsBench, row: Row) -> Move:
    """Return a redrive of an ended job."""
    return moves.redrive(row.job, now=bench.now, grace=NONE)


def error(bench: JobsBench) -> JobError:
    """Return an error of now."""
    return JobError("corrupt_image", "Nothing to see.", bench.now)


def own(row: Row) -> Claim:
    """Return the live claim of a row."""
    assert row.job.claim is not None
    return row.job.claim


def row_of(store: JobStore, job_id: str) -> Row:
    """Return the row of a job that is there."""
    row = store.get(job_id)
    assert row is not None
    return row


def key_of(bench: JobsBench, ref: str = "images/cat.png") -> Key:
    """Return the key row of a reference that has one."""
    key = bench.store.key(TYPE, ref)
    assert key is not None
    return key


def waiting(bench: JobsBench) -> Row:
    """Add a job."""
    return bench.store.insert(add(bench))


def canceled(bench: JobsBench) -> Row:
    """Add a job and cancel it."""
    row = waiting(bench)
    return bench.store.replace(row, end(bench, row))


def running(bench: JobsBench) -> Row:
    """Add a job and claim it."""
    row = waiting(bench)
    return bench.store.replace(row, claim(bench, row))


def index_of(bench: JobsBench, row: Row) -> list[str]:
    """Return the keys of a job's index rows."""
    return [key for key in bench.rows() if key.startswith(("due:", "end:")) and key.endswith(row.job.id)]


def due(bench: JobsBench, row: Row, *, after: timedelta = timedelta(seconds=1), limit: int = 100) -> list[str]:
    """Return the due list of a job's bucket as the sweep sees it after some time."""
    number = int(row.job.id.removeprefix(f"{TYPE}-")[:2], 16) % 4
    return [row.job_id for row in bench.store.due(TYPE, number, before=bench.now + after, limit=limit)]
