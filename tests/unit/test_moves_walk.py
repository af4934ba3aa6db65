"""Any walk over the moves keeps what must never break, whoever makes the next step."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.errors import IllegalTransition
from shared.rules import moves
from shared.rules.jobs import Claim, Event, Job, JobError, Move, State
from tests.proving import at_length

LEASE, GRACE = timedelta(seconds=60), timedelta(seconds=120)
OTHERS = [Event.CANCEL, Event.SUPERSEDE, Event.EXHAUST, Event.BURY]


class Walk(RuleBasedStateMachine):
    """One job, moved by workers that hold old and new claims."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.job = moves.add(
            kind="a", ref="r", version="", params={}, max_attempts=2, now=self.now, grace=GRACE, add_nonce="n"
        ).job
        self.before = self.job
        self.claims = [Claim("nobody", 0)]
        self.completions = 0

    def _try(self, make: Callable[..., Move], **named: object) -> None:
        self.now += timedelta(seconds=1)
        try:
            made = make(self.job, now=self.now, **named)
        except IllegalTransition:
            return
        self.before, self.job = self.job, made.job
        self.completions += made.event is Event.COMPLETE
        if self.job.claim is not None:
            self.claims.append(self.job.claim)

    @rule(lapsed=st.booleans())
    def claim(self, *, lapsed: bool) -> None:
        """Somebody asks for the job."""
        self._try(moves.claim, owner="queue/1", claim_id=f"c{len(self.claims)}", lapsed=lapsed, lease=LEASE)

    @rule(data=st.data(), act=st.sampled_from(["renew", "complete", "retry", "abandon", "fail"]))
    def report(self, data: st.DataObject, act: str) -> None:
        """Somebody who has had a claim reports."""
        claim, error = data.draw(st.sampled_from(self.claims)), JobError("x", "", self.now)
        own = self.job.state is State.RUNNING and claim == self.job.claim
        before = self.job
        rest: dict[str, dict[str, object]] = {
            "renew": {"lease": LEASE},
            "complete": {"report": {}},
            "retry": {"error": error, "delay": GRACE, "grace": GRACE},
            "abandon": {"grace": GRACE},
            "fail": {"error": error},
        }
        self._try(getattr(moves, act), claim=claim, **rest[act])
        assert own or self.job is before

    @rule(event=st.sampled_from(OTHERS), lapsed=st.booleans())
    def end(self, event: Event, *, lapsed: bool) -> None:
        """Somebody else ends it."""
        self._try(moves.end, event=event, error=JobError("x", "", self.now), lapsed=lapsed)

    @rule(lapsed=st.booleans())
    def reschedule(self, *, lapsed: bool) -> None:
        """A sweep sends its message again."""
        self._try(moves.reschedule, due=self.now + GRACE, lapsed=lapsed)

    @rule()
    def redrive(self) -> None:
        """An operator opens it again."""
        self._try(moves.redrive, grace=GRACE)

    @invariant()
    def a_job_is_due_unless_it_has_ended(self) -> None:
        """A live job has a moment at which the sweep looks; an ended one has none."""
        assert self.job.state.ended == (self.job.due is None) == (self.job.ended is not None)

    @invariant()
    def a_job_is_claimed_exactly_while_it_runs(self) -> None:
        """Claim, owner and lease come and go together."""
        running = self.job.state is State.RUNNING
        held = (self.job.claim, self.job.owner, self.job.lease)
        assert all((fact is not None) == running for fact in held)

    @invariant()
    def counts_never_fall(self) -> None:
        """Token, attempts and their base only grow."""
        counts = [(job.token, job.attempts, job.attempts_base) for job in (self.before, self.job)]
        assert all(old <= new for old, new in zip(*counts, strict=True))

    @invariant()
    def no_two_claims_share_a_token(self) -> None:
        """A token fences one claim."""
        tokens = [claim.token for claim in dict.fromkeys(self.claims)]
        assert len(set(tokens)) == len(tokens)

    @invariant()
    def a_report_stands_exactly_in_a_completed_job(self) -> None:
        """A report is committed once."""
        assert (self.job.report is not None) == (self.job.state is State.COMPLETED)
        assert self.completions <= 1

    @invariant()
    def attempts_stay_within_their_limit(self) -> None:
        """A job that kills its workers ends."""
        job: Job = self.job
        assert 0 <= job.attempts - job.attempts_base <= job.max_attempts


class TestWalk(Walk.TestCase):  # type: ignore[misc, valid-type] # made by Hypothesis
    """Run it."""

    settings = settings(max_examples=at_length(12, 500), stateful_step_count=25)
