"""What holds at every moment in the job table, as rules over the rows of one reference. Pure; no I/O, no clock.

``darkroom verify`` proves them on real tables, tests on random walks.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidReference
from shared.rules.audit import Group, IndexFacts, JobFacts, KeyFacts, Mending, TryFacts
from shared.rules.ids import job_id
from shared.rules.jobs import Event, State

#: A transaction holds 100 operations: the job row, an insert, and deletes.
DELETES_AT_ONCE = 90


class Rule(StrEnum):
    """Every rule; its value is the sentence that reports a violation."""

    UNREADABLE = "the row does not have a form that this release writes"
    JOB_MISNAMED = "the job's id is not that of its type, reference and version"
    MISPLACED = "the rows are in another partition than their id says"
    TIMES_TORN = "due time and end contradict the job's state"
    CLAIM_TORN = "claim, owner and lease contradict the job's state"
    INDEX_MISSING = "the index row that the job's state asks for is missing"
    INDEX_MISPLACED = "the job's state does not ask for this index row"
    INDEX_STALE = "the index row copies the job as it was before"
    INDEX_ORPHAN = "an index row belongs to no job"
    TOKEN_BEHIND = "the job's token is behind its attempts"  # noqa: S105 - no password
    ATTEMPTS_MISCOUNTED = "the job's count of attempts differs from its attempt rows"
    ATTEMPT_ORPHAN = "an attempt belongs to no job"
    ATTEMPT_OPEN = "an attempt has not ended but has no claim, or a claim has no such attempt"
    COMPLETED_TWICE = "more than one attempt has completed the job"
    COMPLETION_UNPROVEN = "state and token are not those of the attempt that completed the job"
    REPORT_INVALID = "a completed job has no result, or an image's result does not match the report's schema"
    KEY_BROKEN = "the row of the newest version does not name its job"
    LIVE_TWICE = "more than one job of the reference is live"
    LIVE_UNNAMED = "a live job is not the job of its reference's newest version"
    THUMBNAIL_MISNAMED = "the report names a thumbnail that no attempt of its job can have written"
    THUMBNAIL_MISSING = "the report names a thumbnail that does not exist"
    THUMBNAIL_ORPHAN = "no report names the thumbnail"
    THUMBNAIL_PURGED = "the thumbnail was purged, and its job, which is past its retention, goes next"
    NEWER = "a newer release wrote the rows; this one leaves them alone"
    MOVING = "the rows changed each time they were read; run verify again"


#: What is reported and is no violation.
INFORMATION = frozenset({Rule.THUMBNAIL_ORPHAN, Rule.THUMBNAIL_PURGED, Rule.NEWER, Rule.MOVING})


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold, and where.

    Attributes:
        rule: Which.
        place: PartitionKey, or the container of a blob.
        name: RowKey, or the blob's name.
        facts: The figures that decided.
        is_repaired: Whether it has been put right meanwhile.
    """

    rule: Rule
    place: str
    name: str
    facts: str = ""
    is_repaired: bool = False

    @property
    def violation(self) -> bool:
        """Whether something is wrong now."""
        return self.rule not in INFORMATION and not self.is_repaired


def violations(group: Group) -> Iterator[Finding]:
    """Hold every rule against the rows of one reference, in the order of the rules below."""
    if group.newer:
        yield Finding(Rule.NEWER, group.place, f"job:{min(group.newer)}")
        return
    for rule in _RULES:
        yield from rule(group)


def mendings(group: Group) -> Iterator[Mending]:
    """Say what makes the index rows right, a transaction each; jobs are taken at their word and never changed."""
    if group.newer:
        return
    for job in group.jobs.values():
        if job.index_key is not None and not _is_torn(job):
            stands = group.index.get(job.index_key)
            missing = job.index_key if stands is None or _is_stale(stands, job) else None
            strays = [row for row in _index_of(group, job) if row.row_key != job.index_key][:DELETES_AT_ONCE]
            if missing or strays:
                yield Mending(job, missing, tuple(strays))
    for row in group.index.values():
        if _belongs_to_none(group, row):
            yield Mending(None, delete=(row,))


def _names(group: Group) -> Iterator[Finding]:
    for row_key in group.strange:
        yield Finding(Rule.UNREADABLE, group.place, row_key)
    if group.place != group.home:
        yield Finding(Rule.MISPLACED, group.place, group.stem, f"want {group.home}")
    for job in group.jobs.values():
        want = _id_of(job)
        if job.id != want:
            yield _of(group, job, Rule.JOB_MISNAMED, f"want {want}")
        if job.names_other_blob:
            yield _of(group, job, Rule.THUMBNAIL_MISNAMED, f"want {job.id}/{job.token}")


def _columns(group: Group) -> Iterator[Finding]:
    for job in group.jobs.values():
        if _is_torn(job):
            yield _of(group, job, Rule.TIMES_TORN, f"{job.state}, due {job.due}, ended {job.ended}")
        held = [job.claim_id is not None, job.owner is not None, job.has_lease]
        if any(fact != (job.state is State.RUNNING) for fact in held):
            yield _of(group, job, Rule.CLAIM_TORN, f"{job.state}; claim, owner, lease: {held}")


def _index(group: Group) -> Iterator[Finding]:
    for job in group.jobs.values():
        if not _is_torn(job) and job.index_key not in group.index:
            yield Finding(Rule.INDEX_MISSING, group.place, job.index_key or job.row_key, job.state)
    for row in group.index.values():
        owner = group.jobs.get(row.job_id)
        if owner is not None and not _is_torn(owner) and row.row_key != owner.index_key:
            yield Finding(Rule.INDEX_MISPLACED, group.place, row.row_key, f"want {owner.index_key}")
        elif owner is not None and _is_stale(row, owner):
            yield Finding(Rule.INDEX_STALE, group.place, row.row_key)
        if _belongs_to_none(group, row):
            yield Finding(Rule.INDEX_ORPHAN, group.place, row.row_key)


def _attempts(group: Group) -> Iterator[Finding]:
    counted = Counter(row.job_id for row in group.tries)
    for job in group.jobs.values():
        if job.token < counted[job.id]:
            yield _of(group, job, Rule.TOKEN_BEHIND, f"token {job.token}, {counted[job.id]} attempts stand")
        if job.attempts != counted[job.id]:
            yield _of(group, job, Rule.ATTEMPTS_MISCOUNTED, f"counts {job.attempts}, {counted[job.id]} stand")
        open_try = any(row.job_id == job.id and row.outcome is None and _is_claim(job, row) for row in group.tries)
        if job.state is State.RUNNING and not open_try:
            yield _of(group, job, Rule.ATTEMPT_OPEN, f"no attempt of token {job.token} is under way")
    for row in group.tries:
        owner = group.jobs.get(row.job_id)
        if owner is None:
            if row.job_id not in group.strange.values():
                yield Finding(Rule.ATTEMPT_ORPHAN, group.place, row.row_key)
            continue
        if row.token > owner.token:
            yield Finding(Rule.TOKEN_BEHIND, group.place, row.row_key, f"the job's is {owner.token}")
        if row.outcome is None and not _is_claim(owner, row):
            yield Finding(Rule.ATTEMPT_OPEN, group.place, row.row_key, owner.state)


def _completion(group: Group) -> Iterator[Finding]:
    for job in group.jobs.values():
        tokens = sorted(row.token for row in group.tries if row.job_id == job.id and row.outcome == Event.COMPLETE)
        if len(tokens) > 1:
            yield _of(group, job, Rule.COMPLETED_TWICE, f"tokens {tokens}")
        if tokens != ([job.token] if job.state is State.COMPLETED else []):
            yield _of(group, job, Rule.COMPLETION_UNPROVEN, f"{job.state}, token {job.token}, completed by {tokens}")


def _reports(group: Group) -> Iterator[Finding]:
    for job in group.jobs.values():
        if job.report_wrong is not None:
            yield _of(group, job, Rule.REPORT_INVALID, job.report_wrong)


def _key(group: Group) -> Iterator[Finding]:
    for key in group.keys:
        named = group.jobs.get(key.job_id)
        says = (key.type, key.ref, _job_version(key), key.version)
        fits = key.row_key == key.belongs and key.job_id == _id_of(key)
        if named is None:
            known = key.final is not None and key.final.ended  # purged
        else:
            retagged = named.version if named.retagged is None else named.retagged
            known = key.final is None and (named.type, named.ref, named.version, retagged) == says
            known = known and (named.retagged is None or named.state is State.COMPLETED)
        if not (fits and (known or key.job_id in group.strange.values())):
            facts = f"names {key.job_id}" if key.final is None else f"names {key.job_id}, ended {key.final}"
            yield Finding(Rule.KEY_BROKEN, group.place, key.row_key, facts)


def _live(group: Group) -> Iterator[Finding]:
    live = [job for job in group.jobs.values() if job.unique and not job.state.ended]
    refs = Counter((job.type, job.ref) for job in live)
    named = {key.job_id for key in group.keys}
    for job in live:
        if refs[job.type, job.ref] > 1:
            yield _of(group, job, Rule.LIVE_TWICE, f"{refs[job.type, job.ref]} are live")
        if job.id not in named:
            yield _of(group, job, Rule.LIVE_UNNAMED, job.state)


_RULES: tuple[Callable[[Group], Iterator[Finding]], ...] = (
    _names,
    _columns,
    _index,
    _attempts,
    _completion,
    _reports,
    _key,
    _live,
)


def _of(group: Group, job: JobFacts, rule: Rule, facts: str) -> Finding:
    return Finding(rule, group.place, job.row_key, facts)


def _id_of(row: JobFacts | KeyFacts) -> str | None:
    version = _job_version(row) if isinstance(row, KeyFacts) else row.version
    try:
        return job_id(row.type, row.ref, version)
    except InvalidReference:
        return None


def _job_version(key: KeyFacts) -> str:
    return key.version if key.job_version is None else key.job_version


def _is_torn(job: JobFacts) -> bool:
    """Whether the job's times contradict its state, so that nobody can say where its index row belongs."""
    return job.state.ended != (job.ended is not None) or job.state.ended != (job.due is None)


def _is_claim(job: JobFacts, row: TryFacts) -> bool:
    return job.state is State.RUNNING and (row.token, row.claim_id) == (job.token, job.claim_id)


def _index_of(group: Group, job: JobFacts) -> list[IndexFacts]:
    return [row for row in group.index.values() if row.job_id == job.id]


def _is_stale(row: IndexFacts, job: JobFacts) -> bool:
    return row.copy is not None and row.copy != job.copy


def _belongs_to_none(group: Group, row: IndexFacts) -> bool:
    """Whether no job row has this id, not even one that can't be read."""
    return row.job_id not in group.jobs and row.job_id not in group.strange.values()
