"""A worker on the abstract world, step by step as ``shared.steps.attempt`` and ``shared.steps.analyze``."""

from shared.jobs import Event, Guard
from tests.faults.model import checks
from tests.faults.model.planted import Fault
from tests.faults.model.recorder import DONE, GONE_BLOB, NEWER, Recording
from tests.faults.model.rules import NOW, Cell
from tests.faults.model.setup import Setup, Steps
from tests.faults.model.store import GONE, Verdict, apply, forget, look, outcomes
from tests.faults.model.world import CURRENT, STALE, Held, Recorder, Row, Worker, World, Write, put

IDLE = Worker()
#: What a worker writes before it has a claim.
_UNCLAIMED = frozenset({Event.CLAIM, Event.EXHAUST})


class Working:
    """One worker's next steps.

    Args:
        number: 1 or 2.
        setup: Of the run.
    """

    def __init__(self, number: int, setup: Setup) -> None:
        self._number = number
        self._name = f"w{number}"
        self._setup = setup
        self._gone = Event.ABANDON if setup.fault is Fault.GONE_GIVEN_BACK else Event.CANCEL
        self._recording = Recording(self._name, self._place_recorder, setup)

    def steps(self, world: World) -> Steps:
        """Yield what may happen next."""
        worker = world.workers[self._number - 1]
        if worker.phase == "idle":
            yield from self._begin(world, worker)
            return
        yield "dies", self._stop(world)
        if worker.phase == "listed":
            row = world.row(worker.version)
            yield "reads", self._stop(world) if row is None else self._read(world, worker, row)
        elif worker.phase == "read":
            yield from self._begun(world, worker)
        elif worker.phase == "claimed":
            yield "checks again", self._checked(world, worker)
        elif worker.phase == "working" and world.kills != worker.version:
            yield from self._work(world, worker)
        elif worker.phase == "recording":
            yield from self._record(world, worker)
        elif worker.phase == "publishing":
            yield "publishes", self._plan(self._thumbnail(world, worker, stands=True), worker, Event.COMPLETE)
        elif worker.phase == "ending":
            yield from self._end(world, worker)
        elif worker.phase == "unsure":
            yield from self._looked(world, worker)

    def _begin(self, world: World, worker: Worker) -> Steps:
        if worker.spared:
            yield "dies, and knows no more what an outage has ended", self._stop(world)
        for version in (1, 2):
            at = worker._replace(version=version)
            row, deliveries = world.row(version), world.messages[version - 1]
            if row is not None and deliveries:
                taken = world.but(messages=put(world.messages, version, deliveries - 1))
                yield f"takes a message of {version}", self._read(taken, at, row)
            if row is None or row.cell.job.due is None or not (row.lapsed or row.cell.job.due <= NOW):
                continue
            if self._setup.lists:
                yield f"lists {version} as due", self._place(world, at._replace(phase="listed"))
            else:
                yield f"sweeps {version}", self._read(world, at, row)

    def _read(self, world: World, worker: Worker, row: Row) -> World:
        """Read a job, to claim it, or to end it if its attempts are used up; else stop at once."""
        lapsed = row.lapsed or self._setup.fault is Fault.CLIENT_CLOCK
        held = Held(row.cell, row.etag)
        claim = self._setup.rules.claim(row.cell, lapsed=lapsed, spared=self._spares(worker, row.cell))
        read = Worker("read", worker.version, held, lapsed, spared=worker.spared)
        if isinstance(claim, Cell):
            return self._place(world, read)
        if claim is Guard.ATTEMPTS_LEFT:
            end = self._setup.rules.end(Event.EXHAUST, row.cell, lapsed=lapsed)
            if isinstance(end, Cell):
                return self._place(world, read._replace(plan=Event.EXHAUST))
        return self._stop(world)

    def _begun(self, world: World, worker: Worker) -> Steps:
        """Write against the row that was read: the claim, or the end of a job that has killed its workers."""
        held, event, rules = worker.held, worker.plan or Event.CLAIM, self._setup.rules
        assert held is not None
        if event is Event.EXHAUST:
            cell = rules.end(event, held.cell, lapsed=worker.lapsed)
        else:
            cell = rules.claim(held.cell, lapsed=worker.lapsed, spared=self._spares(worker, held.cell))
        assert isinstance(cell, Cell)
        yield from self._sent(world, worker, Write(self._name, worker.version, held, cell, event))

    def _spares(self, worker: Worker, cell: Cell) -> bool:
        """Whether it knows that an outage, and not the job, has ended the attempt that stands in a row."""
        blindly = self._setup.fault is Fault.SPARED_BLINDLY
        return cell.job.claim is not None and (blindly or cell.job.token == worker.spared)

    def _checked(self, world: World, worker: Worker) -> World:
        """Begin to work, unless the claim has outlasted its own lease."""
        row = world.row(worker.version)
        own, lapsed = _own(row, worker), row is None or row.lapsed
        if (not own or lapsed) and self._setup.fault is not Fault.NO_RECHECK:
            return self._stop(world)
        checks.begun(own=own, lapsed=lapsed)
        return self._place(world, worker._replace(phase="working", lapsed=False))

    def _work(self, world: World, worker: Worker) -> Steps:
        row = world.row(worker.version)
        if row is not None and _own(row, worker):
            yield from self._renew(world, worker, row)
        stands = self._setup.stands(world.blob)
        if not stands:
            yield "finds no blob", self._plan(world, worker, self._gone)
        elif stands != worker.version and self._setup.fault is not Fault.READ_ANY:
            yield "finds another blob", self._place(world, worker._replace(phase="recording", recorder=NEWER))
        elif row is not None and _own(row, worker) and not row.lapsed:
            checks.analysed(stands, worker.version)
            published = self._place(world, worker._replace(phase="publishing"))
            yield "has analysed", published if self._setup.purges else self._plan(world, worker, Event.COMPLETE)
        else:
            yield "finds its lease gone", self._stop(world)
        if self._setup.memory_runs_out:
            yield "runs out of memory", self._plan(world, worker, self._retry(worker))
        yield from self._give_back(world, worker)

    def _retry(self, worker: Worker) -> Event:
        assert worker.held is not None
        return Event.FAIL if worker.held.cell.job.attempts_used else Event.RETRY

    def _give_back(self, world: World, worker: Worker) -> Steps:
        if world.left.abandons and worker.plan is not Event.ABANDON:
            left = world.left._replace(abandons=world.left.abandons - 1)
            known = forget(world.but(left=left), self._name)
            yield "finds storage out", self._plan(known, worker, Event.ABANDON)

    def _renew(self, world: World, worker: Worker, row: Row) -> Steps:
        """Renew, heard or unheard; the row as it stands is used, as production does after a refusal."""
        assert worker.held is not None
        cell = self._setup.rules.own(Event.RENEW, row.cell, worker.held.cell)
        if not isinstance(cell, Cell):
            return
        write = Write(GONE, worker.version, Held(row.cell, row.etag), cell, Event.RENEW)
        renewed = apply(world, write, self._setup.fault)
        yield "renews", self._place(renewed, worker._replace(held=Held(cell, CURRENT)))
        yield "renews, no reply", renewed

    def _record(self, world: World, worker: Worker) -> Steps:
        assert worker.recorder is not None
        if worker.recorder.phase == GONE_BLOB.phase:
            yield "finds no blob", self._plan(world, worker, self._gone)
        elif worker.recorder.phase != DONE.phase:
            yield from self._recording.steps(world, worker.recorder)
            yield from self._give_back(world, worker)
        elif self._setup.stands(worker.recorder.found) == worker.version and self._setup.fault is not Fault.OWN_MISSED:
            yield "finds its own version there again", self._plan(world, worker, self._retry(worker))
        elif _own(world.row(worker.version), worker):
            yield "still owns", self._plan(world, worker, Event.SUPERSEDE)
        else:
            yield "was superseded", self._stop(world)

    def _end(self, world: World, worker: Worker) -> Steps:
        """Write the attempt's end against the row held; faults read the row anew and ask less of it."""
        held, plan, row = worker.held, worker.plan, world.row(worker.version)
        assert held is not None
        assert plan is not None
        found, sent = held.cell, held
        if self._setup.fault is Fault.COMPLETE_BY_STATUS and plan is Event.COMPLETE and row is not None:
            found, sent = row.cell, Held(held.cell, row.etag)
        if plan is Event.ABANDON:
            yield "can't give it back", self._place(world, Worker(spared=held.cell.job.token))
        cell = self._setup.rules.own(plan, found, held.cell)
        if isinstance(cell, Cell):
            yield from self._sent(world, worker, Write(self._name, worker.version, sent, cell, plan))
        else:
            yield "is refused", self._stop(world)

    def _sent(self, world: World, worker: Worker, write: Write) -> Steps:
        waiting = self._place(world, worker._replace(phase="unsure", write=write))
        for what, after, reply in outcomes(waiting, write, self._setup.fault):
            said = f"{write.event} {what}"
            if reply is None:
                yield said, after
            elif reply is True:
                yield from self._won(after, worker, write, CURRENT, said)
            else:
                yield said, self._lost(after, worker, write)

    def _looked(self, world: World, worker: Worker) -> Steps:
        """Ask the row after no reply; or give up, then the claim is given back where the outage allows."""
        write = worker.write
        assert write is not None
        verdict = look(world, write, self._setup.fault)
        if verdict is Verdict.UNDECIDED:
            yield from self._sent(world, worker, write)
        elif verdict is Verdict.LOST:
            yield f"{write.event} look: lost", self._lost(forget(world, self._name), worker, write)
        else:
            etag = CURRENT if verdict is Verdict.WON else STALE
            yield from self._won(forget(world, self._name), worker, write, etag, f"{write.event} look: {verdict.name}")
        if write.event is Event.ABANDON:
            spared = Worker(spared=write.held.cell.job.token if write.held else 0)
            yield "gives up giving it back", self._place(forget(world, self._name), spared)
        if write.event not in _UNCLAIMED:
            yield from self._give_back(world, worker)

    def _won(self, world: World, worker: Worker, write: Write, etag: int, said: str) -> Steps:
        if write.event is Event.CLAIM:
            yield said, self._place(world, Worker("claimed", worker.version, Held(write.cell, etag)))
            return
        yield said, self._stop(world)
        if write.event is Event.RETRY:
            sent = world.but(messages=put(world.messages, worker.version, self._setup.deliveries))
            yield f"{said}, message sent", self._stop(sent)

    def _lost(self, world: World, worker: Worker, write: Write) -> World:
        """Leave a claim to its winner; repeat an end while the claim is own, as after a renewal nobody heard of."""
        row = world.row(worker.version)
        if write.event in _UNCLAIMED or row is None or not _own(row, worker):
            lost = write.event is Event.COMPLETE
            return self._stop(self._thumbnail(world, worker, stands=False) if lost else world)
        again = worker._replace(phase="ending", held=Held(row.cell, row.etag), write=None)
        return self._place(world, again)

    def _plan(self, world: World, worker: Worker, plan: Event) -> World:
        planned = worker._replace(phase="ending", plan=plan, write=None, recorder=None)
        return self._place(world, planned)

    def _thumbnail(self, world: World, worker: Worker, *, stands: bool) -> World:
        """Write the claim's thumbnail, or take it back; one of another token than the row's is seen by nobody."""
        row, held = world.row(worker.version), worker.held
        if not self._setup.purges or row is None or held is None or held.cell.job.token != row.cell.job.token:
            return world
        return world.but(shown=put(world.shown, worker.version, stands))

    def _stop(self, world: World) -> World:
        return self._place(forget(world, self._name), IDLE)

    def _place(self, world: World, worker: Worker) -> World:
        return world.but(workers=put(world.workers, self._number, worker))

    def _place_recorder(self, world: World, recorder: Recorder) -> World:
        worker = world.workers[self._number - 1]
        return self._place(world, worker._replace(recorder=recorder))


def _own(row: Row | None, worker: Worker) -> bool:
    """Whether the row's claim is this worker's, as ``Attempt`` asks."""
    return row is not None and worker.held is not None and row.cell.job.claim == worker.held.cell.job.claim
