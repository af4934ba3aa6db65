"""The flow of an operator who opens jobs again in one call, which is kept, and repeated where it was not sure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.http import action_log
from shared.rules.actions import Action, Outcome
from shared.rules.callers import Caller, Proof
from shared.rules.jobs import State
from shared.rules.keys import Role
from tests.faults.enumeration import PAUSES, Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_workers import Worker

ADA = Caller("ada", Role.OPERATOR, Proof.KEY)
#: The operation of the worker's call, and that of its rival's and of the repeated one.
OPERATION, OTHER = "1" * 32, "2" * 32


class RedrivingMany(Flow):
    """Jobs that were canceled are opened again, each of them once, whoever repeats the call; and the log knows of it.

    Attributes:
        as_of: A moment behind their ends.
        answer: What the worker was told; None after a death or outage.
        openings: How many jobs the worker's own call has opened, whatever it was told.
    """

    messages = 2
    strikes = (  # the others are those of every write, and other flows meet them
        *(Strike.DIED_BEFORE, Strike.DIED_AFTER, Strike.REPLY_LOST, Strike.ARRIVES_TWICE),
        *(*PAUSES, Strike.OUT_BEFORE, Strike.OUT_AFTER),
    )
    as_of: datetime | None = None
    answer: Mapping[str, Any] | None = None
    openings = 0

    def prepare(self, case: Case) -> None:
        """Record two images, and cancel both jobs."""
        for name in ("cat.png", "dog.png"):
            case.record(name=name)
        case.fetch()
        case.inbox.clear()
        for job_id in case.versions:
            case.user.darkroom.cancel.cancel(job_id)
        case.clock.go(3)
        case.user.darkroom.lookup.types()  # the clock has seen a reply now
        self.as_of = case.user.darkroom.clock.now()

    def run(self, case: Case, worker: Worker) -> None:
        """Open them, and remember what was said."""
        before, self._others = case.ledger.reopenings.total(), 0
        try:
            self.answer = self._call(case, worker, OPERATION)
        finally:
            self.openings = case.ledger.reopenings.total() - before - self._others

    _others = 0

    def rival(self, case: Case, worker: Worker) -> None:
        """Open what is left, and cancel all of it once more: these ends are not those that the worker means."""
        before = case.ledger.reopenings.total()
        self._call(case, worker, OTHER)
        self._others += case.ledger.reopenings.total() - before
        for job_id in case.versions:
            worker.darkroom.cancel.cancel(job_id)

    def afterwards(self, case: Case) -> None:
        """Repeat the call as a whole; whatever the first one has done is not done again."""
        answer = self._call(case, case.user, OTHER)
        assert answer["unknown"] == 0, answer

    def _call(self, case: Case, worker: Worker, operation: str) -> Mapping[str, Any]:
        response = action_log.act(
            worker.darkroom,
            ADA,
            Action.REDRIVE,
            case.versions,
            selection=None,
            operation=operation,
            as_of=self.as_of,
        )
        answer: Mapping[str, Any] = json.loads(bytes(response.body))
        return answer

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """Each was opened once; it is worked to its end, or was canceled by the rival."""
        opened = [case.ledger.reopenings[job_id] for job_id in case.versions]
        return opened == [1, 1] and set(states) <= {State.COMPLETED, State.CANCELED}

    def check(self, case: Case) -> None:
        """See that the log knows who has opened a job, once, and says what the operator was told."""
        rows = [row for row in case.rows().values() if row.get("operation") == OPERATION]
        assert len(rows) <= 1, "one call is kept twice"
        assert rows or not self.openings, "jobs were opened of which the log knows nothing"
        if self.answer is None:
            return
        done = [each["outcome"] for each in self.answer["results"]].count(Outcome.DONE)
        assert done <= self.openings, f"told that {done} were opened"
        result = json.loads(rows[0].get("result", "null"))
        assert result is None or {name: self.answer[name] for name in ("done", "refused", "unknown")} == {
            name: result[name] for name in ("done", "refused", "unknown")
        }
