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
        ("shared.steps.upkeep.sweep:Sweep.sweep", "except LockHeld:", "except (LockHeld, StorageOut):"),
    ),
    fault(
        "a job is given back whoever holds it by now",
        (
            "shared.steps.work.held_claim:HeldClaim.abandon",
            "        return self._write(",
            (
                "        self.row = self._ports.jobs.get(self.job.id) or self.row\n"
                "        self.claim = self.row.job.claim or self.claim\n"
                "        return self._write("
            ),
        ),
    ),
    fault(
        "a job is tried again whoever holds it by now",
        (
            "shared.steps.work.held_claim:HeldClaim.retry",
            "        error, last =",
            (
                "        self.row = self._ports.jobs.get(self.job.id) or self.row\n"
                "        self.claim = self.row.job.claim or self.claim\n"
                "        error, last ="
            ),
        ),
    ),
)
