"""The flows of an operator, who cancels a job by hand or opens it again."""

from enum import StrEnum

from shared.rules.jobs import State
from shared.steps.work.attempt import End
from shared.steps.work.held_claim import HeldClaim
from tests.faults.answers import answer_of
from tests.faults.enumeration import LAPSE_SECONDS
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_flows import Flow, LiveRival
from tests.faults.enumeration_workers import Worker


class ByHand(Flow):
    """What an operator does to the first version's job.

    Attributes:
        answer: State of the job that the operator was given, or why not; None after a death or outage.
    """

    answer: str | None = None

    def run(self, case: Case, worker: Worker) -> None:
        """Act, and remember what was said."""
        self.answer = self.act(case, worker)

    def act(self, case: Case, worker: Worker) -> str:
        """Open the job again."""
        return answer_of(worker.darkroom.redrive.redrive, case.versions[0])


class RedrivingFailed(ByHand):
    """A job whose only attempt has died is opened again: it is completed then, or was never opened."""

    settings = {"MAX_ATTEMPTS": "1"}  # noqa: RUF012 - read only
    messages = 1

    def prepare(self, case: Case) -> None:
        """Record, claim, die, and let the sweep end it."""
        identity = case.record_without_message()
        case.worker().darkroom.claims.begin(identity, owner="queue/0")
        case.clock.go(LAPSE_SECONDS)
        case.worker().darkroom.sweep.sweep(owner="timer/0")

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """What was opened is worked again, to the end; who was told so was told the truth."""
        opened = case.ledger.reopenings[case.versions[0]]
        told = self.answer in (None, *self.truths(opened=bool(opened)))
        return told and opened <= 1 and states == [State.COMPLETED if opened else self.before]

    before = State.FAILED

    def truths(self, *, opened: bool) -> tuple[str, ...]:
        """Return what may be said: the rival of a pause may have opened the job, and have worked it, first."""
        return ("PENDING", "live", "ended") if opened else ()

    def rival(self, case: Case, worker: Worker) -> None:
        """Open it too, and work it."""
        self.act(case, worker)
        super().rival(case, worker)


class RedrivingCorrupt(RedrivingFailed):
    """A job whose image is none is opened again: it fails again, or was never opened."""

    settings = {}  # noqa: RUF012 - read only
    starts = 3

    def prepare(self, case: Case) -> None:
        """Record a text, and let it fail."""
        case.record(b"no image")
        case.hand(case.worker())

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """Two operators may open it in turn, since it fails at once."""
        opened, claims = (count[case.versions[0]] for count in (case.ledger.reopenings, case.ledger.claims))
        told = self.answer in (None, *self.truths(opened=bool(opened)))
        return told and states == [State.FAILED] and claims == 1 + opened


class RedrivingCanceled(RedrivingFailed):
    """A job that was canceled by hand is opened again."""

    settings = {}  # noqa: RUF012 - read only
    before = State.CANCELED

    def prepare(self, case: Case) -> None:
        """Record, and cancel."""
        identity = case.record_without_message()
        assert case.user.darkroom.cancel.cancel(identity).job.state is State.CANCELED


class RedriveOvertaken(LiveRival, RedrivingCanceled):
    """The same, while a newer version is recorded: whoever is first, only the newer one lives on."""

    def rival(self, case: Case, worker: Worker) -> None:
        """Upload a newer version, and do all for it."""
        case.upload()
        case.events.append(case.ref)
        Flow.rival(self, case, worker)

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """The newest is completed; the older one is canceled, or was completed before; the operator knows."""
        opened = case.ledger.reopenings[case.versions[0]]
        if len(states) == 1:  # without a fault
            return (self.answer, states) == ("PENDING", [State.COMPLETED])
        told = self.answer == ("PENDING" if opened else "outdated")
        return told and opened <= 1 and states == [State.CANCELED, State.COMPLETED]


class RedrivingOlder(ByHand):
    """A version that is not the newest is not opened, whatever fails."""

    ends = (State.CANCELED, State.COMPLETED)

    def prepare(self, case: Case) -> None:
        """Record two versions."""
        case.record()
        case.record()

    def check(self, case: Case) -> None:
        """See that it was refused."""
        assert self.answer in (None, "outdated")
        assert case.ledger.reopenings[case.versions[0]] == 0


class CancelingByHand(ByHand):
    """A job is canceled while a live worker holds it: its result is refused, or was there first."""

    lapses = False
    starts = 1
    holder: HeldClaim | None = None
    attempt_end: StrEnum | None = None

    def prepare(self, case: Case) -> None:
        """Record."""
        case.record_without_message()

    def begin(self, case: Case) -> None:
        """Claim."""
        self.holds = case.worker()
        begun = self.holds.darkroom.claims.begin(case.versions[0], owner="queue/0")
        self.holder = begun

    def act(self, case: Case, worker: Worker) -> str:
        """Cancel."""
        return answer_of(worker.darkroom.cancel.cancel, case.versions[0])

    def rival(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Go on and commit, as the worker that holds it."""
        if self.attempt_end is None and self.holder is not None:
            attempt = self.holds.darkroom.attempt
            self.attempt_end = attempt._run(self.holder, attempt.handlers[self.holder.job.type])

    def afterwards(self, case: Case) -> None:
        """Go on all the same, when there was no pause."""
        self.rival(case, self.holds)

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """Operator and worker were told the same."""
        canceled = states == [State.CANCELED]
        told = self.answer in (None, "CANCELED" if canceled else "ended")
        worked = self.attempt_end is (End.LOST if canceled else End.COMPLETED)
        return told and worked and states[0] in (State.CANCELED, State.COMPLETED)

    def check(self, case: Case) -> None:
        """See that a refused worker has taken its thumbnail back."""
        assert len(case.thumbnails()) == int(self.attempt_end is End.COMPLETED)


class CancelingPending(ByHand):
    """A job is canceled while its message waits."""

    def prepare(self, case: Case) -> None:
        """Record."""
        case.record()
        case.fetch()

    def act(self, case: Case, worker: Worker) -> str:
        """Cancel."""
        return answer_of(worker.darkroom.cancel.cancel, case.versions[0])

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """The operator was told the truth."""
        said = {State.CANCELED: "CANCELED", State.COMPLETED: "ended"}
        return self.answer in (None, said.get(states[0], ""))
