"""Faults in claim, renewal, commit and end of a job: what fences workers off from each other."""

from tests.simulation.planting import Edit, fault

_OPTIONS = 'options = {"mode": UpdateMode.REPLACE, **cas.if_match(row.etag)}'


def drop_guard(condition: str) -> Edit:
    """Write job rows without their ETag where a condition on the move holds."""
    after = f'{_OPTIONS} if not ({condition}) else {{"mode": UpdateMode.REPLACE}}'
    return Edit("shared.storage.job_table:_operations", _OPTIONS, after)


_NO_OWN = ("shared.rules.jobs:GUARDS", "job.claim is not None and job.claim == facts.claim", "True or (job, facts)")
_CLAIM_CHECKED = "row.job.claim != self.claim"

CLAIMS = (
    # Writes without their guard, and who takes a claim for their own.
    fault(
        "completion by status only",
        _NO_OWN,
        ("shared.steps.work.held_claim:HeldClaim._write", _CLAIM_CHECKED, "row.job.state is not State.RUNNING"),
    ),
    fault(
        "completion by id only",
        _NO_OWN,
        ("shared.steps.work.held_claim:HeldClaim._write", _CLAIM_CHECKED, "not self.claim"),
    ),
    fault("claim that is written over whatever stands", drop_guard("move.event is Event.CLAIM")),
    fault("commit that is written over whatever stands", drop_guard("move.event is Event.COMPLETE")),
    fault("renewal that is written over whatever stands", drop_guard("move.event is Event.RENEW")),
    fault("retry that is written over whatever stands", drop_guard("move.event is Event.RETRY")),
    fault("abandon that is written over whatever stands", drop_guard("move.event is Event.ABANDON")),
    fault("cancel that writes over a moved row", drop_guard("move.event is Event.CANCEL")),
    fault("bury and exhaust that write over a moved row", drop_guard("move.event in (Event.BURY, Event.EXHAUST)")),
    fault("due row moved on over a moved row", drop_guard("move.event is Event.RESCHEDULE")),
    fault("redrive that is written over whatever stands", drop_guard("move.event is Event.REDRIVE")),
    fault("supersede that is written over whatever stands", drop_guard("move.event is Event.SUPERSEDE")),
    fault(
        "who is refused reads the row and writes over it",
        (
            "shared.steps.work.held_claim:HeldClaim._write",
            "if row is None or row.job.claim != self.claim:",
            (
                "if row is not None and row.job.state is State.RUNNING:\n"
                "                self.claim = row.job.claim or self.claim\n"
                "            if row is None or row.job.claim != self.claim:"
            ),
        ),
    ),
    fault(
        "a claim that was refused is taken for won",
        ("shared.steps.work.claims:Claims._find_own_claim", "row.job.claim == claim", "row.job.claim is not None"),
    ),
    fault(
        "a commit under another token is taken for one's own",
        ("shared.steps.work.held_claim:completed_by", " and job.token == claim.token", " or claim is None"),
    ),
    fault(
        "who has lost keeps the thumbnail that it has published",
        ("shared.steps.work.attempt:_commit", "        done.undo()\n", ""),
    ),
    fault(
        "who has won deletes the thumbnail that it has published",
        (
            "shared.steps.work.attempt:_commit",
            "return _ENDS[claim.complete(_mapping(done.result), done.thumbnail).job.state]",
            "return _ENDS[(claim.complete(_mapping(done.result), done.thumbnail), done.undo())[0].job.state]",
        ),
    ),
    fault(
        "an outage of the commit is taken for done",
        (
            "shared.steps.work.attempt:Attempt._run",
            """self._give_back(claim, "storage_out", f"Storage was out: {outage}")
            raise""",
            """del outage
            return End.COMPLETED""",
        ),
    ),
    # What a move changes in the row.
    fault(
        "end by another without a higher token",
        ("shared.rules.moves:end", "token=job.token + 1", "token=job.token"),
    ),
    fault(
        "claim without a higher token", ("shared.rules.moves:claim", "token=job.token + 1", "token=max(job.token, 1)")
    ),
    fault(
        "claim that is not counted", ("shared.rules.moves:claim", "attempts=job.attempts + 1", "attempts=job.attempts")
    ),
    fault(
        "claim that leaves its due row where it was",
        ("shared.rules.moves:claim", "due=now + lease,", "due=job.due,"),
    ),
    fault(
        "retry that takes the token back",
        (
            "shared.rules.moves:retry",
            "_release(job, state, error=error, not_before=not_before, due=not_before + grace)",
            (
                "replace(_release(job, state, error=error, not_before=not_before, due=not_before + grace),"
                " token=job.token - 1)"
            ),
        ),
    ),
    fault(
        "retry that leaves its claim in the row",
        (
            "shared.rules.moves:_release",
            "owner=None, claim_id=None, lease=None, error=error",
            "error=error",
        ),
    ),
    fault(
        "retry that is due in a hundred years",
        ("shared.rules.moves:retry", "due=not_before + grace", "due=not_before + grace + timedelta(days=36_500)"),
    ),
    fault(
        "redrive without its attempts",
        (
            "shared.rules.moves:redrive",
            "attempts_base=job.attempts, abandons",
            "attempts_base=job.attempts_base, abandons",
        ),
    ),
    fault(
        "claim before its time",
        (
            "shared.rules.jobs:GUARDS",
            "job.not_before is None or (facts.now is not None",
            "True or (facts.now is not None",
        ),
    ),
    fault(
        "an attempt that an outage has ended counts",
        (
            "shared.rules.moves:abandon",
            "return Move(Event.ABANDON, freed if counts",
            "return Move(Event.ABANDON, freed if True or counts",
        ),
    ),
    fault(
        "a claim that has lapsed is taken for one that an outage has ended",
        (
            "shared.steps.work.claims:Claims._without_spared_attempt",
            "job.claim_id in self._spared_claims",
            "job.claim_id is not None",
        ),
    ),
    # Transitions that are allowed.
    fault(
        "redrive of a completed job",
        (
            "shared.rules.jobs:TRANSITIONS",
            "Transition(Event.REDRIVE, State.FAILED,",
            "Transition(Event.REDRIVE, State.COMPLETED,",
        ),
    ),
    fault(
        "claim of a live lease",
        (
            "shared.rules.jobs:TRANSITIONS",
            "(Guard.LAPSED, Guard.ATTEMPTS_LEFT, Guard.TIME_LEFT)",
            "(Guard.ATTEMPTS_LEFT, Guard.TIME_LEFT)",
        ),
    ),
    fault(
        "claim after the last attempt",
        (
            "shared.rules.jobs:TRANSITIONS",
            "(Guard.ATTEMPTS_LEFT, Guard.TIME_LEFT, Guard.DUE)",
            "(Guard.TIME_LEFT, Guard.DUE)",
        ),
        (
            "shared.rules.jobs:TRANSITIONS",
            "(Guard.LAPSED, Guard.ATTEMPTS_LEFT, Guard.TIME_LEFT)",
            "(Guard.LAPSED, Guard.TIME_LEFT)",
        ),
        ("shared.steps.work.held_claim:HeldClaim.retry", "last.out_of_attempts or last", "last"),
    ),
    fault(
        "claim of a completed job",
        (
            "shared.rules.jobs:TRANSITIONS",
            "Transition(Event.ADD, None, State.PENDING),",
            "Transition(Event.ADD, None, State.PENDING), Transition(Event.CLAIM, State.COMPLETED, State.RUNNING),",
        ),
    ),
    fault(
        "bury of a live lease",
        (
            "shared.rules.jobs:TRANSITIONS",
            "Transition(Event.BURY, State.RUNNING, State.FAILED, (Guard.LAPSED, Guard.SPENT))",
            "Transition(Event.BURY, State.RUNNING, State.FAILED, (Guard.SPENT,))",
        ),
    ),
    fault(
        "bury with attempts left",
        (
            "shared.rules.jobs:TRANSITIONS",
            "Transition(Event.BURY, State.PENDING, State.FAILED, (Guard.SPENT,))",
            "Transition(Event.BURY, State.PENDING, State.FAILED, ())",
        ),
    ),
    fault(
        "no end for a job that kills",
        (
            "shared.steps.work.claims:Claims._reason",
            "if code is None:",
            "if code is not None:\n            return Obstacle.BUSY\n        if code is None:",
        ),
    ),
    fault(
        "job without a blob given back uncounted",
        (
            "shared.steps.work.analyze:Analyze.analyze",
            "raise _cancel_without_blob() from None",
            'raise BlobUnreadable("gone", passing=True) from None',
        ),
        (
            "shared.steps.work.attempt:_work",
            "return _ENDS[claim.retry(wish.code, str(wish), delay=wish.delay).job.state]",
            "return _ENDS[claim.abandon().job.state]",
        ),
    ),
)
