"""The jobs of many images at once: in a partition they stand in the order of the images' ids."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor

from shared.errors import Unreadable
from shared.ports.index import JobIndex, KeyPosition
from shared.ports.jobs import JobCopy, JobStore, Key, Row

#: Rows of jobs that one query reads at most for each image that is asked for: its newest version, and older ones.
ROWS_PER_IMAGE = 5
#: A query gives no more (Azure Tables).
_ROWS_AT_ONCE = 1_000


def read(
    images: Sequence[tuple[KeyPosition, Key]], jobs: JobStore, index: JobIndex, pool: Executor
) -> tuple[dict[str, Row | JobCopy], set[str]]:
    """Read the jobs of images' newest versions.

    One query reads those of a bucket, and the older versions that stand between them. What it has not given, because it
    met its bound, or because the job is gone or can't be read, is read by itself.

    Args:
        images: Where each stands, and its newest version; those of purged jobs cost nothing.
        jobs: Reads one.
        index: Lists many.
        pool: Reads side by side.

    Returns:
        The jobs by their ids, and the ids of those that can't be read.

    Costs: 1 query a bucket; 1 read for each job that this has not given.
    """
    wanted = defaultdict[tuple[str, int], list[str]](list)
    for at, key in images:
        if key.state is None:
            wanted[key.type, at.bucket].append(key.job_id)

    def between(place: tuple[str, int]) -> Sequence[JobCopy]:
        ids = wanted[place]
        most = min(_ROWS_AT_ONCE, ROWS_PER_IMAGE * len(ids))
        return index.jobs(*place, first=min(ids), last=max(ids), limit=most)

    rows: dict[str, Row | JobCopy] = {row.job.id: row for page in pool.map(between, wanted) for row in page}
    rest = [job_id for ids in wanted.values() for job_id in ids if job_id not in rows]
    unreadable = set[str]()
    for job_id, (row, readable) in zip(rest, pool.map(lambda each: try_read(jobs, each), rest), strict=True):
        if row is not None:
            rows[job_id] = row
        elif not readable:
            unreadable.add(job_id)
    return rows, unreadable


def try_read(jobs: JobStore, job_id: str) -> tuple[Row | None, bool]:
    """Read a job, and say whether this release can read it; one that is gone is readable and None. Costs: 1 read."""
    try:
        return jobs.get(job_id), True
    except Unreadable:
        return None, False
