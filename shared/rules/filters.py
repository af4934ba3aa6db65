"""What a list leaves out, beyond types, states and ends: it is judged by each job alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from shared.rules.jobs import Job, State
from shared.rules.report_flags import flags_of, format_of

#: What JSON writes as it is.
_PLAIN = re.compile(r"[\w ./-]*", re.ASCII)


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

    def may_match_text(self, text: str) -> bool:
        """Whether the copy of a job that is wanted can be this text: the quickest way to say no.

        Args:
            text: JSON in which every ASCII letter and digit of the job's columns stands for itself.
        """
        return all(word in text for word in self._words) and (not self._part or self._part in text.casefold())

    @cached_property
    def _words(self) -> Sequence[str]:
        """What stands in the text of every job that is wanted: flags of our own are parts of a report's names."""
        words = [word for word in (self.error, self.flag, self.format) if word is not None]
        return [*words, *(text for text in (self.ref_prefix, self.name_prefix) if text and _PLAIN.fullmatch(text))]

    @cached_property
    def _part(self) -> str:
        part = (self.name_part or "").casefold()
        return part if _PLAIN.fullmatch(part) else ""

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
