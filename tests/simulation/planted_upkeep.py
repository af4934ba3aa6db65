"""Faults in what timers and people do: sweep, reconcile, purge, redrive, remove, forget."""

from tests.simulation.planting import fault

_REDRIVE = "shared.steps.operators.redrive:Redrive.redrive"
_PURGE = "shared.steps.upkeep.purge:Purge"
_REMOVE = "shared.steps.operators.remove:Remove"
_ENDED = "shared.storage.ended_table:EndedTable"

UPKEEP = (
    # Operators.
    fault(
        "redrive by hand that does not look at the key row",
        (_REDRIVE, "self.jobs.key(row.job.type, row.job.ref) if row.job.unique else None", "None"),
        (_REDRIVE, "over=key, keyed=row.job.unique", "over=key"),
    ),
    fault(
        "redrive by hand that looks at the key row and does not match it",
        (_REDRIVE, ", over=key, keyed=row.job.unique)", ")"),
    ),
    fault(
        "redrive that makes a key row where there is none any more",
        ("shared.storage.job_table:_key_operation", 'return ("create", columns)', 'return ("upsert", columns)'),
    ),
    fault("a live job is removed", (f"{_REMOVE}.remove", "if not row.job.state.ended:", "if not row.job.state:")),
    fault(
        "remove leaves the key row as it is",
        (f"{_REMOVE}._try_remove", "self.ended.purge([(row, named)])", "self.ended.purge([(row, None)])"),
        (f"{_REMOVE}._try_remove", "if named is None or not forget:", "if named is None or not forget or forget:"),
    ),
    fault(
        "remove takes the thumbnails first",
        (
            f"{_REMOVE}._try_remove",
            "        if job.id not in self.ended.purge",
            "        self._delete_thumbnails(job.id, up_to=job.token)\n        if job.id not in self.ended.purge",
        ),
    ),
    fault(
        "remove takes the thumbnails of later tokens too",
        (f"{_REMOVE}._delete_thumbnails", "if token_of(name) <= up_to:", "if name:"),
    ),
    fault(
        "a reference is forgotten while its job stands",
        (f"{_REMOVE}._try_delete_key", "if key.state is None:", "if key is None:"),
        (
            f"{_REMOVE}._try_remove",
            "left is None or left.job_id != job.id or left.state is None or self._try_delete_key(left)",
            "left is None or self._try_delete_key(left)",
        ),
    ),
    fault(
        "a rejection that nobody has seen is forgotten",
        ("shared.storage.rejection_table:RejectionTable.delete", "cas.if_match(row.etag)", 'cas.if_match("*")'),
    ),
    # Purge.
    fault(
        "purge that believes the list and does not judge by the row",
        (
            f"{_PURGE}._ready",
            "transition(Event.PURGE, row.job, Facts(ended_before=before.get(row.job.state)))",
            "pass",
        ),
    ),
    fault(
        "purge of a moved row",
        (f"{_ENDED}._operations", "row_keys.job_key(job.id), etag=row.etag", 'row_keys.job_key(job.id), etag="*"'),
    ),
    fault(
        "purge that writes the key row without its ETag",
        (f"{_ENDED}._operations", "**cas.if_match(key.etag)", '**cas.if_match("*")'),
    ),
    fault(
        "purge that takes the key row too",
        (
            f"{_ENDED}._operations",
            'operations.append(("update", columns, {"mode": UpdateMode.MERGE, **cas.if_match(key.etag)}))',
            'operations.append(_delete(place, columns["RowKey"], etag=key.etag))',
        ),
        ("shared.storage.ended_table:_guard_row", 'columns.get("nonce", "")', 'columns.get("nonce", "")'),
    ),
    fault(
        "purge that leaves the key row as it is",
        (f"{_ENDED}._operations", "if key is not None:", "if key is None and job is None:"),
    ),
    fault(
        "purge that deletes the thumbnails of later tokens too",
        (f"{_PURGE}._without_thumbnails", "if token_of(name) <= job.token", "if name"),
    ),
    fault(
        "purge that leaves attempts behind",
        (f"{_ENDED}._operations", "(row_keys.index_key(job), *attempts)", "(row_keys.index_key(job), *attempts[:1])"),
    ),
    fault(
        "purge that leaves the index row behind",
        (f"{_ENDED}._operations", "(row_keys.index_key(job), *attempts)", "attempts"),
    ),
    fault(
        "purge within its retention",
        ("shared.rules.jobs:GUARDS", "job.ended < facts.ended_before", "job.ended <= facts.ended_before or True"),
        (f"{_ENDED}.ended", "if before > FIRST:", "before += 99 * _DAY\n        if before > FIRST:"),
    ),
    # Sweep.
    fault(
        "the sweep looks at one bucket",
        ("shared.steps.upkeep.agenda:Agenda.__init__", "range(buckets)", "range(1)"),
    ),
    fault(
        "the sweep passes over jobs whose workers have died",
        (
            "shared.steps.upkeep.backlog:Backlog._one",
            "now, lapsed = self.clock.now(), row.lapsed(margin=self.settings.margin)",
            "now, lapsed = self.clock.now(), False",
        ),
        ("shared.steps.work.claims:Claims.lapsed", "return row.lapsed", "return False and row.lapsed"),
    ),
    fault(
        "the sweep sends a job and leaves it where it is not due again",
        (
            "shared.steps.upkeep.backlog:Backlog._one",
            "due=now + self._wait(row)",
            "due=now + 1000 * self._wait(row)",
        ),
        (
            "shared.steps.upkeep.backlog:Backlog._one",
            "self.announce.announce(moved.job, delay=delay)",
            "del delay, moved",
        ),
    ),
    fault(
        "the sweep hides a job whose lease is live",
        (
            "shared.rules.jobs:TRANSITIONS",
            "Transition(Event.RESCHEDULE, State.RUNNING, State.RUNNING, (Guard.LAPSED,))",
            "Transition(Event.RESCHEDULE, State.RUNNING, State.RUNNING)",
        ),
    ),
    fault(
        "due rows are looked for from the wrong end",
        (
            "shared.storage.job_table:JobTable.due",
            '"due:" if after is None',
            'row_keys.due_key(before, "") if after is None',
        ),
    ),
    fault(
        "what lies in a poison queue is deleted before it is taken in",
        (
            "shared.steps.upkeep.drain_poison:_one",
            "    outcomes = take_in(message.body)\n    queue.delete(message)",
            "    queue.delete(message)\n    outcomes = take_in(message.body)",
        ),
    ),
    fault(
        "a drain leaves what lies behind its first messages",
        (
            "shared.steps.upkeep.drain_poison:_messages",
            "while messages := queue.receive():",
            "if messages := queue.receive():",
        ),
    ),
    fault(
        "an idle tick looks for due jobs less often than one can fall due",
        (
            "shared.steps.upkeep.ticks:Ticks._finds_due",
            "now + grace.total_seconds()",
            "now + 2 * grace.total_seconds()",
        ),
    ),
    fault(
        "a live job keeps an index row that says what it was",
        ("shared.storage.job_table:_operations", "else:  # the service", "elif row is None:  # the service"),
    ),
    fault(
        "an index row copies its job as it was before the move",
        (
            "shared.storage.job_table:_operations",
            "codec.encode_index(move.job, place=place, columns=columns)",
            "codec.encode_index(move.job, place=place, columns=codec.encode(row.job, place=place, nonce=nonce))",
        ),
    ),
    # Reconcile.
    fault(
        "mark that moves behind a page before any of it is done",
        (
            "shared.steps.upkeep.reconcile:Reconcile._walk",
            "ends = self._work(pages, position.watermark, done)",
            (
                "mark = self._keep(mark, position.behind(pages[0], grace=self.settings.reconcile_grace))\n"
                "            ends = self._work(pages, position.watermark, done)"
            ),
        ),
    ),
    fault(
        "names that could not be looked at are not kept",
        ("shared.steps.upkeep.reconcile:Reconcile._behind", "failed=failed, missed=missed", "missed=missed"),
    ),
    fault(
        "watermark without the grace",
        (
            "shared.steps.upkeep.position:Position.behind",
            "page.seen_at - OVERLAP - grace",
            "page.seen_at",
        ),
    ),
    fault(
        "the walk passes over an image of which any version is recorded",
        (
            "shared.steps.upkeep.reconcile:Reconcile._look",
            "key is not None and key.version == blob.facts.version and",
            "key is not None and",
        ),
    ),
    fault(
        "images are taken for recorded though nobody has said so",
        ("shared.steps.intake.record_many:RecordMany.record", "return None", "return [*added]"),
    ),
    fault(
        "images are taken for recorded since a second one of them was refused",
        (
            "shared.steps.intake.record_many:RecordMany.record",
            "return [*added]\n        return []",
            "return [*added]\n        return group",
        ),
    ),
    fault(
        "an image of which a list does not tell all is recorded by the list",
        (
            "shared.rules.images:ListedBlob.is_plain",
            "if not self.facts.size_bytes or self.facts.archived or self.has_left_archive:",
            "if self.ref is None:",
        ),
    ),
    fault(
        "the walk ends where its budget does, and says that it is complete",
        (
            "shared.steps.upkeep.reconcile:_is_settled",
            "return not any(blob in ends and ends[blob] is None for blob in page.blobs)",
            "return page is not ends",
        ),
    ),
)
