"""Prove that the job table is as it must be; where index rows are not, put them right."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import Lost
from shared.ports.audit import Audit
from shared.rules.audit import Group, JobFacts
from shared.rules.ids import JOB_ID
from shared.rules.invariants import Finding, Rule, mendings, violations
from shared.rules.jobs import State

#: A reference that others move at each of so many repairs is theirs.
ROUNDS = 10


@dataclass
class VerifyResult:
    """What was looked at and what it came to.

    Attributes:
        jobs: Jobs in the table.
        violations: Findings that are wrong, now.
        repairs: Findings that were put right.
    """

    jobs: int = 0
    violations: int = 0
    repairs: int = 0


@dataclass(kw_only=True)
class Verify:
    """Hold the invariants against everything that is kept.

    Workers may go on meanwhile: what looks wrong is looked at again in one piece, and only then told.

    Attributes:
        audit: Reads it, and mends index rows.
        thumbnails_container: Whose blobs no report may leave unnamed.
        ended_before: Returns, by state, before which moment a job must have ended for purge to take its thumbnail.
    """

    audit: Audit
    thumbnails_container: str
    ended_before: Callable[[], Mapping[State, datetime]]

    def verify(self, tell: Callable[[Finding], object], *, repair: bool, blobs: bool) -> VerifyResult:
        """Verify, and tell each finding as soon as it is sure.

        Args:
            tell: Takes a finding.
            repair: Whether to put index rows right. No job's state is ever changed.
            blobs: Whether to look at thumbnails too.

        Raises:
            StorageOut: Not everything could be read.

        Costs: 1 query for each 1,000 rows, 1 list for each 5,000 thumbnails; some reads for each suspect.
        """
        done = VerifyResult()

        def note(finding: Finding) -> None:
            done.violations += finding.violation
            done.repairs += finding.is_repaired
            tell(finding)

        named: dict[str, str] = {}
        for group in self.audit.groups():
            done.jobs += len(group.jobs)
            named |= {job.thumbnail: job.id for job in group.jobs.values() if job.thumbnail}
            for finding in self._sure(group, repair=repair):
                note(finding)
        if blobs:
            for finding in self._of_thumbnails(named):
                note(finding)
        return done

    def _sure(self, group: Group, *, repair: bool) -> list[Finding]:
        """Return what is wrong with a group at one moment; with repair, what is still wrong, and what was."""
        if not any(violations(group)):
            return []
        mended: set[str] = set()
        seen: dict[tuple[Rule, str], Finding] = {}
        try:
            for _ in range(ROUNDS):
                group = self.audit.look(group)
                stands = {(finding.rule, finding.name): finding for finding in violations(group)}
                seen |= stands
                wanted = list(mendings(group)) if repair else []
                if not wanted:
                    break
                for mending in wanted:
                    with suppress(Lost):  # the job has moved on, and its index row with it: look again
                        self.audit.mend(group, mending)
                        mended |= mending.row_keys
        except Lost:
            return [Finding(Rule.MOVING, group.place, group.stem)]
        gone = [finding for at, finding in seen.items() if at not in stands and finding.name in mended]
        return [*(replace(finding, is_repaired=True) for finding in gone), *stands.values()]

    def _of_thumbnails(self, named: dict[str, str]) -> Iterator[Finding]:
        """Compare the container with what reports name; only what differs costs a look at its own row."""
        for name in self.audit.thumbnails():
            if named.pop(name, None) is None and not self._has_owner(name):
                yield Finding(Rule.THUMBNAIL_ORPHAN, self.thumbnails_container, name)
        for name, job_id in named.items():
            if not self.audit.has_thumbnail(name):
                job = self._naming(job_id, name)
                if job is not None:
                    yield Finding(self._rule_of_missing(job), self.thumbnails_container, name, f"job:{job_id}")

    def _has_owner(self, name: str) -> bool:
        """Whether a report names a thumbnail by now, or a worker is about to commit one that does."""
        job_id, _, rest = name.partition("/")
        if not JOB_ID.fullmatch(job_id):
            return False
        try:
            job = self.audit.group_of(job_id).jobs.get(job_id)
        except Lost:
            return True
        published = job is not None and job.state is State.RUNNING and rest.partition(".")[0] == str(job.token)
        return published or (job is not None and job.thumbnail == name)

    def _naming(self, job_id: str, name: str) -> JobFacts | None:
        """Return a job whose report still names a thumbnail."""
        try:
            job = self.audit.group_of(job_id).jobs.get(job_id)
        except Lost:
            return None
        return job if job is not None and job.thumbnail == name else None

    def _rule_of_missing(self, job: JobFacts) -> Rule:
        """Tell a thumbnail that is lost from one that purge took, and died before it took the job."""
        edge = self.ended_before().get(job.state)
        purged = edge is not None and job.ended is not None and job.ended < edge
        return Rule.THUMBNAIL_PURGED if purged else Rule.THUMBNAIL_MISSING
