"""The keys of the rows of a job: which partition they lie in, and how they sort there."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.ports.index import LATEST_MS
from shared.rules.ids import JOB_ID, bucket, digest
from shared.rules.jobs import Job, State


def partition(job_id: str, buckets: int) -> str:
    """Return the PartitionKey of everything of one job: ``{type}:{bucket:02x}``."""
    found = JOB_ID.fullmatch(job_id)
    kind = found[1] if found else ""
    return partition_of(kind, bucket(job_id, buckets))


def partition_of(kind: str, number: int) -> str:
    """Return the PartitionKey of one bucket of one type."""
    return f"{kind}:{number:02x}"


def job_key(job_id: str) -> str:
    """Return the RowKey of a job."""
    return f"job:{job_id}"


def try_key(job_id: str, token: int) -> str:
    """Return the RowKey of an attempt; tokens of ten digits sort as numbers."""
    return f"try:{job_id}:{token:010d}"


def ref_key(kind: str, ref: str) -> str:
    """Return the RowKey of a reference's newest version."""
    return f"key:{digest(kind, ref)}"


def due_key(due: datetime, job_id: str) -> str:
    """Return the RowKey that brings a live job before the sweep at ``due``."""
    return f"due:{_milliseconds(due):013d}:{job_id}"


def end_key(state: State, ended: datetime, job_id: str) -> str:
    """Return the RowKey that lists an ended job, newest first."""
    return f"end:{state.value}:{newest_first(ended)}:{job_id}"


def newest_first(moment: datetime) -> str:
    """Return digits by which rows of later moments come first."""
    return f"{LATEST_MS - _milliseconds(moment):013d}"


def index_key(job: Job) -> str:
    """Return the RowKey of the one index row that a job has."""
    if job.due is not None:
        return due_key(job.due, job.id)
    if job.ended is None:
        raise ValueError(f"{job.id}: neither live nor ended")
    return end_key(job.state, job.ended, job.id)


def job_of_index(row_key: str) -> str:
    """Return the job id at the end of an index row's key."""
    return row_key.rpartition(":")[2]


def jobs_of_index(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the job ids of index rows; a row of another form is passed over."""
    return [found for found in (job_of_index(row["RowKey"]) for row in rows) if JOB_ID.fullmatch(found)]


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
