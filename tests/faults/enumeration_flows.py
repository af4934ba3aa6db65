"""The flows: what stands before, what the worker does, what its rival does in a pause, and how it must end."""

from collections.abc import Mapping

from shared.handlers import Handler
from shared.rules.jobs import State
from tests.faults.enumeration import GRACE, LAPSE_SECONDS, PAUSES, SETTINGS, Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_wire import READ_IMAGE
from tests.faults.enumeration_workers import Worker

TO_RENEWAL = SETTINGS.lease.total_seconds() / 3 + 1


class Flow:
    """One flow.

    Attributes:
        settings: App settings that it needs.
        works: Handlers of types besides the images'.
        ends: State of each version's job, in the order of their uploads.
        starts: Analyses that a single fault may cost, of each version.
        messages: Messages that are sent, whichever single request fails.
        together: How many of them one write is the reason for.
        first: The first request that is struck, by a word of its label; those before are another flow's.
        only: The requests that are struck, by their label; all from the first on without it.
        strikes: What is tried.
        lapses: Whether leases have lapsed when the rival has its turn.
    """

    settings: Mapping[str, str] = {}
    works: Mapping[str, Handler] = {}
    ends: tuple[State, ...] = (State.COMPLETED,)
    starts = 2
    messages = 0
    together = 1
    first = ""
    only = ""
    strikes: tuple[Strike, ...] = tuple(Strike)
    lapses = True

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - some look at it
        """Whether these may be the ends of the versions' jobs."""
        return tuple(states) == self.ends

    def final_states(self, case: Case) -> Mapping[str, State]:  # noqa: ARG002 - some look at it
        """Return the jobs that must have been purged by the end, and the state in which each had ended."""
        return {}

    def locked_out(self) -> bool:
        """Say whether the worker was refused its lock, as one whose request for it arrived twice: by itself."""
        return False

    def prepare(self, case: Case) -> None:
        """Set up what stands before."""

    def begin(self, case: Case) -> None:
        """Let another process begin what it holds meanwhile; unlike what stands, it can't be copied."""

    def run(self, case: Case, worker: Worker) -> None:
        """Do the worker's part."""

    def rival(self, case: Case, worker: Worker) -> None:
        """Do all that another worker would be given in the meantime."""
        case.tell(worker)
        case.hand(worker)

    def afterwards(self, case: Case) -> None:
        """Do what others do when the worker's part is over, before anything is brought back."""

    def meanwhile(self, case: Case) -> None:
        """Let the rival have its turn, while the worker sleeps."""
        if self.lapses:
            case.clock.go(LAPSE_SECONDS)
        self.rival(case, case.worker())

    def check(self, case: Case) -> None:
        """Look at what only this flow promises."""


class LiveRival(Flow):
    """Beside another flow: its rival has its turn while the worker's lease is live, and nothing else goes wrong."""

    strikes = PAUSES
    lapses = False


class Recording(Flow):
    """An event: a job and its message."""

    messages = 1

    def prepare(self, case: Case) -> None:
        """Upload."""
        case.upload()
        case.events.append(case.ref)

    def run(self, case: Case, worker: Worker) -> None:
        """Record."""
        case.tell(worker)


class Receiving(Flow):
    """A message that the worker is given."""

    def run(self, case: Case, worker: Worker) -> None:
        """Receive it."""
        case.hand(worker)


class Analysis(Receiving):
    """Our own message: an analysis."""

    def prepare(self, case: Case) -> None:
        """Record."""
        case.record()
        case.fetch()


class DoubleDelivery(LiveRival, Analysis):
    """A message that is delivered to another worker as well, while the first one lives: no lease is taken from it."""

    starts = 1


class Sweeping(Flow):
    """A tick: the job whose message was lost."""

    def prepare(self, case: Case) -> None:
        """Record, and lose the message."""
        case.record_without_message()
        case.clock.go(GRACE.total_seconds() + 3)

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Sweep."""
        worker.darkroom.sweep.sweep(owner="timer/1")

    def rival(self, case: Case, worker: Worker) -> None:
        """Sweep as well."""
        self.run(case, worker)


def slow_down(case: Case, worker: Worker) -> None:
    """Have the heartbeat renew all leases before the request that a flow begins to be struck at."""

    def beat() -> None:
        case.clock.go(TO_RENEWAL)
        worker.darkroom.heartbeat.beat()

    worker.line.interlude = beat


class Renewal(Sweeping):
    """A sweep that is so slow that the heartbeat renews lock and job before the image is read."""

    first = READ_IMAGE

    def run(self, case: Case, worker: Worker) -> None:
        """Sweep slowly."""
        slow_down(case, worker)
        super().run(case, worker)


class Superseding(Recording):
    """An event of a newer version, which ends the waiting job of the one before."""

    ends = (State.CANCELED, State.COMPLETED)

    def prepare(self, case: Case) -> None:
        """Record, and upload a newer version."""
        case.record()
        super().prepare(case)


class Overtaken(LiveRival, Analysis):
    """A message whose job is ended by the event of a newer version, while the worker lives."""

    def rival(self, case: Case, worker: Worker) -> None:
        """Upload a newer version, and do all for it."""
        case.upload()
        case.events.append(case.ref)
        super().rival(case, worker)

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - some look at it
        """The newest is completed; the older one was, or was canceled."""
        return states[-1] is State.COMPLETED and set(states[:-1]) <= {State.CANCELED, State.COMPLETED}


class Canceling(Analysis):
    """A message for a blob that is gone."""

    ends = (State.CANCELED,)

    def prepare(self, case: Case) -> None:
        """Record, and delete the blob."""
        super().prepare(case)
        case.remove()


class Exhausting(Analysis):
    """A message for a job whose only attempt has died."""

    settings = {"MAX_ATTEMPTS": "1"}  # noqa: RUF012 - read only
    ends = (State.FAILED,)
    starts = 1

    def prepare(self, case: Case) -> None:
        """Claim, and die."""
        identity = case.record()
        case.fetch()
        case.worker().darkroom.claims.begin(identity, owner="queue/0")
        case.clock.go(LAPSE_SECONDS)


class Poison(Flow):
    """A message from the poison queue, beside what another flow prepares."""

    def prepare(self, case: Case) -> None:
        """Let the host give the message up."""
        super().prepare(case)
        case.poison, case.inbox = case.inbox, []

    def run(self, case: Case, worker: Worker) -> None:
        """Bury."""
        case.bury(worker)


class Burying(Poison, Exhausting):
    """The same message from the poison queue."""

    def rival(self, case: Case, worker: Worker) -> None:
        """Bury as well."""
        self.run(case, worker)


class Resending(Sweeping):
    """A tick where messages start all: the job whose message was lost is sent again."""

    settings = {"DISPATCH": "queue"}  # noqa: RUF012 - read only

    def rival(self, case: Case, worker: Worker) -> None:
        """Sweep as well, and do what the messages say."""
        self.run(case, worker)
        case.hand(worker)
