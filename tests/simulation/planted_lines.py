"""Faults of one line: a boundary, a guard, a time, an order, a return or a condition that is forgotten."""

from tests.simulation.planting import fault

_CLAIMS = "shared.steps.work.claims:Claims"
_HELD = "shared.steps.work.held_claim:HeldClaim"

LINES = (
    # Boundaries.
    fault("one attempt more than allowed", ("shared.rules.jobs:Job.out_of_attempts", ">= self.max", "> self.max")),
    fault(
        "a time limit that nobody keeps",
        ("shared.rules.jobs:Job.time_over", "now >= self.deadline", "now < self.created"),
    ),
    fault("a time limit that begins anew at each claim", ("shared.rules.moves:claim", "job.deadline is None and ", "")),
    fault(
        "others leave a holder no margin", ("shared.rules.leases:lapsed", "> lease + margin", "> lease - 2 * margin")
    ),
    fault("a lease is renewed when all of it is gone", ("shared.rules.leases:renew_at", " / RENEWALS_PER_LEASE", "")),
    fault("redrive keeps the deadline", ("shared.rules.moves:redrive", "deadline=None, ", "")),
    fault(
        "purge lists what ended later, too", ("shared.rules.jobs:GUARDS", "job.ended < facts.ended_before", "job.ended")
    ),
    # Times.
    fault(
        "a retry may be claimed at once",
        ("shared.rules.moves:retry", "not_before = now + delay", "not_before = now - delay"),
    ),
    fault(
        "a retry is due before it may be claimed",
        ("shared.rules.moves:retry", "due=not_before + grace", "due=now + grace"),
    ),
    fault(
        "an end is listed by when its job was made",
        ("shared.storage.row_keys:index_key", "job.ended, job.id", "job.created or job.ended, job.id"),
    ),
    fault(
        "outages that follow each other make nobody wait",
        ("shared.rules.moves:abandon", "now + delay if delay else None", "None"),
    ),
    fault(
        "a claim keeps the time before which nobody may claim",
        ("shared.rules.moves:claim", "        not_before=None,\n", ""),
    ),
    fault(
        "a claim says that it began when the last did",
        ("shared.rules.moves:claim", "started=now,", "started=job.started or now,"),
    ),
    fault(
        "a message comes before its job may be claimed",
        ("shared.storage.cas:send", "math.ceil(delay.total_seconds())", "math.ceil(0 * delay.total_seconds())"),
    ),
    fault(
        "a renewal is counted from its reply",
        (
            "shared.heartbeat:HeldLease._renew_once",
            "leases.renew_at(sent_at=sent_at",
            "leases.renew_at(sent_at=self._monotonic()",
        ),
    ),
    # What is forgotten.
    fault(
        "an outage ends an attempt, and its job is not given back",
        (
            "shared.steps.work.attempt:Attempt._give_back",
            "        try:\n",
            "        if claim is not None:\n            return\n        try:\n",
        ),
    ),
    fault(
        "a removed job leaves its thumbnails",
        (
            "shared.steps.operators.remove:Remove._try_remove",
            "        self._delete_thumbnails(job.id, up_to=job.token)\n",
            "",
        ),
    ),
    fault(
        "a purged job leaves its thumbnails",
        (
            "shared.steps.upkeep.purge:Purge._without_thumbnails",
            "if token_of(name) <= job.token",
            "if token_of(name) < job.token",
        ),
    ),
    fault(
        "a poison message leaves its job where it is due",
        ("shared.steps.upkeep.bury:Bury._job", "self._hasten(row, lapsed=lapsed)", "del lapsed"),
    ),
    fault(
        "what is rejected is not kept",
        (
            "shared.steps.intake.resolve:Resolve._reject",
            "self.rejections.reject(messages.text_to_keep(text), code=rejected.code",
            "str(dict(code=rejected.code",
        ),
        (
            "shared.steps.intake.resolve:Resolve._reject",
            "message=reason)",
            "message=reason))",
        ),
    ),
    fault(
        "an image is analysed once more behind its refused commit",
        (
            "shared.steps.work.attempt:_work",
            "return _ENDS[claim.fail(wish.code, str(wish)).job.state]",
            "claim.fail(wish.code, str(wish))\n        return _ENDS[claim.retry(wish.code, str(wish)).job.state]",
        ),
    ),
    fault(
        "a walk forgets what could not be looked at",
        (
            "shared.steps.upkeep.position:Position.behind",
            "names = tuple(dict.fromkeys([*self.again, *(blob.ref.name for blob in failed)]))",
            "names = self.again",
        ),
    ),
    fault(
        "a refused report is not noted",
        (
            f"{_HELD}.refusal",
            "        self._ports.late_reports.note(row.job.id, self.claim.token, report=event.value)\n",
            "",
        ),
    ),
    # Outages that look like an answer.
    fault(
        "an outage of a claim looks like a busy job",
        (f"{_CLAIMS}.claim", "except Lost:  # perhaps", "except Exception:  # perhaps"),
    ),
    fault(
        "an outage of cancel looks like its success",
        (
            "shared.steps.operators.cancel:Cancel.cancel",
            "except Lost:",
            "except Undecided:\n                return row\n            except Lost:",
        ),
    ),
    fault(
        "an image whose look fails is done",
        (
            "shared.steps.upkeep.reconcile:Reconcile._record",
            "return self.record.record_event(blob.ref.ref)",
            (
                "try:\n            return self.record.record_event(blob.ref.ref)\n"
                "        except Exception:\n            return Recording.DUPLICATE"
            ),
        ),
    ),
    fault(
        "an outage of an event looks like its end",
        ("shared.steps.intake.record:Record.record_event", "except BlobGone:", "except (BlobGone, Undecided):"),
    ),
    fault(
        "whoever is late says that he was first",
        (
            "shared.steps.intake.record:Record.record",
            "return self._log(RecordResult(added.job.id, Recording.DUPLICATE), ref.ref)",
            "return self._log(RecordResult(added.job.id, Recording.RECORDED), ref.ref)",
        ),
    ),
    fault(
        "a lost redrive says that it was done",
        (
            "shared.steps.operators.redrive:Redrive.redrive",
            "            except Lost:\n                continue",
            "            except Lost:\n                return row",
        ),
    ),
    fault(
        "a cancel that was late says that it was done",
        (
            "shared.steps.operators.cancel:Cancel.cancel",
            "            except Lost:\n                continue",
            "            except Lost:\n                return row",
        ),
    ),
    fault(
        "an ended job is told to be canceled",
        (
            "shared.steps.operators.cancel:Cancel.cancel",
            "if row.job.state is State.CANCELED:",
            "if row.job.state.ended:",
        ),
    ),
    fault(
        "a report that was refused is told to be written",
        (f"{_HELD}._write", "raise self.refusal(row, event)", "return self.row"),
    ),
    # ETags.
    fault(
        "a commit that is sent again with the newest row",
        (
            f"{_HELD}._write",
            "if row is None or row.job.claim != self.claim:",
            "if row is None or row.job.claim is None:",
        ),
    ),
    fault(
        "a mark that is written over whatever stands",
        (
            "shared.storage.mark_table:MarkTable.replace",
            '{"mode": UpdateMode.REPLACE, **cas.if_match(mark.etag)}',
            '{"mode": UpdateMode.REPLACE}',
        ),
    ),
    fault(
        "a purge cuts attempts off a row that has moved on",
        ("shared.storage.ended_table:EndedTable._cut", "**cas.if_match(row.etag)", '**cas.if_match("*")'),
    ),
    fault(
        "a renewal is sent against the row that was refused",
        (
            f"{_HELD}._keep",
            "self._renew_row(fresh, left)",
            "self._renew_row(row, left)",
        ),
    ),
)
