"""The flows of one attempt's other ends, and of messages that others send."""

import json
from abc import abstractmethod
from contextlib import suppress

from shared.errors import Conflict, StorageOut
from shared.handlers import Context
from shared.rules.jobs import JobError, State
from shared.steps.intake.add import NewJob
from shared.steps.work.held_claim import HeldClaim
from tests.faults.enumeration import Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_flows import TO_RENEWAL, Analysis, Receiving, Recording
from tests.faults.enumeration_workers import Worker

KIND = "file-size"
#: What storage calls a renewal: the job row, and its due row moved.
_RENEWAL = "write due+job"


class Ending(Analysis):
    """Our own message: an attempt that has no result."""

    def run(self, case: Case, worker: Worker) -> None:
        """Claim what the message names, and end the attempt."""

        def attempt(_: bytes) -> None:
            with suppress(Conflict):
                claim = worker.darkroom.claims.begin(case.versions[-1], owner="queue/1")
                try:
                    self.end(claim)
                finally:
                    claim.release()

        case.deliver(case.inbox, attempt)

    @abstractmethod
    def end(self, attempt: HeldClaim) -> None:
        """End it."""


class Retrying(Ending):
    """An attempt that another may succeed after: the job waits for its back-off, and a message comes by then."""

    messages = 1

    def end(self, attempt: HeldClaim) -> None:
        """Give the job back."""
        attempt.retry("out_of_memory", "The analysis ran out of memory.")


class Abandoning(Ending):
    """An outage, which takes no attempt from a job that has only one."""

    settings = {"MAX_ATTEMPTS": "1"}  # noqa: RUF012 - read only

    def end(self, attempt: HeldClaim) -> None:
        """Give the job back, and tell the host."""
        now = attempt.job.started
        assert now is not None
        attempt.abandon(error=JobError("storage_out", "Storage was out: ServerBusy", now))
        raise StorageOut

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """It is completed, unless the only attempt has died; what was given back can't have."""
        given_back = case.ledger.given_back[case.versions[0]]
        return states == [State.COMPLETED] or (states == [State.FAILED] and not given_back)

    def check(self, case: Case) -> None:
        """See that no claim is counted twice."""
        identity = case.versions[0]
        assert case.ledger.given_back[identity] <= 1
        assert case.ledger.claims[identity] <= 1 + case.ledger.given_back[identity]


class Failing(Analysis):
    """A message for an image that is none."""

    ends = (State.FAILED,)

    def prepare(self, case: Case) -> None:
        """Record a text."""
        case.record(b"no image")
        case.fetch()


def _measure(job: Context) -> dict[str, int]:
    return {"bytes": len(job.read())}


class Reading(Receiving):
    """Our own message: a job whose handler reads its blob."""

    works = {KIND: _measure}  # noqa: RUF012 - read only

    def prepare(self, case: Case) -> None:
        """Put the blob there, and add the job."""
        case.user.darkroom.storage.images.put(case.ref, b"to be", mime="text/plain")
        row = case.user.darkroom.add.add(NewJob(kind=KIND, ref=case.ref.ref, params={}, unique=True)).row
        assert row is not None
        case.versions.append(row.job.id)
        case.newest[case.ref.name] = row.job.id
        case.fetch()

    def check(self, case: Case) -> None:
        """See that all of it was read."""
        (report,) = (row["report"] for key, row in case.rows().items() if key.startswith("job:"))
        assert json.loads(report) == {"bytes": 5}


class RenewalOnly(Analysis):
    """A commit after its heartbeat's renewal, alone of all requests, has met faults: it goes through in the same run.

    The renewal gives up by itself; where it was applied, the commit finds the row under its own claim and moved.
    """

    only = _RENEWAL
    starts = 1
    strikes = tuple(strike for strike in Strike if not (strike.kills or strike.pauses))

    def run(self, case: Case, worker: Worker) -> None:
        """Receive the message, slowly; storage is back when the renewal has given up."""

        def beat() -> None:
            case.clock.go(TO_RENEWAL)
            worker.darkroom.heartbeat.beat()
            worker.line.mend()

        worker.line.interlude = beat
        super().run(case, worker)
        assert case.ledger.commits[case.versions[0]] == 1, "the run ended without the commit"


class ReceivingImage(Receiving):
    """Another's message that names an image which nobody has recorded."""

    def prepare(self, case: Case) -> None:
        """Upload, and send the message."""
        case.upload()
        case.put(case.ref.ref)
        case.fetch()


class Rejecting(Receiving):
    """A message that names nothing real: it is kept, once."""

    ends = ()

    def prepare(self, case: Case) -> None:
        """Send it."""
        case.put("nobody's.png")
        case.fetch()

    def check(self, case: Case) -> None:
        """See that it is there, whole."""
        kept = [row for key, row in case.rows().items() if key.startswith("rejected:")]
        assert [(row["code"], row["text"]) for row in kept] == [("blob_not_found", "nobody's.png")]


class Retagging(Recording):
    """An event of a change of metadata, after the job was completed: nothing is analysed again."""

    messages = 0
    starts = 1

    def prepare(self, case: Case) -> None:
        """Complete, and change the metadata."""
        case.record()
        case.hand(case.user)
        self.version = case.touch()
        case.events.append(case.ref)

    def check(self, case: Case) -> None:
        """Job row and key row both say that the job stands for the newest version."""
        rows = case.rows()
        said = [row.get("retagged") for key, row in rows.items() if key.startswith("job:")]
        said += [row["version"] for key, row in rows.items() if key.startswith("key:")]
        assert said == [self.version, self.version], f"the rows say {said}"
