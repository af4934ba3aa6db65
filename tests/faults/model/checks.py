"""The promises about jobs, each under its own name, checked at every write and in every world."""

from enum import StrEnum
from functools import cache

from shared.jobs import Event, State
from shared.storage import codec
from tests.faults.model.rules import NOW, Cell
from tests.faults.model.search import Broken
from tests.faults.model.setup import Setup
from tests.faults.model.world import CURRENT, Held, Row, World

_OWN = frozenset({Event.RENEW, Event.COMPLETE, Event.RETRY, Event.ABANDON, Event.FAIL})
_BY_ANOTHER = frozenset({Event.CANCEL, Event.SUPERSEDE, Event.EXHAUST, Event.BURY})
_GIVEN_UP = frozenset({Event.EXHAUST, Event.BURY})
_LEASE_MINDED = _GIVEN_UP | {Event.CLAIM, Event.RESCHEDULE}
_MOVES_DUE = frozenset({Event.CLAIM, Event.RESCHEDULE})


class Promise(StrEnum):
    """What must hold."""

    ONE_COMMIT = "at most one commit an image version"
    ENDED_STAYS = "an ended job reopens only by redrive"
    NEWEST_STAYS = "the newest version is never superseded by an older one"
    OPENS_NEWEST = "a redriven version is the newest recorded"
    ONE_LIVE = "never two live versions of one reference"
    STALE_SILENT = "a stale token never writes"
    TOKENS_RISE = "tokens never fall and grow with each claim"
    FENCED = "an end by another raises the token"
    ATTEMPTS_RISE = "attempts never fall and grow with each claim"
    ATTEMPTS_BOUNDED = "attempts are bounded"
    ATTEMPTS_KEPT = "a job with attempts left is neither exhausted nor buried"
    LEASE_KEPT = "a live lease is never taken over"
    BEGUN_ONCE = "of all who found one due row, at most one begins"
    SENT_ONCE = "of all who found one due row, at most one sends its message"
    OUT_OF_SIGHT = "who begins or sends a job takes its due row out of the sweeps' sight"
    PROTECTED = "work begins under a live lease of its own"
    OWN_VERSION = "a report is of the version that its job names"
    DUE = "a live job has a due row"
    ENDS = "every world leads to one at rest"
    KNOWN = "a version that has a result is not recorded again, not even when its job is purged"
    RIPE = "only an ended job whose retention is over is purged"
    SHOWN = "the thumbnail of a report stands until its retention is over"
    REST = "at rest the newest version's job has ended, not as superseded"


def moved(before: Row | None, held: Held | None, after: Cell, event: Event) -> None:
    """Check one change of a job row.

    Args:
        before: As it stood in the store.
        held: As the writer had read it, and whether it still stood so.
        after: As it stands now.
        event: What the writer meant to do.
    """
    if before is None:
        return
    old, new = before.cell.job, after.job
    claimed = event is Event.CLAIM
    _want(event not in _OWN or (held is not None and old.claim == held.cell.job.claim), Promise.STALE_SILENT)
    _want(not old.state.ended or event is Event.REDRIVE, Promise.ENDED_STAYS)
    seen = held is not None and held.etag == CURRENT
    _want(not claimed or seen, Promise.BEGUN_ONCE)
    _want(event is not Event.RESCHEDULE or seen, Promise.SENT_ONCE)
    _want(new.token >= old.token + claimed, Promise.TOKENS_RISE)
    _want(new.attempts >= old.attempts + claimed, Promise.ATTEMPTS_RISE)
    _want(event not in _BY_ANOTHER or new.token > old.token, Promise.FENCED)
    _want(event not in _LEASE_MINDED or old.state is not State.RUNNING or before.lapsed, Promise.LEASE_KEPT)
    _want(event not in _GIVEN_UP or old.attempts_used, Promise.ATTEMPTS_KEPT)
    _want(event not in _MOVES_DUE or new.due is None or new.due > NOW, Promise.OUT_OF_SIGHT)


def counted(commits: int) -> None:
    """Check how often one version has been committed."""
    _want(commits <= 1, Promise.ONE_COMMIT)


def added(commits: int) -> None:
    """Check a version that is recorded against how often it has been committed."""
    _want(not commits, Promise.KNOWN)


def keyed(before: int, after: int) -> None:
    """Check at which uploads the recorders of the key row, before and after, had looked at the blob."""
    _want(after >= before, Promise.NEWEST_STAYS)


def opened(version: int, newest: int | None) -> None:
    """Check a version that has been redriven against the one that the key row names."""
    _want(version == newest, Promise.OPENS_NEWEST)


def purged(row: Row) -> None:
    """Check a job that goes, as it stands."""
    _want(row.cell.job.state.ended and row.lapsed, Promise.RIPE)


def begun(*, own: bool, lapsed: bool) -> None:
    """Check a worker that begins to analyse."""
    _want(own and not lapsed, Promise.PROTECTED)


def analysed(read: int, version: int) -> None:
    """Check which version was read for a job."""
    _want(read == version, Promise.OWN_VERSION)


def holds(world: World, setup: Setup) -> None:
    """Check a world by itself."""
    left = setup.left
    opened = 1 + setup.returns + left.redrives
    live = 0
    for row, shown in zip(world.rows, world.shown, strict=True):
        if row is not None:
            job = row.cell.job
            _want(shown or row.lapsed or not setup.purges or job.state is not State.COMPLETED, Promise.SHOWN)
            live += not job.state.ended
            _want(job.attempts <= job.max_attempts * opened + left.abandons, Promise.ATTEMPTS_BOUNDED)
            _want(job.attempts - job.attempts_base <= job.max_attempts, Promise.ATTEMPTS_BOUNDED)
            _want(_index(row.cell) == ("end:" if job.state.ended else "due:"), Promise.DUE)
    _want(live <= 1, Promise.ONE_LIVE)


def rests(world: World, setup: Setup) -> None:
    """Check a world in which nothing can happen any more.

    Of a version that comes back less is promised: not both it and the one recorded last, which may be itself, end as
    superseded.
    """
    stands = setup.stands(world.blob)
    named = world.key and _known(world, world.key.version)
    _want(all(row is None or row.cell.job.state.ended for row in world.rows), Promise.REST)
    if not stands:
        _want(named is None or not _superseded(named), Promise.REST)
        return
    newest = _known(world, stands)
    if newest is None or named is None:
        raise Broken(Promise.REST)
    if setup.uploads.count(stands) == 1:
        _want(named is newest and not _superseded(newest), Promise.REST)
    else:
        _want(not (_superseded(named) and _superseded(newest)), Promise.REST)


def _known(world: World, version: int) -> Cell | None:
    """Return the job of a version; where it was purged, what the key row says of it."""
    row, key = world.row(version), world.key
    if row is None:
        return key.final if key is not None and key.version == version else None
    return row.cell


def _superseded(cell: Cell) -> bool:
    error = cell.job.error
    return error is not None and error.code == Event.SUPERSEDE.value


@cache
def _index(cell: Cell) -> str:
    """Return the kind of index row that production would write; there are few cells and many worlds."""
    try:
        return codec.index_key(cell.job)[:4]
    except ValueError:
        return ""


def _want(holding: bool, promise: Promise) -> None:  # noqa: FBT001 - private
    if not holding:
        raise Broken(promise)
