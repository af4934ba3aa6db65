"""An attempt at a job, and the error that it leaves."""

from shared.rules.jobs import Job
from shared.steps.work.attempt import End
from tests.doubles.world import World


def attempt_job(world: World, job_id: str) -> End:
    """Attempt a job as its message makes a worker do."""
    return world.darkroom.attempt.run(job_id, owner="queue/1")


def error_code(job: Job) -> str | None:
    """Return the code of a job's error; None without one."""
    return job.error and job.error.code
