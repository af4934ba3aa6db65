"""A recorder on the abstract world, step by step as ``shared.steps.record``."""

from collections.abc import Callable

from shared.errors import Duplicate, Lost
from shared.jobs import Event, State
from tests.faults.model.rules import Cell
from tests.faults.model.setup import Setup, Steps
from tests.faults.model.store import GONE, Fault, Refusal, Verdict, apply, look, outcomes
from tests.faults.model.world import CURRENT, End, Held, Key, Recorder, World, Write, put

DONE = Recorder("done")
NEWER = Recorder("newer")


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
            yield "head", self._place(world, Recorder("headed", world.blob))
        elif recorder.phase == "newer":
            yield "read key", self._place(world, Recorder("keyed", recorder.found, world.key))
        elif recorder.phase == "keyed":
            yield "head again", self._place(world, self._ready(world, recorder))
        elif recorder.phase in ("headed", "ready"):
            yield from self._sent(world, recorder, self._write(recorder))
        elif recorder.phase == "unsure":
            yield from self._looked(world, recorder)
        elif recorder.phase == "send":
            yield (
                "send",
                self._place(world._replace(messages=put(world.messages, recorder.found, self._setup.deliveries)), DONE),
            )

    def _write(self, recorder: Recorder) -> Write:
        cell = self._setup.rules.add(recorder.found)
        return Write(self._actor, recorder.found, None, cell, Event.ADD, True, recorder.over, recorder.end)

    def _ready(self, world: World, recorder: Recorder) -> Recorder:
        """Look at the blob, and read the superseded job: two reads in one step, since If-Match guards the second."""
        found, over = world.blob, recorder.over
        if self._setup.fault is Fault.OLD_HEAD and recorder.found:
            found = recorder.found
        if over is None or over.version == found:
            return DONE
        return Recorder("ready", found, over, self._end(world, over))

    def _end(self, world: World, over: Key) -> End | None:
        row = world.row(over.version)
        if row is None or row.cell.job.state.ended:
            return None
        cell = self._setup.rules.end(Event.SUPERSEDE, row.cell, lapsed=False)
        return End(over.version, Held(row.cell, row.etag), cell) if isinstance(cell, Cell) else None

    def _sent(self, world: World, recorder: Recorder, write: Write) -> Steps:
        waiting = self._place(world, recorder._replace(phase="unsure", write=write))
        for what, after, reply in outcomes(waiting, write, self._setup.fault):
            if reply is None:
                yield f"insert {what}", after
            elif reply is True:
                yield f"insert {what}", self._place(after, Recorder("send", recorder.found))
            else:
                yield f"insert {what}", self._refused(after, recorder, reply)

    def _looked(self, world: World, recorder: Recorder) -> Steps:
        assert recorder.write is not None
        verdict = look(world, recorder.write, self._setup.fault)
        if verdict is Verdict.UNDECIDED:
            yield from self._sent(world, recorder, recorder.write)
        elif verdict is Verdict.LOST:
            yield "look: lost", self._refused(world, recorder, Duplicate())
        else:
            yield f"look: {verdict.name}", self._place(world, Recorder("send", recorder.found))

    def _refused(self, world: World, recorder: Recorder, refusal: Refusal) -> World:
        if not isinstance(refusal, Duplicate) and self._setup.fault is Fault.KEY_UNREAD:
            return self._place(world, Recorder())
        if not isinstance(refusal, Duplicate):
            return self._place(world, NEWER._replace(found=recorder.found))
        row = world.row(recorder.found)
        if recorder.over is None or (row is not None and row.cell.job.state is not State.CANCELED):
            return self._place(world, DONE)
        if row is None:
            return self._place(world, NEWER)
        cell = self._setup.rules.redrive(row.cell)
        assert isinstance(cell, Cell)
        held, over, end = Held(row.cell, CURRENT), recorder.over, recorder.end
        write = Write(GONE, recorder.found, held, cell, Event.REDRIVE, True, over, end)
        try:
            return self._place(apply(world, write, self._setup.fault), Recorder("send", recorder.found))
        except Lost:
            return self._place(world, NEWER)
