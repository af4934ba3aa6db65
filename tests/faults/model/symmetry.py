"""Which worlds differ in nothing that matters, so that one of them stands for all."""

from shared.jobs import Event
from tests.faults.model.world import STALE, Outsider, Recorder, Worker, World, Write

_WORKERS = {"w1": "w2", "w2": "w1"}
_OUTSIDERS = {"o1": "o2", "o2": "o1"}


def alike(world: World, *, doomed: bool) -> World:
    """Return the one world that stands for all that differ in nothing that matters.

    Workers differ in nothing but name, and so do outsiders. Who is about to write over a row that has moved since it
    was read will be refused, whatever becomes of the write and of its reply: a worker counts as idle at once, unless
    the claim is still its own, and an outsider reads again; one that purges, once it has deleted the thumbnails.

    Args:
        world: As it came about.
        doomed: Whether that holds; not where a planted fault writes unconditionally.
    """
    if doomed:
        world = _settled(world)
    workers, outsiders = world.workers, world.outsiders
    if len(workers) > 1:
        one, two = workers
        if one.phase > two.phase or (one.phase == two.phase and _rank(one) > _rank(two)):
            world = _mirrored(world.but(workers=(two, one)), _WORKERS)
    if len(outsiders) > 1:
        first, second = outsiders
        if _order(first) > _order(second):
            world = _mirrored(world.but(outsiders=(second, first)), _OUTSIDERS)
    return world


def _settled(world: World) -> World:
    for worker in world.workers:
        if worker.held is not None and worker.held.etag == STALE:
            world = world.but(workers=tuple([_resigned(each, world) for each in world.workers]))
            break
    for outsider in world.outsiders:
        if outsider.held is not None:
            return world.but(outsiders=tuple([_put_off(each) for each in world.outsiders]))
    return world


def _order(outsider: Outsider) -> tuple[str, str, int]:
    return (outsider.phase, outsider.event or "", outsider.version)


def _rank(worker: Worker) -> tuple[int, str, bool, int, int, int]:
    held = worker.held
    token, etag = (0, 0) if held is None else (held.cell.job.token, held.etag)
    return (worker.version, worker.plan or "", worker.lapsed, token, etag, worker.spared)


def _resigned(worker: Worker, world: World) -> Worker:
    held = worker.held
    if held is None or held.etag != STALE:
        return worker
    if worker.phase == "read":
        return Worker()
    if worker.phase == "ending":
        row = world.row(worker.version)
        if row is None or row.cell.job.claim != held.cell.job.claim:
            return Worker()
    return worker


def _put_off(outsider: Outsider) -> Outsider:
    if outsider.phase not in (("cleared",) if outsider.event is Event.PURGE else ("read", "keyed")):
        return outsider
    stale = outsider.held is not None and outsider.held.etag == STALE
    if not stale and (outsider.over is None or outsider.over.etag != STALE):
        return outsider
    if outsider.event in (Event.BURY, Event.RESCHEDULE, Event.PURGE):
        return Outsider()
    return Outsider("reading", outsider.event, outsider.version)


def _mirrored(world: World, names: dict[str, str]) -> World:
    return world.but(
        workers=tuple(_renamed_worker(worker, names) for worker in world.workers),
        outsiders=tuple(
            outsider._replace(write=_signed(outsider.write, names)) if outsider.write else outsider
            for outsider in world.outsiders
        ),
        rows=tuple(row and row._replace(nonce=names.get(row.nonce, row.nonce)) for row in world.rows),
        proofs=frozenset(names.get(proof[:2], proof[:2]) + proof[2:] for proof in world.proofs),
        ghost=_signed(world.ghost, names),
    )


def _renamed_worker(worker: Worker, names: dict[str, str]) -> Worker:
    if worker.write is None and worker.recorder is None:
        return worker
    recorder: Recorder | None = worker.recorder
    if recorder is not None and recorder.write is not None:
        recorder = recorder._replace(write=_signed(recorder.write, names))
    return worker._replace(write=_signed(worker.write, names), recorder=recorder)


def _signed(write: Write | None, names: dict[str, str]) -> Write | None:
    return write and write._replace(actor=names.get(write.actor, write.actor))
