"""Faults in what comes round: idle ticks, walks of many images, tiers, and what is left when a holder has ended."""

from tests.simulation.planting import fault

_TICKS = "shared.steps.upkeep.ticks:Ticks"
_RETIRE = "shared.heartbeat:HeldLease.retire"

ROUNDS = (
    fault("an idle tick does not look for due jobs", (f"{_TICKS}._finds_due", "return self.sweep.has_due()", "pass")),
    fault(
        "an idle process sweeps for due jobs alone",
        (f"{_TICKS}._is_idle", "return is_idle and now", "return is_idle or now"),
    ),
    fault(
        "a process is idle a minute after its work",
        (f"{_TICKS}._is_idle", ">= IDLE.total_seconds()", ">= IDLE.total_seconds() / 10"),
    ),
    fault(
        "a tick behind a sweep that has failed looks only",
        (f"{_TICKS}.tick", "self._quiet_since = self._quiet_since, None", "_ = self._quiet_since, None"),
    ),
    fault(
        "a lease is renewed behind the end of its work",
        (_RETIRE, "self._is_retired = True", "pass"),
        (_RETIRE, "self._on_retire(self)", "pass"),
    ),
    fault(
        "a retry counts twice",
        (
            "shared.rules.moves:retry",
            "_release(job, state, error",
            "_release(replace(job, attempts_base=job.attempts_base - 1), state, error",
        ),
    ),
    fault(
        "a retry does not count",
        (
            "shared.rules.moves:retry",
            "_release(job, state, error",
            "_release(uncount(job), state, error",
        ),
    ),
    fault(
        "what is rejected is forgotten before its time",
        ("shared.steps.upkeep.forget:Forget.find", "row.at <= before", "row.at >= before"),
    ),
    fault(
        "images of a group are recorded by what is known of the first",
        ("shared.steps.intake.record_many:RecordMany.record", "(blob.ref, blob.facts,", "(blob.ref, group[0].facts,"),
    ),
    fault(
        "an image that has left the archive is taken for recorded by the walk",
        ("shared.steps.upkeep.reconcile:Reconcile._look", " and not blob.has_left_archive", ""),
    ),
    fault(
        "a job whose blob has left the archive is not opened again",
        ("shared.steps.intake.reopen:Reopen.reopen", "not _was_unreadable(row.job, facts)", "row.job"),
    ),
    fault(
        "verify does not look again at what seems wrong",
        ("shared.steps.operators.verify:Verify._sure", "group = self.audit.look(group)", "pass"),
    ),
    fault(
        "a job is opened again beside that of a newer version",
        ("shared.steps.intake.reopen:Reopen.reopen", "(row, move, over=key)", "(row, move)"),
        ("shared.steps.intake.reopen:Reopen.reopen", "key is None or key.job_id != job_id", "key is None"),
    ),
    fault(
        "a message is sent for a while only",
        ("shared.storage.cas:send", "time_to_live=-1", "time_to_live=600"),
    ),
)
