"""The peers' task as a handler of Darkroom's: the app of a contest imports it."""

from bench.peers import thumbnail_task
from shared.handlers import Context, handler_for

KIND = "bench-thumbnail"


@handler_for(KIND)
def make_thumbnail(job: Context) -> dict[str, object]:
    """Do exactly what a peer's task does."""
    return thumbnail_task.run(job.job.ref)
