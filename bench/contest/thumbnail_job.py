"""The peers' task as the work of a job of Darkroom's."""

from bench.peers import thumbnail_task
from shared.handlers import Context

KIND = "bench-thumbnail"


def make_thumbnail(job: Context) -> dict[str, object]:
    """Read the blob as a handler does, and do with it exactly what a peer's task does."""
    _, _, name = job.job.ref.partition("/")
    return thumbnail_task.make(name, job.read())
