"""Faults in what is refused: a version that is known, a lock that is held, a job that another holds."""

from tests.simulation.planting import fault

_NEWER = "shared.steps.intake.record:Record._newer"

REFUSALS = (
    fault(
        "a version that is known is recorded again once its job is purged",
        (_NEWER, "key.version == seen.version:", "key.version == seen.version and key.state is None:"),
        (_NEWER, "key.version == found.version:", "key.version == found.version and key.state is None:"),
    ),
    fault(
        "an outage of the lock is taken for a lock that is held",
        ("shared.steps.upkeep.sweep:Sweep.__call__", "except LockHeld:", "except (LockHeld, StorageOut):"),
    ),
    fault(
        "a job is given back whoever holds it by now",
        (
            "shared.steps.work.claims:Claims.abandon",
            "return self.write(row, claim, freed)",
            (
                "fresh = self.jobs.get(row.job.id) or row\n"
                "        return self.write(fresh, fresh.job.claim or claim, freed)"
            ),
        ),
    ),
    fault(
        "a job is tried again whoever holds it by now",
        (
            "shared.steps.work.claims:Claims.retry",
            "        job, error = row.job,",
            (
                "        row = self.jobs.get(row.job.id) or row\n"
                "        claim = row.job.claim or claim\n"
                "        job, error = row.job,"
            ),
        ),
    ),
)
