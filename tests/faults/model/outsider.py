"""Who acts on a job from outside, step by step as ``shared.steps``' ``bury``, ``operate``, ``overflow``, ``purge``."""

from shared.jobs import Event
from tests.faults.model.planted import Fault
from tests.faults.model.rules import Cell
from tests.faults.model.setup import Setup, Steps
from tests.faults.model.store import Verdict, forget, look, outcomes
from tests.faults.model.world import Held, Outsider, Row, World, Write, put

IDLE = Outsider()
#: Left to its due row or to the next purge when another was first; what somebody wants by hand is tried again.
_HINTS = (Event.BURY, Event.RESCHEDULE, Event.PURGE)


class Acting:
    """One outsider's next steps: each read and each write is a step of its own.

    Args:
        number: 1 or 2.
        setup: Of the run.
    """

    def __init__(self, number: int, setup: Setup) -> None:
        self._number = number
        self._name = f"o{number}"
        self._setup = setup

    def steps(self, world: World) -> Steps:
        """Yield what may happen next."""
        outsider = world.outsiders[self._number - 1]
        if outsider.phase == "idle":
            yield from self._begin(world)
        elif outsider.phase == "reading":
            yield f"reads {outsider.version} again", self._read_again(world, outsider)
        elif outsider.phase == "read" and self._wants_key(outsider):
            yield "reads the key row", self._read_key(world, outsider)
        elif outsider.phase == "listed":
            yield f"reads {outsider.version}", self._read_again(world, outsider)
        elif outsider.phase == "keyed" and outsider.event is Event.PURGE:
            yield f"deletes the thumbnails of {outsider.version}", self._cleared(world, outsider)
        elif outsider.phase in ("read", "keyed", "cleared"):
            if outsider.phase == "cleared":
                yield "dies", self._stop(world)
            yield from self._sent(world, outsider, self._write(outsider))
        elif outsider.phase == "unsure":
            yield from self._looked(world, outsider)
            yield "gives up", self._stop(world)
        elif outsider.phase == "send":
            sent = put(world.messages, outsider.version, self._setup.deliveries)
            yield "sends a message", self._stop(world.but(messages=sent))
            yield "dies before its message", self._stop(world)

    def _begin(self, world: World) -> Steps:
        left = world.left
        for version in (1, 2):
            row = world.row(version)
            if row is None:
                continue
            if self._wanted(row, Event.BURY):
                yield f"reads {version} to bury it", self._read(world, Event.BURY, version, row)
            if self._setup.purges and isinstance(self._setup.rules.purge(row.cell, lapsed=row.lapsed), Cell):
                yield f"reads {version} to purge it", self._listed(world, version, row)
            if self._setup.resends and row.lapsed and self._wanted(row, Event.RESCHEDULE):
                yield f"reads {version} to send it again", self._read(world, Event.RESCHEDULE, version, row)
            if left.cancels and self._wanted(row, Event.CANCEL):
                fewer = world.but(left=left._replace(cancels=left.cancels - 1))
                yield f"reads {version} to cancel it", self._read(fewer, Event.CANCEL, version, row)
            if left.redrives and self._wanted(row, Event.REDRIVE):
                fewer = world.but(left=left._replace(redrives=left.redrives - 1))
                yield f"reads {version} to redrive it", self._read(fewer, Event.REDRIVE, version, row)

    def _wanted(self, row: Row, event: Event) -> bool:
        """Whether an outsider who reads this row would go on."""
        return isinstance(self._moved(Held(row.cell, row.etag), event, lapsed=row.lapsed), Cell)

    def _moved(self, held: Held, event: Event, *, lapsed: bool) -> object:
        rules = self._setup.rules
        if event is Event.PURGE:
            return held.cell if self._setup.fault is Fault.PURGE_UNJUDGED else rules.purge(held.cell, lapsed=lapsed)
        if event is Event.RESCHEDULE:
            return rules.reschedule(held.cell, lapsed=lapsed)
        return rules.redrive(held.cell) if event is Event.REDRIVE else rules.end(event, held.cell, lapsed=lapsed)

    def _listed(self, world: World, version: int, row: Row) -> World:
        """Read a job that is listed: whether it was when it was listed matters to who believes the list alone."""
        if self._setup.fault is Fault.PURGE_UNJUDGED:
            return self._place(world, Outsider("listed", Event.PURGE, version))
        return self._read(world, Event.PURGE, version, row)

    def _read(self, world: World, event: Event, version: int, row: Row) -> World:
        held = Held(row.cell, row.etag)
        return self._place(world, Outsider("read", event, version, held, row.lapsed))

    def _read_again(self, world: World, outsider: Outsider) -> World:
        row, event = world.row(outsider.version), outsider.event
        assert event is not None
        if row is None or not self._wanted(row, event):
            return self._stop(world)
        return self._read(world, event, outsider.version, row)

    def _wants_key(self, outsider: Outsider) -> bool:
        if outsider.event is Event.PURGE:
            return True
        return outsider.event is Event.REDRIVE and self._setup.fault is not Fault.REDRIVE_UNKEYED

    def _cleared(self, world: World, outsider: Outsider) -> World:
        """Delete the thumbnails up to the token of the row as it was read."""
        row, held = world.row(outsider.version), outsider.held
        assert held is not None
        own = row is not None and row.cell.job.token <= held.cell.job.token
        if own or self._setup.fault is Fault.THUMBNAILS_ALL:
            world = world.but(shown=put(world.shown, outsider.version, False))
        return self._place(world, outsider._replace(phase="cleared"))

    def _read_key(self, world: World, outsider: Outsider) -> World:
        if outsider.event is Event.PURGE:
            names = world.key is not None and world.key.version == outsider.version
            return self._place(world, outsider._replace(phase="keyed", over=world.key if names else None))
        if world.key is None or world.key.version != outsider.version:
            return self._stop(world)
        return self._place(world, outsider._replace(phase="keyed", over=world.key))

    def _write(self, outsider: Outsider) -> Write:
        held, event, over = outsider.held, outsider.event, outsider.over
        assert held is not None
        assert event is not None
        cell = self._moved(held, event, lapsed=outsider.lapsed)
        assert isinstance(cell, Cell)
        if over is None or self._setup.fault is Fault.REDRIVE_UNMATCHED:
            return Write(self._name, outsider.version, held, cell, event)
        return Write(self._name, outsider.version, held, cell, event, keyed=True, over=over, upload=over.upload)

    def _sent(self, world: World, outsider: Outsider, write: Write) -> Steps:
        waiting = self._place(world, Outsider("unsure", outsider.event, outsider.version, write=write))
        for what, after, reply in outcomes(waiting, write, self._setup.fault):
            said = f"{write.event} {what}"
            if reply is None:
                yield said, after
            else:
                yield said, self._won(after, write) if reply is True else self._lost(after, write)

    def _looked(self, world: World, outsider: Outsider) -> Steps:
        write = outsider.write
        assert write is not None
        verdict = look(world, write, self._setup.fault)
        if verdict is Verdict.UNDECIDED:
            yield from self._sent(world, outsider, write)
            return
        known = forget(world, self._name)
        after = self._lost(known, write) if verdict is Verdict.LOST else self._won(known, write)
        yield f"{write.event} look: {verdict.name}", after

    def _won(self, world: World, write: Write) -> World:
        if write.event not in (Event.REDRIVE, Event.RESCHEDULE):
            return self._stop(world)
        return self._place(world, Outsider("send", write.event, write.version))

    def _lost(self, world: World, write: Write) -> World:
        """Leave a job to its due row; what somebody wants by hand is tried again from the start."""
        if write.event in _HINTS:
            return self._stop(world)
        return self._place(world, Outsider("reading", write.event, write.version))

    def _stop(self, world: World) -> World:
        return self._place(forget(world, self._name), IDLE)

    def _place(self, world: World, outsider: Outsider) -> World:
        return world.but(outsiders=put(world.outsiders, self._number, outsider))
