"""The ports of which each call is one operation of a job's trace: as they are, with a span around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.analysis.analyst import Engine
from shared.analysis.interface import Analysis, Source
from shared.analysis.sandbox.layers import Confinement
from shared.ports.jobs import JobStore, Key, Row
from shared.ports.queue import QueueMessage, WorkQueue
from shared.rules import messages
from shared.rules.due import Due
from shared.rules.jobs import Event, Job, Move, State
from shared.tracing import Operation, Span, Tracer

#: Moves that tell of an attempt that has failed: their spans have its error.
_FAILURES = frozenset({Event.RETRY, Event.ABANDON, Event.FAIL, Event.EXHAUST, Event.BURY})
_OPERATIONS = {event: each for event in Event for each in Operation if event.value == each.value}
#: A renewal comes every twenty seconds of each attempt, and says nothing that the attempt's span does not.
_SILENT = frozenset({Event.RENEW})


@dataclass(frozen=True)
class JobSpans:
    """A job table of which each move is a span. The row of a new job carries the context of the span that has added it.

    Attributes:
        jobs: Where everything goes.
        tracer: Makes the spans.
    """

    jobs: JobStore
    tracer: Tracer

    def get(self, job_id: str, *, timeout: timedelta | None = None) -> Row | None:
        """See ``JobStore.get``."""
        return self.jobs.get(job_id, timeout=timeout)

    def key(self, kind: str, ref: str) -> Key | None:
        """See ``JobStore.key``."""
        return self.jobs.key(kind, ref)

    def insert(self, move: Move, *, over: Key | None = None, superseded: tuple[Row, Move] | None = None) -> Row:
        """See ``JobStore.insert``. What is not added has no span: it is there already, or is tried again."""
        span = self._start_add(move.job)
        row = self.jobs.insert(_carry(move, span), over=over, superseded=superseded)
        span.end()
        self._note_end_of_older(superseded)
        return row

    def insert_many(self, moves: Sequence[Move]) -> None:
        """See ``JobStore.insert_many``. Each job is a trace of its own, or all are in that of the span that runs."""
        spans = [self._start_add(move.job) for move in moves]
        self.jobs.insert_many([_carry(move, span) for move, span in zip(moves, spans, strict=True)])
        for span in spans:
            span.end()

    def replace(
        self,
        row: Row,
        move: Move,
        *,
        over: Key | None = None,
        keyed: bool = False,
        superseded: tuple[Row, Move] | None = None,
        timeout: timedelta | None = None,
    ) -> Row:
        """See ``JobStore.replace``."""
        if move.event in _SILENT:
            return self.jobs.replace(row, move, over=over, keyed=keyed, superseded=superseded, timeout=timeout)
        job = row.job
        with self.tracer.span(
            _OPERATIONS[move.event], job.type, trace=job.traceparent, job=job.id, token=move.job.token
        ) as span:
            if move.event is Event.CLAIM:
                span.note(owner=move.job.owner)
                _note_lapse(span, job)
            if job.traceparent is None:  # added by a process that did not trace: what follows is one trace at least
                move = _carry(move, span)
            moved = self.jobs.replace(row, move, over=over, keyed=keyed, superseded=superseded, timeout=timeout)
            if move.event in _FAILURES and move.job.error is not None and move.job.error is not job.error:
                span.fail(move.job.error.code)
        self._note_end_of_older(superseded)
        return moved

    def refuse(self, job_id: str, token: int, *, report: str, now: datetime) -> None:
        """See ``JobStore.refuse``."""
        self.jobs.refuse(job_id, token, report=report, now=now)

    def due(self, kind: str, bucket: int, *, before: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """See ``JobStore.due``."""
        return self.jobs.due(kind, bucket, before=before, limit=limit, after=after)

    def _start_add(self, job: Job) -> Span:
        return self.tracer.start(Operation.ADD, job.type, trace=job.traceparent, job=job.id)

    def _note_end_of_older(self, superseded: tuple[Row, Move] | None) -> None:
        """Tell the trace of the job that another's transaction has ended."""
        if superseded is not None:
            job = superseded[0].job
            with self.tracer.span(Operation.SUPERSEDE, job.type, trace=job.traceparent, job=job.id) as span:
                _note_lapse(span, job)


@dataclass(frozen=True)
class QueueSpans:
    """A work queue of which each message that is sent for a job is a span.

    Attributes:
        queue: Where everything goes.
        tracer: Makes the spans.
        name: Of the queue.
    """

    queue: WorkQueue
    tracer: Tracer
    name: str

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """See ``WorkQueue.send``."""
        job_id, traceparent = messages.origin(text)
        if traceparent is None:  # it goes to the tail: its job is not even read
            self.queue.send(text, delay=delay)
            return
        with self.tracer.span(Operation.SEND, self.name, trace=traceparent, job=job_id):
            self.queue.send(text, delay=delay)

    def receive(self, *, most: int, hidden: timedelta) -> list[QueueMessage]:
        """See ``WorkQueue.receive``."""
        return self.queue.receive(most=most, hidden=hidden)

    def hide(self, message: QueueMessage, time: timedelta, *, timeout: timedelta | None = None) -> QueueMessage:
        """See ``WorkQueue.hide``."""
        return self.queue.hide(message, time, timeout=timeout)

    def delete(self, message: QueueMessage) -> None:
        """See ``WorkQueue.delete``."""
        self.queue.delete(message)

    def backlog(self) -> int:
        """See ``WorkQueue.backlog``."""
        return self.queue.backlog()


@dataclass(frozen=True)
class EngineSpans:
    """An engine that makes a span of each analysis; the wait for a place is not in it.

    Attributes:
        engine: What analyses.
        tracer: Makes the spans.
        kind: The type of the jobs of images.
    """

    engine: Engine
    tracer: Tracer
    kind: str

    @property
    def confinement(self) -> Confinement | None:
        """See ``Engine.confinement``."""
        return self.engine.confinement

    def analyze(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:
        """See ``Engine.analyze``."""
        with self.tracer.span(Operation.ANALYZE, self.kind, size_bytes=len(data)):
            return self.engine.analyze(data, source=source, stop=stop)


def _carry(move: Move, span: Span) -> Move:
    return replace(move, job=replace(move.job, traceparent=span.traceparent))


def _note_lapse(span: Span, job: Job) -> None:
    """Tell of the attempt that is cut off: its worker crashed, hung or lost touch."""
    if job.state is State.RUNNING:
        span.note(lapsed_token=job.token, lapsed_owner=job.owner)
