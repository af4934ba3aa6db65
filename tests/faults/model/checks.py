"""The promises, each under its own name, checked at every write and in every world."""

from enum import StrEnum

from shared.jobs import Event, State
from shared.storage import codec
from tests.faults.model.rules import Cell
from tests.faults.model.world import Left, Row, World

_OWN = frozenset({Event.RENEW, Event.COMPLETE, Event.RETRY, Event.ABANDON, Event.FAIL})
_BY_ANOTHER = frozenset({Event.CANCEL, Event.SUPERSEDE, Event.EXHAUST, Event.BURY})


class Promise(StrEnum):
    """What must hold."""

    ONE_COMMIT = "at most one commit an image version"
    ENDED_STAYS = "an ended job reopens only by redrive"
    NEWEST_STAYS = "the newest version is never superseded by an older one"
    STALE_SILENT = "a stale token never writes"
    TOKENS_RISE = "tokens never fall and grow with each claim"
    FENCED = "an end by another raises the token"
    ATTEMPTS_RISE = "attempts never fall and grow with each claim"
    ATTEMPTS_BOUNDED = "attempts are bounded"
    LEASE_KEPT = "a live lease is never taken over"
    PROTECTED = "work begins under a live lease of its own"
    DUE = "a live job has a due row"
    ENDS = "every world leads to one at rest"
    REST = "at rest the newest version's job has ended, not as superseded"


class Broken(Exception):
    """A promise does not hold.

    Args:
        promise: Which.
        trace: What led there, oldest first.
    """

    def __init__(self, promise: Promise, trace: tuple[str, ...] = ()) -> None:
        super().__init__(": ".join((promise, *trace)))
        self.promise = promise
        self.trace = trace


def moved(before: Row | None, held: Cell | None, after: Cell, event: Event) -> None:
    """Check one change of a job row.

    Args:
        before: As it stood in the store.
        held: As the writer believed it to stand.
        after: As it stands now.
        event: What the writer meant to do.
    """
    if before is None:
        return
    old, new = before.cell.job, after.job
    claimed = event is Event.CLAIM
    _want(event not in _OWN or (held is not None and old.claim == held.job.claim), Promise.STALE_SILENT)
    _want(not old.state.ended or event is Event.REDRIVE, Promise.ENDED_STAYS)
    _want(new.token >= old.token + claimed, Promise.TOKENS_RISE)
    _want(new.attempts >= old.attempts + claimed, Promise.ATTEMPTS_RISE)
    _want(event not in _BY_ANOTHER or new.token > old.token, Promise.FENCED)
    _want(not claimed or old.state is not State.RUNNING or before.lapsed, Promise.LEASE_KEPT)


def counted(commits: int) -> None:
    """Check how often one version has been committed."""
    _want(commits <= 1, Promise.ONE_COMMIT)


def keyed(before: int, after: int) -> None:
    """Check which version the key row names, before and after."""
    _want(after >= before, Promise.NEWEST_STAYS)


def begun(*, own: bool, lapsed: bool) -> None:
    """Check a worker that begins to analyse."""
    _want(own and not lapsed, Promise.PROTECTED)


def holds(world: World, budget: Left) -> None:
    """Check a world by itself."""
    for row in world.rows:
        if row is not None:
            job = row.cell.job
            allowed = job.max_attempts * (1 + budget.redrives) + budget.abandons
            _want(job.attempts <= allowed, Promise.ATTEMPTS_BOUNDED)
            _want(job.attempts - job.attempts_base <= job.max_attempts, Promise.ATTEMPTS_BOUNDED)
            found = _index(row.cell)
            _want(found == ("end:" if job.state.ended else "due:"), Promise.DUE)


def rests(world: World) -> None:
    """Check a world in which nothing can happen any more."""
    newest = world.row(world.blob)
    if newest is None or not newest.cell.job.state.ended:
        raise Broken(Promise.REST)
    error = newest.cell.job.error
    _want(error is None or error.code != Event.SUPERSEDE.value, Promise.REST)
    _want(world.key is not None and world.key.version == world.blob, Promise.REST)
    _want(all(row is None or row.cell.job.state.ended for row in world.rows), Promise.REST)


def _index(cell: Cell) -> str:
    """Return the kind of index row that production would write."""
    try:
        return codec.index_key(cell.job)[:4]
    except ValueError:
        return ""


def _want(holding: bool, promise: Promise) -> None:  # noqa: FBT001 - private
    if not holding:
        raise Broken(promise)
