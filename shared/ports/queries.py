"""Which jobs a list is to have."""

from dataclasses import dataclass
from datetime import datetime

from shared.ports.index import ENDED, LIVE, Position
from shared.rules.filters import EVERYTHING, JobFilter
from shared.rules.jobs import Job, State


@dataclass(frozen=True)
class JobQuery:
    """Which jobs to list; what is None leaves nothing out.

    Attributes:
        types: Of jobs.
        states: As the jobs' rows tell them.
        ref: What they are about, exactly; it needs one type beside it.
        ended_from: Only what has ended, and not before this; aware UTC, whole milliseconds.
        ended_to: Only what has ended, and before this; likewise.
        filter: What else they must be.
    """

    types: tuple[str, ...] | None = None
    states: frozenset[State] | None = None
    ref: str | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None
    filter: JobFilter = EVERYTHING

    def states_in(self, segment: int) -> list[State]:
        """Return the states of a segment that are wanted."""
        if segment == LIVE and (self.ended_from is not None or self.ended_to is not None):
            return []
        wanted = [state for state in State if self.states is None or state in self.states]
        return [each for each in wanted if each.ended == (segment == ENDED) and self.filter.may_match(each)]

    @property
    def is_selective(self) -> bool:
        """Whether only a look at each job tells whether it is wanted."""
        return self.filter != EVERYTHING or len(self.states_in(LIVE)) == 1

    @property
    def ended_span(self) -> tuple[datetime | None, datetime | None]:
        """From when on and until when those have ended that have ended."""
        since = max((at for at in (self.ended_from, self.filter.since) if at), default=None)
        return since, min((at for at in (self.ended_to, self.filter.until) if at), default=None)

    def may_want(self, at: Position) -> bool:
        """Whether a job can be one of them, as its index row says without a look at the whole copy."""
        state = None if at.running is None else State.RUNNING if at.running else State.PENDING
        if state is not None and self.states is not None and state not in self.states:
            return False
        return at.copy_text is None or self.filter.may_match_text(at.copy_text.text)

    def wants(self, job: Job) -> bool:
        """Whether a job is one of them, but for its type."""
        (since, until), states = self.ended_span, self.states_in(ENDED if job.state.ended else LIVE)
        in_span = job.ended is None or ((not since or since <= job.ended) and (not until or job.ended < until))
        return job.state in states and in_span and self.filter.matches(job)
