"""The flows of purging, which walks through everything that has ended."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from shared.errors import NoSuchJob
from shared.rules.jobs import State
from shared.steps.intake.record import Recording
from shared.steps.upkeep.purge import PurgeResult
from tests.faults.enumeration import LAPSE_SECONDS
from tests.faults.enumeration_case import Case, jobs_in
from tests.faults.enumeration_flows import Flow, LiveRival
from tests.faults.enumeration_workers import Worker

MONTH_SECONDS = 31 * 86_400.0
DONE, FAILED, YOUNG = "done.png", "failed.png", "young.png"


class Purging(Flow):
    """A completed and a failed job past their retention, with thumbnails, beside one that is not."""

    settings: Mapping[str, str] = {"MAX_ATTEMPTS": "1"}
    ends: tuple[State, ...] = (State.COMPLETED, State.FAILED, State.COMPLETED)
    answer: PurgeResult | None = None
    has_rival = False

    def prepare(self, case: Case) -> None:
        """Let one be completed and one fail; a month later, let another be completed."""
        self.old(case)
        case.clock.go(MONTH_SECONDS)
        self.young = case.record(name=YOUNG)
        case.hand(case.user)
        self.neighbour = self._of(case, self.young)
        assert len(self.neighbour) == 5, f"job, end, key, attempt, thumbnail: {self.neighbour}"
        assert set(self.final_states(case)) < set(jobs_in(case.rows()))

    def old(self, case: Case) -> None:
        """Complete one; let the only attempt at the other die behind its thumbnail."""
        case.record(name=DONE)
        case.hand(case.user)
        identity = case.record(name=FAILED)
        case.fetch()
        case.poison, case.inbox = case.inbox, []
        darkroom = case.user.darkroom
        darkroom.claims.begin(identity, owner="queue/0")
        darkroom.storage.images.insert_thumbnail(f"{identity}/1.webp", b"x", mime="image/webp")
        case.clock.go(LAPSE_SECONDS)
        case.bury(case.user)

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Tell those that are past their retention."""
        return {case.versions[0]: State.COMPLETED, case.versions[1]: State.FAILED}

    def locked_out(self) -> bool:
        """See ``Flow``."""
        return self.answer is not None and self.answer.locked_out

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Purge."""
        self.answer = worker.darkroom.purge.purge(owner="timer/1")

    def meanwhile(self, case: Case) -> None:
        """See that all holds together before the rival's turn and behind it."""
        case.prove()
        super().meanwhile(case)
        case.prove()
        self.has_rival = True

    def rival(self, case: Case, worker: Worker) -> None:
        """Deliver the same versions' events again, and purge as well."""
        self._duplicates(case, worker)
        worker.darkroom.purge.purge(owner="timer/2")

    def afterwards(self, case: Case) -> None:
        """Let another purge."""
        case.clock.go(LAPSE_SECONDS)
        self.last = case.user.darkroom.purge.purge(owner="timer/3")
        assert replace(self.last, jobs=0, thumbnails=0) == PurgeResult(), f"{self.last}"
        if self.answer is not None and not self.has_rival and not self.answer.locked_out:
            assert (self.answer.conflicts, self.last) == (0, PurgeResult()), f"{self.last} after {self.answer}"

    def check(self, case: Case) -> None:
        """See that the neighbour was not touched, and that the versions that are gone are known for good."""
        assert self._of(case, self.young) == self.neighbour
        self._duplicates(case, case.user)

    @staticmethod
    def _of(case: Case, identity: str) -> dict[str, Any]:
        """Return all that stands of a job, rows with their ETags."""
        rows = {key: row for key, row in case.rows().items() if identity in (*key.split(":"), row.get("job_id"))}
        found = {key: (row, row["odata.etag"]) for key, row in rows.items()}
        return found | {name: () for name in case.thumbnails() if name.startswith(identity)}

    @staticmethod
    def _duplicates(case: Case, worker: Worker) -> None:
        """Deliver the events of all names once more: each version is known, and nothing is analysed."""
        claims = case.ledger.claims.total()
        outcomes = {worker.darkroom.record.record_event(case.image(name).ref) for name in case.newest}
        case.hand(worker)
        assert (outcomes, case.ledger.claims.total()) == ({Recording.DUPLICATE}, claims)


class PurgingRedriven(LiveRival, Purging):
    """The same, while an operator opens the failed job again: it is analysed then and stays, or was gone before."""

    first = "write key"
    redriven: State | None = None

    def rival(self, case: Case, worker: Worker) -> None:
        """Open it, and work."""
        with suppress(NoSuchJob):
            self.redriven = worker.darkroom.redrive.redrive(case.versions[1]).job.state
        case.hand(worker)

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Tell those that are past their retention still."""
        opened = case.ledger.reopenings[case.versions[1]]
        return {
            identity: state
            for identity, state in super().final_states(case).items()
            if state is not State.FAILED or not opened
        }

    def check(self, case: Case) -> None:
        """See that each job that went was counted, and no other."""
        super().check(case)
        assert self.answer is not None
        assert self.answer.jobs + self.last.jobs == len(self.final_states(case)), f"{self.answer}, {self.last}"

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """What was opened is completed, by another attempt beside the one that had died; the operator knows."""
        failed, opened = case.versions[1], case.ledger.reopenings[case.versions[1]]
        attempts = [key for key in case.rows() if key.startswith(f"try:{failed}")]
        told = self.redriven is (State.PENDING if opened else None)
        reopened = (State.COMPLETED, State.COMPLETED, State.COMPLETED)
        return told and len(attempts) == 2 * opened and tuple(states) == (reopened if opened else self.ends)


class PurgingOvertaken(PurgingRedriven):
    """The same, while a newer version of the completed image is recorded: it stays the newest."""

    only = "write key"
    first = ""

    def rival(self, case: Case, worker: Worker) -> None:
        """Upload it, and do all for it."""
        case.upload(name=DONE)
        case.events.append(case.image(DONE))
        Flow.rival(self, case, worker)

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """It is completed."""
        return tuple(states) == (*self.ends, *[State.COMPLETED] * self.has_rival)


class PurgingOlder(Purging):
    """A completed version past its retention, whose name has a newer one that is not: no key row tells of its end."""

    only = "POST $batch"
    settings: Mapping[str, str] = {}
    ends = (State.COMPLETED, State.COMPLETED)

    def old(self, case: Case) -> None:
        """Complete it."""
        case.record(name=YOUNG)
        case.hand(case.user)

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Tell the older version."""
        return {case.versions[0]: State.COMPLETED}
