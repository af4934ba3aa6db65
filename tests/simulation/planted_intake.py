"""Faults in how work comes in: record, supersede, retag, announce, and the versions of a reference."""

from tests.simulation.planting import fault

_RECORD = "shared.steps.intake.record:Record"

INTAKE = (
    # Versions of a reference.
    fault(
        "key row written from an old HEAD",
        (f"{_RECORD}._newer", "found = self._head(ref)", "found = seen or self._head(ref)"),
        (
            f"{_RECORD}._newer",
            "if seen is not None and key is not None and key.version == seen.version:",
            "if seen is None and key is None:",
        ),
    ),
    fault(
        "key row read after the HEAD",
        (
            f"{_RECORD}._newer",
            "key = self.jobs.key(self.settings.image_type, ref.ref)",
            "found = self._head(ref)\n            key = self.jobs.key(self.settings.image_type, ref.ref)",
        ),
        (
            f"{_RECORD}._newer",
            "            found = self._head(ref)\n            if key is not None and key.version == found",
            "            if key is not None and key.version == found",
        ),
    ),
    fault(
        "key row not read after its refusal",
        (
            f"{_RECORD}._newer",
            "            key = self.jobs.key(self.settings.image_type, ref.ref)\n",
            "            key = key if _ else self.jobs.key(self.settings.image_type, ref.ref)\n",
        ),
    ),
    fault(
        "version that comes back opened beside the one that is live",
        (f"{_RECORD}._reopen", "over=key, superseded=superseded", "over=key"),
    ),
    fault(
        "version that comes back taken for a duplicate by who looks for another",
        (f"{_RECORD}._reopen", "row.job.state is not State.CANCELED", "row.job.state"),
    ),
    fault(
        "version that stands there again superseded by its own worker",
        (
            "shared.steps.work.analyze:Analyze._record_newer",
            "if recorded.job_id == attempt.job.id:",
            "if not recorded:",
        ),
    ),
    fault(
        "supersede forgotten",
        (f"{_RECORD}._end_of_older", "if before.job.state.ended:", "if before.job.state:"),
    ),
    fault(
        "running jobs are not superseded",
        (f"{_RECORD}._end_of_older", "if before.job.state.ended:", "if before.job.state is not State.PENDING:"),
    ),
    fault(
        "a newer version is a duplicate",
        (
            f"{_RECORD}.record",
            "return self._newer(ref, traceparent, seen=found, announce=announce)",
            "return self._log(RecordResult(added.job.id, Recording.DUPLICATE), ref.ref)",
        ),
    ),
    fault(
        "an overwritten image is canceled and not recorded",
        (
            "shared.steps.work.analyze:Analyze.analyze",
            "raise self._record_newer(attempt, ref) from None",
            'raise CancelJob("superseded", "Overwritten.", event=Event.SUPERSEDE) from None',
        ),
        ("shared.steps.work.attempt:_work", "not claim.still_own()", "False"),
    ),
    fault(
        "content compared by its size alone",
        (
            f"{_RECORD}._same_content",
            'facts = ("bytes", "content_md5", "created_at", "content_encoding")',
            'facts = ("bytes",)',
        ),
    ),
    fault(
        "retag of a job that is not completed",
        (f"{_RECORD}._same_content", "before.state is not State.COMPLETED", "before.state is State.FAILED"),
        (
            "shared.rules.jobs:TRANSITIONS",
            "Transition(Event.RETAG, State.COMPLETED, State.COMPLETED),",
            (
                "Transition(Event.RETAG, State.COMPLETED, State.COMPLETED),"
                " Transition(Event.RETAG, State.PENDING, State.COMPLETED),"
                " Transition(Event.RETAG, State.RUNNING, State.COMPLETED),"
            ),
        ),
    ),
    fault(
        "retag without the key row",
        (
            f"{_RECORD}._over",
            "moves.retag(before.job, version=version, now=now), over=key)",
            "moves.retag(before.job, version=version, now=now))",
        ),
    ),
    fault(
        "retag that says nothing of the newer version",
        ("shared.rules.moves:retag", "state=state, retagged=version", "state=state"),
    ),
    # Events and messages.
    fault(
        "an outage of the record is taken for a blob that is gone",
        (f"{_RECORD}.record_event", "except BlobGone:", "except Exception:"),
    ),
    fault(
        "the message of an image is taken in, and the image is not recorded",
        (
            "shared.steps.work.receive:Receive.receive",
            "recorded = self.record.record(ref, announce=not alone)",
            "recorded = self.record.record(ref, announce=not alone) if not alone else None",
        ),
        (
            "shared.steps.work.receive:Receive.receive",
            "            if alone:\n",
            (
                "            if recorded is None:\n"
                '                return __import__("shared.steps.intake.record", fromlist=["x"]).Recording.RECORDED\n'
                "            if alone:\n"
            ),
        ),
    ),
    fault(
        "a job is due only for its message",
        (
            "shared.rules.moves:add",
            "due=max(now, not_before or now) + grace",
            "due=max(now, not_before or now) + 10_000 * grace",
        ),
    ),
    fault(
        "a poison message is deleted and its job forgotten",
        ("shared.steps.upkeep.bury:Bury.bury", "self._job(hint.job_id)", "Burial.LEFT"),
        (
            "shared.rules.moves:add",
            "due=max(now, not_before or now) + grace",
            "due=max(now, not_before or now) + 10_000 * grace",
        ),
    ),
    fault(
        "a message that names an image whose job is purged is rejected",
        (
            "shared.steps.work.receive:Receive.receive",
            "with suppress(NoSuchJob):",
            "with suppress():",
        ),
    ),
)
