"""What a list leaves out, beyond types, states and ends: it is judged by each job alone."""

from dataclasses import dataclass
from datetime import datetime

from shared.rules.jobs import Job, State
from shared.rules.report_flags import flags_of, format_of


@dataclass(frozen=True)
class JobFilter:
    """Which jobs of a list are wanted; what is None leaves nothing out.

    Attributes:
        ref_prefix: How their references begin.
        name_prefix: How the names of their images begin, behind the name of the container.
        name_part: What these names have in them, in any case.
        error: Code of the last attempt that did not succeed.
        since: The job's moment is not before this, aware UTC: its end, or while it lives when it was added.
        until: Its moment is before this.
        flag: One of those that ``flags_of`` returns of its report.
        format: Of its image, in lower case, as its report says it.
    """

    ref_prefix: str | None = None
    name_prefix: str | None = None
    name_part: str | None = None
    error: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    flag: str | None = None
    format: str | None = None

    def may_match(self, state: State) -> bool:
        """Whether a job in this state can be wanted: only completed ones have reports, and these have no errors."""
        if self.flag is not None or self.format is not None:
            return state is State.COMPLETED and self.error is None
        return self.error is None or state is not State.COMPLETED

    def matches(self, job: Job) -> bool:
        """Whether a job is wanted."""
        name = job.ref.partition("/")[2]
        return (
            (self.ref_prefix is None or job.ref.startswith(self.ref_prefix))
            and (self.name_prefix is None or name.startswith(self.name_prefix))
            and (self.name_part is None or self.name_part.casefold() in name.casefold())
            and (self.error is None or (job.error is not None and job.error.code == self.error))
            and self._spans(job)
            and (self.flag is None or (job.is_image and self.flag in flags_of(job.report)))
            and (self.format is None or (job.is_image and self.format == format_of(job.report)))
        )

    def _spans(self, job: Job) -> bool:
        if self.since is None and self.until is None:
            return True
        at = job.ended or job.created
        return at is not None and (self.since is None or at >= self.since) and (self.until is None or at < self.until)


#: Leaves nothing out.
EVERYTHING = JobFilter()
