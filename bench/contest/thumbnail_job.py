"""The peers' task as the work of a job of Darkroom's."""

from bench.peers import thumbnail_task
from shared.handlers import Context

KIND = "bench-thumbnail"


def make_thumbnail(job: Context) -> dict[str, object]:
    """Do exactly what a peer's task does."""
    return thumbnail_task.run(job.job.ref)
