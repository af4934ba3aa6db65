"""What callers are told: nothing that was not so while they waited, and of their own writes nothing but the truth.

A row that did not move during a call was all the time what it is now. So whoever is told otherwise was told of an
outage, or of a mistake, as if it were an answer.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.simulation import entry_points
from tests.simulation.columns import moment
from tests.simulation.ledger import Ledger
from tests.simulation.operations import writes
from tests.simulation.rules import LIVE
from tests.simulation.scheduler import Scheduler
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

#: A process may be ahead of the services by as much.
_AHEAD = timedelta(seconds=60)
_JOB_ID = re.compile(r"[a-z][a-z0-9-]*-[0-9a-f]{32}")
#: What a call says that has made a move.
_SAID = {
    "complete": {"completed"},
    "retry": {"retried"},
    "fail": {"failed"},
    "exhaust": {"failed"},
    "bury": {"failed"},
    "add": {"recorded"},
    # Without a reply, these two look: others may have claimed and ended the job, or a newer version moved its proof on.
    "retag": {"unchanged", "duplicate"},
    "redrive": {"redriven", "recorded", "outdated", "live", "ended"},
    "abandon": set[str](),
}
#: Moves behind which the same call may go on, and make another: a message that names an image is worked on.
_FIRST = {"add", "retag", "redrive"}
#: What may be said of a job that nobody has moved, by its state; None where there is none.
_OF_STATE = {
    None: {"unknown", "rejected", "deferred"},
    "PENDING": {"not due", "deferred", "left", "live", "outdated"},
    "RUNNING": {"busy", "deferred", "left", "live", "outdated"},
    "COMPLETED": {"ended", "deferred", "outdated"},
    "FAILED": {"ended", "deferred", "outdated"},
    "CANCELED": {"ended", "deferred", "canceled", "outdated"},
}
#: The same of operators' calls, where it is less.
_OF_KIND: dict[str, dict[str | None, set[str]]] = {
    "cancel": {
        "PENDING": set(),
        "RUNNING": set(),
        "COMPLETED": {"ended"},
        "FAILED": {"ended"},
        "CANCELED": {"canceled"},
    },
    "redrive": {"FAILED": {"outdated"}, "CANCELED": {"outdated"}},
}


@dataclass
class Question:
    """A call that is under way.

    Attributes:
        kind: What it is, by its entrance.
        subject: What it is about: a job's id, an image's path, or the text of a message.
        task: The thread that makes it.
        began: How much had been obeyed by then.
        number: How many requests the thread had sent.
        claim_id: That the caller holds; "" for none.
        state: Of the job as it stood then; "" where it is about something else.
    """

    kind: str
    subject: str
    task: str
    began: int
    number: int
    claim_id: str = ""
    state: str = ""


@dataclass
class Answers:
    """All calls.

    Attributes:
        ledger: What was really written.
        scheduler: Knows who asks.
        tell: Takes what is wrong.
    """

    ledger: Ledger
    scheduler: Scheduler
    tell: Callable[[Iterable[str]], object]
    _count: int = 0
    _changes: dict[str, int] = field(default_factory=dict)
    _canceled: dict[str, int] = field(default_factory=dict)
    _wrote: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    _rejected: dict[str, int] = field(default_factory=dict)
    _thumbnails: dict[str, int] = field(default_factory=dict)
    _standing: set[str] = field(default_factory=set)
    _questions: dict[str, Question] = field(default_factory=dict)

    def ask(self, kind: str, subject: str, call: Callable[[], object], *, claim_id: str = "") -> object:
        """Make a call from the running thread, and judge what it is told."""
        task = self.scheduler.current
        if task is None:
            return call()
        state = self._row(subject).get("state", "")
        question = Question(kind, subject, task.name, self._count, task.request_count, claim_id, state)
        self._questions[task.name] = question
        try:
            answer = call()
        except entry_points.REFUSALS as refusal:
            self.tell(self._on_refusal(question, refusal))
            raise
        self.tell(self._on_answer(question, answer))
        return answer

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in what the services have obeyed."""
        self._count += 1
        request, name = passage.request, passage.sender.name
        if request.service == "blob" and len(request.segments) > 1 and reply.ok:
            self._blob("/".join(request.segments), request.method)
        for each in writes(request, reply) if request.service == "table" and request.method != "GET" else ():
            if each.row.startswith("rejected:"):
                self._rejected[name] = passage.number
            if each.row.startswith("job:"):
                job_id = each.row[4:]
                self._changes[job_id] = self._count
                if each.columns.get("state") == "CANCELED":
                    self._canceled[job_id] = self._count
                self._wrote.setdefault(name, []).append((passage.number, passage.label, job_id))
                asked = self._questions.get(name)
                if each.verb == "delete" and asked is not None and asked.kind == "purge":
                    self.tell(self._judge_remains(asked, job_id))

    def _blob(self, ref: str, method: str) -> None:
        container, _, name = ref.partition("/")
        if method not in ("PUT", "DELETE"):
            return
        if container == entry_points.THUMBNAILS and method == "PUT":
            self._thumbnails[name] = self._count
        elif container == entry_points.THUMBNAILS:
            self._thumbnails.pop(name, None)
        else:
            self._changes[ref] = self._count
            (self._standing.add if method == "PUT" else self._standing.discard)(ref)

    def _row(self, job_id: str) -> Mapping[str, Any]:
        return self.ledger.jobs().get(job_id, {})

    def _still(self, question: Question, subject: str) -> bool:
        """Say whether something has not moved since the question."""
        return self._changes.get(subject, -1) <= question.began

    def _moves(self, question: Question) -> list[tuple[str, str]]:
        """Return the moves that the call itself has made, each with its job."""
        wrote = self._wrote.get(question.task, [])
        return [
            (move, job_id) for number, label, job_id in wrote if number > question.number for move in label.split("+")
        ]

    def _on_answer(self, question: Question, answer: object) -> Iterator[str]:
        if question.kind in ("remove", "forget"):
            yield from self._judge_removal(question)
            return
        if question.kind in ("renew", "complete", "fail", "retry", "abandon"):
            if not any(job_id == question.subject for _, job_id in self._moves(question)):
                yield from self._unwritten(question)
            return
        said = entry_points.outcomes_of(answer)
        if "rejected" in said and self._rejected.get(question.task, 0) <= question.number:
            yield f"{question.task}: {question.subject[:90]} is rejected, and not kept"
        if len(said) == 1:
            yield from self._single(question, said[0])

    def _single(self, question: Question, said: str) -> Iterator[str]:
        """A call that was about one thing says what it has done to it, or what it was."""
        words = f"{question.task}: {question.kind} of {question.subject[:90]} says {said}"
        judged = _SAID.keys() - (set() if question.kind in ("announce", "redrive") else _FIRST)
        # A job that was purged meanwhile has left no proof.
        moves = [move for move, job_id in self._moves(question) if move in judged and self._row(job_id)]
        if any(said not in _SAID[move] for move in moves):
            yield f"{words}, and has made the move {', '.join(moves)}"
        job_id = job_of(question.subject)
        if question.kind in ("cancel", "redrive"):
            yield from (f"{words}, and {wrong}" for wrong in self._by_hand(question, said))
        if job_id and self._still(question, job_id):
            state = self._row(job_id).get("state")
            left = said == "left" and job_id.startswith(entry_points.EXTERNAL)  # for its own workers, however it stands
            allowed = _OF_KIND.get(question.kind, {}).get(state, _OF_STATE[state])
            if said not in allowed and not left:
                yield f"{words}, and the job was {state or 'not there'} all the time"
            if question.kind == entry_points.POISON and state == "PENDING" and not left:
                yield from self._judge_haste(words, self._row(job_id))
        if question.kind == "announce" and self._still(question, question.subject):
            yield from (f"{words}, and {wrong}" for wrong in self._judge_announcement(question.subject, said))

    def _by_hand(self, question: Question, said: str) -> Iterator[str]:
        """Who is told that it is done has done it, or has found it done."""
        did = {move for move, job_id in self._moves(question) if job_id == question.subject}
        if said == "redriven" and "redrive" not in did:
            yield "has not opened it"
        canceled = self._canceled.get(question.subject, -1) > question.began or question.state == "CANCELED"
        if said == "canceled" and not canceled:
            yield "nobody has canceled it"

    def _judge_haste(self, words: str, row: Mapping[str, Any]) -> Iterator[str]:
        """Nothing starts a job any more whose message is given up: the sweep must, as soon as it may be claimed."""
        soon = max(self.ledger.promises.clock.now(), moment(row, "not_before")) + self.ledger.promises.drift + _AHEAD
        if moment(row, "due") > soon:
            yield f"{words}, and it is due at {row['due']}"

    def _judge_announcement(self, ref: str, said: str) -> Iterator[str]:
        stands = ref in self._standing
        if stands and said == "gone":
            yield "the blob stood there all the time"
        if said == "duplicate" and stands and ref not in self.ledger.forgotten_refs:
            version = self.ledger.contents.versions[ref][-1]
            rows = [*self.ledger.rows.values(), *self.ledger.graves.values()]
            if not any(row.get("ref") == ref and version in (row.get("version"), row.get("retagged")) for row in rows):
                yield f"nobody has recorded {version}"

    def _on_refusal(self, question: Question, refusal: Exception) -> Iterator[str]:
        """Who is refused was not entitled; who is told that there is no such job has asked for one that is gone."""
        if not _JOB_ID.fullmatch(question.subject) or not self._still(question, question.subject):
            return
        row, kind = self._row(question.subject), type(refusal).__name__
        words = f"{question.task}: {question.kind} of {question.subject} was told {kind}: {refusal}"
        if kind == "NoSuchJob" and row:
            yield f"{words}, and it stood there all the time"
        if kind in ("Stale", "Refused") and question.claim_id and row.get("claim_id") == question.claim_id:
            yield f"{words}, and held the job all the time"
        if question.kind in ("remove", "forget") and kind == "Refused" and row.get("state") not in LIVE:
            yield f"{words}, and it was {row.get('state')} all the time"

    def _unwritten(self, question: Question) -> Iterator[str]:
        row = self._row(question.subject)
        again = question.kind == "complete" and row.get("state") == "COMPLETED"
        if not again and self._still(question, question.subject):
            yield f"{question.task}: {question.kind} of {question.subject} is done, and nothing was written"

    def _judge_removal(self, question: Question) -> Iterator[str]:
        if self._row(question.subject) and self._still(question, question.subject):
            yield f"{question.task}: {question.subject} is removed, and stands"
        yield from self._judge_remains(question, question.subject)

    def _judge_remains(self, question: Question, job_id: str) -> Iterator[str]:
        """What a job has shown goes with it."""
        for name, since in self._thumbnails.items():
            if name.startswith(f"{job_id}/") and since <= question.began:
                yield f"{question.task}: {job_id} is gone, and its thumbnail {name} is left"


def job_of(text: str) -> str:
    """Return the one job that a message names; "" where it names something else."""
    try:
        value = json.loads(text)
    except ValueError:
        value = {"job_id": text}
    found = value.get("job_id", "") if isinstance(value, dict) else ""
    return found if isinstance(found, str) and _JOB_ID.fullmatch(found) else ""
