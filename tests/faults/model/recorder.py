"""A recorder on the abstract world, step by step as ``shared.steps.record``."""

from collections.abc import Callable

from shared.errors import Duplicate, Lost
from shared.jobs import Event, State
from tests.faults.model.planted import Fault
from tests.faults.model.rules import Cell
from tests.faults.model.setup import Setup, Steps
from tests.faults.model.store import Refusal, Verdict, forget, look, outcomes
from tests.faults.model.world import End, Held, Key, Recorder, World, Write, put

DONE = Recorder("done")
NEWER = Recorder("newer")
#: It found no blob.
GONE_BLOB = Recorder("gone")


class Recording:
    """One recorder's next steps.

    Args:
        actor: Whose nonce its writes carry.
        place: Puts the recorder's new state into a world.
        setup: Of the run.
    """

    def __init__(self, actor: str, place: Callable[[World, Recorder], World], setup: Setup) -> None:
        self._actor = actor
        self._place = place
        self._setup = setup

    def steps(self, world: World, recorder: Recorder) -> Steps:
        """Yield what may happen next; each read and each write is a step of its own."""
        if recorder.phase == "new":
            found = Recorder("headed", world.blob) if self._setup.stands(world.blob) else GONE_BLOB
            yield "head", self._place(world, found)
        elif recorder.phase == "newer":
            yield "read key", self._place(world, Recorder("keyed", recorder.found, world.key))
        elif recorder.phase == "keyed":
            yield "head again", self._place(world, self._ready(world, recorder))
        elif recorder.phase in ("headed", "ready"):
            yield from self._sent(world, recorder, recorder.write or self._write(recorder))
        elif recorder.phase == "refused":
            yield "read the job that is there", self._place(world, self._returned(world, recorder))
        elif recorder.phase == "unsure":
            yield from self._looked(world, recorder)
        elif recorder.phase == "send":
            sent = put(world.messages, self._setup.stands(recorder.found), self._setup.deliveries)
            yield "send", self._place(world.but(messages=sent), DONE._replace(found=recorder.found))

    def _write(self, recorder: Recorder) -> Write:
        version = self._setup.stands(recorder.found)
        cell, over, end = self._setup.rules.add(version), recorder.over, recorder.end
        return Write(self._actor, version, None, cell, Event.ADD, True, over, end, recorder.found)

    def _ready(self, world: World, recorder: Recorder) -> Recorder:
        """Look at the blob, and read the superseded job: two reads in one step, since If-Match guards the second."""
        found, over = world.blob, recorder.over
        if self._setup.fault is Fault.OLD_HEAD and recorder.found:
            found = recorder.found
        version = self._setup.stands(found)
        if not version:
            return GONE_BLOB
        if over is None or over.version == version:
            return DONE._replace(found=found)
        return Recorder("ready", found, over, self._end(world, over))

    def _end(self, world: World, over: Key) -> End | None:
        row = world.row(over.version)
        if row is None or row.cell.job.state.ended or self._setup.fault is Fault.SUPERSEDE_APART:
            return None
        cell = self._setup.rules.end(Event.SUPERSEDE, row.cell, lapsed=False)
        return End(over.version, Held(row.cell, row.etag), cell) if isinstance(cell, Cell) else None

    def _sent(self, world: World, recorder: Recorder, write: Write) -> Steps:
        waiting = self._place(world, recorder._replace(phase="unsure", write=write))
        for what, after, reply in outcomes(waiting, write, self._setup.fault):
            said = f"{write.event} {what}"
            if reply is None:
                yield said, after
            elif reply is True:
                yield said, self._place(after, Recorder("send", recorder.found))
            else:
                yield said, self._refused(after, recorder, reply)

    def _looked(self, world: World, recorder: Recorder) -> Steps:
        write = recorder.write
        assert write is not None
        verdict, known = look(world, write, self._setup.fault), forget(world, self._actor)
        if verdict is Verdict.UNDECIDED:
            yield from self._sent(world, recorder, write)
        elif verdict is Verdict.LOST:
            refusal = Duplicate() if write.held is None else Lost("job")
            yield f"{write.event} look: lost", self._refused(known, recorder, refusal)
        else:
            yield f"{write.event} look: {verdict.name}", self._place(known, Recorder("send", recorder.found))

    def _refused(self, world: World, recorder: Recorder, refusal: Refusal) -> World:
        if not isinstance(refusal, Duplicate) and self._setup.fault is Fault.KEY_UNREAD:
            return self._place(world, Recorder())
        if not isinstance(refusal, Duplicate):
            return self._place(world, NEWER._replace(found=recorder.found))
        if recorder.over is None:
            return self._place(world, DONE._replace(found=recorder.found))
        return self._place(world, recorder._replace(phase="refused", write=None))

    def _returned(self, world: World, recorder: Recorder) -> Recorder:
        """Read the job of the version that stands there again, and make ready to open it if it was canceled."""
        version = self._setup.stands(recorder.found)
        row = world.row(version)
        if row is None:
            return NEWER
        if row.cell.job.state is not State.CANCELED or self._setup.fault is Fault.RETURN_IGNORED:
            return DONE._replace(found=recorder.found)
        cell = self._setup.rules.redrive(row.cell)
        assert isinstance(cell, Cell)
        held, over = Held(row.cell, row.etag), recorder.over
        end = None if self._setup.fault is Fault.REOPENED_APART else recorder.end
        write = Write(self._actor, version, held, cell, Event.REDRIVE, True, over, end, recorder.found)
        return recorder._replace(phase="ready", write=write)
