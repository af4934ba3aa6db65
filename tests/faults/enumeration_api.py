"""The flows of the API: what clients add, and what external workers hold.

A client that was not answered asks again, and so does its rival, in a pause. At the end an external worker comes by and
does what there is.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from shared.errors import DarkroomError, NoSuchJob, Refused, Stale
from shared.ports.jobs import Row
from shared.rules import ids
from shared.rules.jobs import Claim, State
from shared.steps.intake.add import AddResult, NewJob
from tests.faults.enumeration import LAPSE_SECONDS, PAUSES
from tests.faults.enumeration_case import Case, jobs_in
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_workers import Worker

KIND, REF = "word-count", "text"
IDENTITY = ids.job_id(KIND, REF, "")
#: What the API may say that is no outage; whoever is told so does not ask again.
REFUSALS = (Stale, Refused, NoSuchJob)


def add(worker: Worker, *, unique: bool = True, ttl: timedelta | None = None) -> AddResult:
    """Add the job."""
    return worker.darkroom.add.add(NewJob(kind=KIND, ref=REF, params={}, unique=unique, ttl=ttl))


def own(row: Row) -> Claim:
    """Return the claim of a row that was just won."""
    assert row.job.claim is not None
    return row.job.claim


def work(worker: Worker, by: str) -> None:
    """Do all that there is, as an external worker."""
    hold = worker.darkroom.external
    while (row := hold.claim_next(KIND, owner=by)) is not None:
        hold.resume(row.job.id, own(row)).complete({"by": by})


class Api(Flow):
    """A call upon jobs of a type that external workers do.

    Attributes:
        answer: What the caller was told; None when its process died, or storage was out.
        refusal: What it was refused with, likewise.
    """

    answer: Any = None
    refusal: DarkroomError | None = None

    def add(self, case: Case, *, ttl: timedelta | None = None) -> None:
        """Add the job, as what stands before."""
        assert add(case.user, ttl=ttl).created
        case.versions.append(IDENTITY)
        case.newest[REF] = IDENTITY
        case.clock.go(1)

    @abstractmethod
    def call(self, case: Case, worker: Worker) -> Any:  # noqa: ANN401 - of each flow
        """Do what the flow is about."""

    def run(self, case: Case, worker: Worker) -> None:
        """Call, and remember what was said."""
        try:
            self.answer = self.call(case, worker)
        except REFUSALS as refused:
            self.refusal = refused

    def rival(self, case: Case, worker: Worker) -> None:
        """Do what there is, as another external worker."""
        case.clock.go(1)
        work(worker, "rival")

    def afterwards(self, case: Case) -> None:
        """Ask again, when there was no answer; then do what is left."""
        if self.answer is None and self.refusal is None:
            self.run(case, case.worker())
        case.clock.go(LAPSE_SECONDS)
        work(case.worker(), "another")


class Adding(Api):
    """A unique job is added: it is there once, whoever adds it, and one of them has made it."""

    def prepare(self, case: Case) -> None:
        """Await it."""
        self.creations: list[bool] = []
        case.versions.append(IDENTITY)
        case.newest[REF] = IDENTITY

    def call(self, case: Case, worker: Worker) -> AddResult:  # noqa: ARG002 - as every flow
        """Add it."""
        told = add(worker)
        assert told.row is not None
        self.creations.append(told.created)
        return told

    def rival(self, case: Case, worker: Worker) -> None:
        """Add it too, and do it."""
        self.call(case, worker)
        super().rival(case, worker)

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """It is done; and no two have made it."""
        return super().ended_well(case, states) and self.creations.count(True) <= 1


class AddingFree(Adding):
    """A job that is not unique is added: each add that was answered has made one, and no other add more than one."""

    def prepare(self, case: Case) -> None:  # noqa: ARG002 - as every flow
        """Await nothing."""
        self.creations, self.ids = [], set[str]()

    def call(self, case: Case, worker: Worker) -> AddResult:  # noqa: ARG002 - as every flow
        """Add one."""
        told = add(worker, unique=False)
        assert told.row is not None
        assert told.created
        self.ids.add(told.row.job.id)
        return told

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Find out what there is: whoever was not answered knows no id."""
        case.versions = sorted(jobs_in(case.rows()))
        return {}

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """All are done."""
        unanswered = set(case.versions) - self.ids
        return set(case.versions) >= self.ids and len(unanswered) <= 1 and set(states) == {State.COMPLETED}


class Holding(Api):
    """An external worker claims a job by its type, renews, and completes: it, or who takes over, does so once."""

    row: Row | None = None

    def prepare(self, case: Case) -> None:
        """Add it."""
        self.add(case)

    def call(self, case: Case, worker: Worker) -> Row | None:  # noqa: ARG002 - as every flow
        """Claim, renew and complete; from where the worker was not answered."""
        hold = worker.darkroom.external
        self.row = self.row or hold.claim_next(KIND, owner="worker")
        if self.row is None:
            return None
        hold.resume(self.row.job.id, own(self.row)).renew(progress=0.5, cursor="half")
        return hold.resume(self.row.job.id, own(self.row)).complete({"by": "worker"})

    def afterwards(self, case: Case) -> None:
        """Ask for the commit again, when there was no answer."""
        if self.answer is None and self.refusal is None and self.row is not None:
            try:
                hold = case.worker().darkroom.external
                self.answer = hold.resume(self.row.job.id, own(self.row)).complete({"by": "worker"})
            except REFUSALS as refused:
                self.refusal = refused
        case.clock.go(LAPSE_SECONDS)
        work(case.worker(), "another")

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """Whoever was told that its result stands was told the truth, and whoever was refused too."""
        row = case.user.darkroom.storage.jobs.get(IDENTITY)
        assert row is not None
        assert row.job.report is not None
        by = row.job.report["by"]
        told = (self.answer is None or by == "worker") and (self.refusal is None or by != "worker")
        return told and super().ended_well(case, states)


class Ending(Api):
    """An external worker ends its attempt; a rival may have taken the job over.

    Attributes:
        act: What it does.
    """

    act: ClassVar[Callable[[Any, Claim], Row]]

    def prepare(self, case: Case) -> None:
        """Add, and claim."""
        self.add(case)
        self.claim = own(case.user.darkroom.external.claim(IDENTITY, owner="worker"))

    def call(self, case: Case, worker: Worker) -> Row:  # noqa: ARG002 - as every flow
        """End the attempt."""
        return type(self).act(worker.darkroom.external, self.claim)

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """What was told is true; who was refused had lost it, or had done it before."""
        return states[0] in (self.ends if self.answer is not None else (*self.ends, State.COMPLETED))


class GivingBack(Ending):
    """It gives the job back after a failure."""

    act = lambda hold, claim: hold.resume(IDENTITY, claim).retry(code="busy", message="Lent out.")  # noqa: E731 - one line


class Letting(Ending):
    """It gives the job back untouched."""

    act = lambda hold, claim: hold.resume(IDENTITY, claim).abandon()  # noqa: E731 - one line


class FailingClaim(Ending):
    """It ends the job by an error."""

    act = lambda hold, claim: hold.resume(IDENTITY, claim).fail(code="no_words", message="None.")  # noqa: E731 - one line
    ends = (State.FAILED,)


class FailingOvertaken(FailingClaim):
    """The same, while another takes the job over and is still at work: its claim is not written under."""

    strikes = PAUSES
    over: Row | None = None

    def rival(self, case: Case, worker: Worker) -> None:
        """Take it over."""
        case.clock.go(1)
        self.over = worker.darkroom.external.claim_next(KIND, owner="rival")

    def afterwards(self, case: Case) -> None:
        """Complete, as the rival."""
        if self.over is not None:
            case.user.darkroom.external.resume(IDENTITY, own(self.over)).complete({"by": "rival"})
        super().afterwards(case)

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """Only one of the two was told that its end stands."""
        return states == [State.FAILED if self.over is None else State.COMPLETED] and bool(self.answer) != bool(
            self.over
        )
