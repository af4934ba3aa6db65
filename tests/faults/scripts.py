"""Scripts: several processes, an operator and the host at one image, with faults and pauses drawn into what they do."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from shared import wiring
from shared.errors import StorageOut, Undecided
from shared.steps.outcomes import Outcome
from tests.faults.enumeration import LAPSE_SECONDS, Died, Strike
from tests.faults.enumeration_case import Build, Case, Worker, jobs_in
from tests.faults.enumeration_flows import TO_RENEWAL

PROCESSES = 3


class Act(Enum):
    """What one step does."""

    UPLOAD = "a new version is uploaded, and its event lies before the host"
    UPLOAD_AND_TELL = "the same, and the host delivers it"
    UPLOAD_TEXT = "the same, but it is no image"
    REMOVE = "the blob is deleted"
    TELL = "the host delivers the events"
    TELL_AND_HAND = "the host delivers the events, then the messages"
    HAND = "the host delivers the messages"
    HAND_TWICE = "the host delivers each message twice"
    SWEEP = "a tick"
    BURY = "the host gives the messages up, and delivers them from the poison queue"
    CANCEL = "an operator cancels a job"
    REDRIVE = "an operator opens a job again"
    CANCEL_AND_REDRIVE = "both, one after the other"
    LAPSE = "time goes on until leases have lapsed"
    RESTART = "a new process takes the place of one"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a script.

    Attributes:
        act: What is done.
        by: The process that does it.
        ago: The version that an operator means: 0 for the newest.
        strikes: What happens at the nth requests of it.
        slow: Whether a third of the lease is over before the image is read.
        lapses: Whether a pause outlasts the leases.
        meanwhile: What another process does in a pause.
    """

    act: Act
    by: int = 0
    ago: int = 0
    strikes: Mapping[int, Strike] = field(default_factory=dict)
    slow: bool = False
    lapses: bool = False
    meanwhile: "Step | None" = None


@dataclass
class Count:
    """What all scripts came to.

    Attributes:
        scripts: Those that were played to their end and judged.
        strikes: That have come, by kind.
        requests: That have reached storage.
        ends: Of all versions' jobs.
        opened: Jobs opened again.
        failures: What went wrong, with the script.
    """

    scripts: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    failures: list[str] = field(default_factory=list)

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.scripts + other.scripts,
            self.strikes + other.strikes,
            self.requests + other.requests,
            self.ends + other.ends,
            self.opened + other.opened,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        ends = ", ".join(f"{number} {state}" for state, number in sorted(self.ends.items()))
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.strikes.items()))
        return (
            f"{self.scripts} scripts, {self.strikes.total()} strikes hit, {self.requests} requests\n"
            f"jobs: {ends}; {self.opened} opened again\n"
            f"strikes: {kinds}"
        )


class Stage:
    """A case on which a script is played.

    Attributes:
        removed: Versions that were deleted.
        broken: Versions that are no images.
        canceled: By job that somebody was told of as canceled: how often it had been opened before they asked.
        asked: Jobs that somebody has tried to cancel.
    """

    def __init__(self, case: Case, count: Count) -> None:
        self._case = case
        self._count = count
        self._processes = [case.worker() for _ in range(PROCESSES)]
        self._busy: list[Worker] = []
        self.removed: set[str] = set()
        self.broken: set[str] = set()
        self.canceled: dict[str, int] = {}
        self.asked: set[str] = set()

    def play(self, step: Step) -> None:
        """Let a process that is not paused do a step, and bear what comes of it."""
        turns = [(step.by + turn) % PROCESSES for turn in range(PROCESSES)]
        place = next(turn for turn in turns if self._processes[turn] not in self._busy)
        worker = self._processes[place]
        worker.line.arm(step.strikes, lambda: self._meanwhile(step))
        if step.slow:
            worker.line.interlude = lambda: self._beat(worker)
        self._busy.append(worker)
        hits = len(worker.line.hits)
        try:
            self._do(step, worker, place)
        except Died:
            self._processes[place] = self._case.worker()
        except (StorageOut, Undecided):
            pass
        self._busy.remove(worker)
        hit = worker.line.hits[hits:]
        worker.line.mend()
        self._count.strikes.update(strike.name for strike in hit)
        if hit:
            self._case.prove(blobs=False)

    def _meanwhile(self, step: Step) -> None:
        if step.lapses:
            self._case.clock.go(LAPSE_SECONDS)
        if step.meanwhile is not None:
            self.play(step.meanwhile)

    def _beat(self, worker: Worker) -> None:
        self._case.clock.go(TO_RENEWAL)
        worker.darkroom.work._attempts._heartbeat.beat()

    def _do(self, step: Step, worker: Worker, place: int) -> None:
        case = self._case
        match step.act:
            case Act.TELL:
                case.tell(worker)
            case Act.UPLOAD_AND_TELL:
                self._upload(sound=True)
                case.tell(worker)
            case Act.TELL_AND_HAND:
                case.tell(worker)
                case.hand(worker)
            case Act.HAND | Act.HAND_TWICE:
                case.fetch()
                case.inbox += list(case.inbox) if step.act is Act.HAND_TWICE else []
                case.hand(worker)
            case Act.SWEEP:
                worker.darkroom.sweep(owner=f"timer/{place}")
            case Act.BURY:
                case.fetch()
                case.poison += case.inbox
                case.inbox.clear()
                case.bury(worker)
            case Act.CANCEL | Act.REDRIVE | Act.CANCEL_AND_REDRIVE:
                self._operate(step, worker)
            case _:
                self._happen(step.act, place)

    def _happen(self, act: Act, place: int) -> None:
        match act:
            case Act.UPLOAD | Act.UPLOAD_TEXT:
                self._upload(sound=act is Act.UPLOAD)
            case Act.REMOVE:
                self._remove()
            case Act.LAPSE:
                self._case.clock.go(LAPSE_SECONDS)
            case Act.RESTART:
                self._processes[place] = self._case.worker()

    def _upload(self, *, sound: bool) -> None:
        identity = self._case.upload(None if sound else b"no image")
        self._case.events.append(self._case.ref)
        if not sound:
            self.broken.add(identity)

    def _remove(self) -> None:
        if self._case.versions[-1] not in self.removed:
            self._case.remove()
            self.removed.add(self._case.versions[-1])

    def _operate(self, step: Step, worker: Worker) -> None:
        versions, ledger = self._case.versions, self._case.ledger
        identity = versions[-1 - step.ago % len(versions)]
        if step.act is not Act.REDRIVE:
            self.asked.add(identity)
            opened = ledger.opened[identity]
            if worker.darkroom.operate.cancel(identity) is Outcome.CANCELED:
                self.canceled[identity] = opened
        if step.act is not Act.CANCEL:
            worker.darkroom.operate.redrive(identity)


@dataclass(frozen=True, kw_only=True)
class Script:
    """What is played, from an upload on.

    Attributes:
        steps: In their order.
        max_attempts: Of each job.
    """

    steps: list[Step]
    max_attempts: int

    def play(self, build: Build = wiring.build) -> Count:
        """Play it on an account of its own, let the hosts recover, and judge."""
        case, count = Case(build=build, MAX_ATTEMPTS=str(self.max_attempts)), Count(scripts=1)
        stage = Stage(case, count)
        for step in (Step(act=Act.UPLOAD), *self.steps):
            stage.play(step)
        rows = case.recover()
        judge(stage, case, rows, max_attempts=self.max_attempts)
        count.requests = case.ledger.requests
        count.opened = case.ledger.opened.total()
        count.ends.update(row["state"] for row in jobs_in(rows).values())
        return count


def judge(stage: Stage, case: Case, rows: Mapping[str, Mapping[str, Any]], *, max_attempts: int) -> None:
    """See that nothing is lost, nothing is done twice, and each job has ended for a reason that there was."""
    jobs, newest = jobs_in(rows), case.versions[-1]
    standing = None if newest in stage.removed else newest
    assert set(jobs) <= set(case.versions), f"jobs of nobody's: {set(jobs) - set(case.versions)}"
    assert not [key for key in rows if key.startswith("rejected:")], "a message was rejected"
    assert standing in {None, *jobs}, "the newest version was never recorded"
    (recorded,) = [row["job_id"] for key, row in rows.items() if key.startswith("key:")] or [None]
    assert recorded is None or recorded == max(jobs, key=case.versions.index), "the key row names an older version"
    for identity in case.versions:
        state = jobs[identity]["state"] if identity in jobs else None
        commits = case.ledger.commits[identity]
        assert commits == int(state == "COMPLETED"), f"{state}, {commits} commits"
        if stage.canceled.get(identity) == case.ledger.opened[identity]:
            assert state == "CANCELED", f"{state}, and an operator was told that it was canceled"
    for identity, row in jobs.items():
        used_up = row["attempts"] - row["attempts_base"] >= max_attempts
        reasons = {
            "superseded": identity != recorded,
            "blob_gone": identity != standing,
            "canceled": identity in stage.asked,
            "attempts_exhausted": used_up,
            "poison": used_up,
            "unsupported_format": identity in stage.broken,
            None: identity not in stage.broken,
        }
        code = json.loads(row["error"])["code"] if row["state"] != "COMPLETED" else None
        assert reasons.get(code), f"{row['state']} by {code}: {row}"
    case.prove()
