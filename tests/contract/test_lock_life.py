"""The life of a lock, from its acquisition to a release that is typed, whoever is late, gone or not told."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import LockHeld, Stale
from shared.heartbeat import Heartbeat
from shared.ports.locks import LockStore
from shared.rules.locks import Lock
from shared.runtime import Runtime
from shared.steps.table_lock import Release, TableLock, Tenure
from tests.contract.places import Place
from tests.doubles.clock import FakeClock
from tests.doubles.locks import MemoryLocks
from tests.doubles.transports import Fault, FaultyTransport
from tests.sdk_clients import table_of

LEASE, MARGIN = timedelta(seconds=60), timedelta(seconds=2)
#: After so much every lease has lapsed, whatever the whole seconds of a Date hide.
LAPSE_SECONDS = 66.0
#: Replies that are lost after the service has written.
GHOSTS = [Fault.REPLY_LOST, Fault.BUSY_AFTER]
NAMES = [
    *("a/b", "a\\b", "a#b", "a?b", "a%b", "a%2Fb", "a%252Fb", "a=2Fb", "a=b", "a b", "a+b", "a&b", "a'b", 'a"b'),
    *(
        "ab",
        "AB",
        "Ab",
        "a",
        "a/",
        "/a",
        "//a",
        "a\\\\b",
        ".",
        "..",
        "=",
        "==",
        "=3D",
        "%",
        "%%",
        "'",
        "''",
        " ",
        "  ",
    ),
    *("\0", "\x01", "\x1f", "\x7f", "\x80", "\x9f", "a\tb", "a\nb", "a\r\nb", "\N{NO-BREAK SPACE}", "\ufeff", "\uffff"),
    *("漢", "😀", "ß", "ss", unicodedata.normalize("NFC", "ä"), unicodedata.normalize("NFD", "ä")),
    *("K", "\N{KELVIN SIGN}", "x" * 500, "x" * 501, "images/2026/11/24 ä#1?.png"),
]


@dataclass
class Life:
    """A table of locks, a time for all who use it, and instances with a lock of their own."""

    store: LockStore
    monotonic: Callable[[], float]
    go: Callable[[float], object]
    wire: FaultyTransport | None = None

    def instance(self) -> TableLock:
        """Start another instance over the same table."""
        drawn = random.Random()
        runtime = Runtime(
            monotonic=self.monotonic,
            pause=self.go,
            draw=lambda: f"{drawn.getrandbits(128):032x}",
            chance=drawn.random,
        )
        return TableLock(
            self.store,
            heartbeat=Heartbeat(margin=MARGIN, runtime=runtime, threaded=False),
            lease=LEASE,
            margin=MARGIN,
            runtime=runtime,
        )

    def acquire(self, name: str = "nightly", *, owner: str = "timer/1") -> Tenure:
        """Take a lock by a new instance."""
        return self.instance().try_acquire(name, owner=owner)

    def stands(self, name: str = "nightly") -> Lock:
        """Return the lock's row."""
        row = self.store.get(name)
        assert row is not None
        return row.lock

    def lapse(self) -> None:
        """Let every lease lapse, for all."""
        self.go(LAPSE_SECONDS)


def _behind_sdk(place: Place) -> Life:
    table_of(place.build().storage.locks).create_table()
    faulty = FaultyTransport(place.transport)
    go = place.go if place.account is not None else _stays
    return Life(place.build(faulty).storage.locks, place.runtime.monotonic, go, faulty)


def _stays(_: float) -> None:
    """Leave a life in which leases lapse to the account in process."""
    pytest.skip("nobody can move Azurite's time; its answers to each request of a lock are compared elsewhere")


@pytest.fixture
def ghostly(place: Place) -> Life:
    """Give a table of locks whose replies can be lost."""
    return _behind_sdk(place)


@pytest.fixture
def life(place: Place | None) -> Life:
    """Give an empty table of locks and a time that moves on."""
    if place is not None:
        return _behind_sdk(place)
    clock = FakeClock()
    return Life(MemoryLocks(clock), clock, clock.advance)


@pytest.mark.azurite
def test_releasing_twice_says_so_and_leaves_the_lock_free(life: Life) -> None:
    held = life.acquire()
    assert (held.release(), held.release()) == (Release.RELEASED, Release.RELEASED_BEFORE)
    assert (life.stands().owner, life.stands().token, held.lost) == (None, 1, True)


def test_releasing_twice_leaves_the_next_holder_alone(life: Life) -> None:
    first = life.acquire()
    first.release()
    second = life.acquire(owner="timer/2")
    assert first.release() is Release.RELEASED_BEFORE
    assert life.stands() == second.lock


def test_a_late_release_frees_a_lock_that_nobody_has_taken_over(life: Life) -> None:
    late = life.acquire()
    life.lapse()
    assert (late.lost, late.release()) == (True, Release.RELEASED)
    assert (life.stands().owner, life.stands().token) == (None, 1)


def test_a_release_after_a_takeover_leaves_the_other_tenure_as_it_is(life: Life) -> None:
    late = life.acquire()
    life.lapse()
    held = life.acquire(owner="timer/2")
    assert (late.release(), late.release()) == (Release.TAKEN_OVER, Release.RELEASED_BEFORE)
    held.renew()
    assert (life.stands(), held.lost, held.lock.token) == (held.lock, False, 2)
    assert held.release() is Release.RELEASED


def test_a_release_after_another_has_come_and_gone_leaves_the_lock_free(life: Life) -> None:
    late = life.acquire()
    life.lapse()
    life.acquire(owner="timer/2").release()
    assert late.release() is Release.TAKEN_OVER
    assert (life.stands().owner, life.stands().token) == (None, 2)


def test_a_holder_whose_lock_was_taken_over_cannot_renew_it(life: Life) -> None:
    late = life.acquire()
    life.lapse()
    held = life.acquire(owner="timer/2")
    with pytest.raises(Stale):
        late.renew()
    assert life.stands() == held.lock


@pytest.mark.parametrize("change", [{"owner": "timer/9"}, {"token": 7}], ids=["another owner", "another token"])
def test_a_release_by_who_does_not_own_the_lock_writes_nothing(life: Life, change: dict[str, Any]) -> None:
    held, row = life.acquire(), life.store.get("nightly")
    assert row is not None
    other = life.instance()
    thief = Tenure(other, life.store, other._heartbeat.hold(row, other._renew_row, lease=LEASE, sent_at=0.0))
    thief._lock = replace(row.lock, **change)
    assert thief.release() is Release.TAKEN_OVER
    after = life.store.get("nightly")
    assert after is not None
    assert (after.etag, after.lock, held.release()) == (row.etag, held.lock, Release.RELEASED)


def test_a_held_lock_is_refused_until_its_lease_is_over(life: Life) -> None:
    held = life.acquire()
    for _ in range(3):
        with pytest.raises(LockHeld):
            life.acquire(owner="timer/2")
        life.go(19)
    assert life.stands() == held.lock
    life.lapse()
    assert life.acquire(owner="timer/2").lock.token == 2


def test_the_token_grows_by_one_at_each_acquisition_and_never_otherwise(life: Life) -> None:
    same, tokens = life.instance(), []
    for ending in ["release", "lapse", "release", "late", "renewed", "twice", "release"]:
        lock = same if ending in ("release", "twice") else life.instance()
        held = lock.try_acquire("nightly", owner="timer/1")
        tokens.append(held.lock.token)
        with pytest.raises(LockHeld):
            life.acquire(owner="timer/2")
        if ending == "renewed":
            held.renew()
        if ending in ("lapse", "late"):
            life.lapse()
        for _ in range({"lapse": 0, "twice": 2}.get(ending, 1)):
            held.release()
        assert life.stands().token == tokens[-1]
    assert tokens == [1, 2, 3, 4, 5, 6, 7]


def test_every_name_is_a_lock_of_its_own(life: Life) -> None:
    assert len(set(NAMES)) == len(NAMES)
    lock = life.instance()
    held = {name: lock.try_acquire(name, owner="timer/1") for name in NAMES}
    assert {tenure.lock.token for tenure in held.values()} == {1}
    for name, tenure in held.items():
        assert life.stands(name) == tenure.lock
        assert tenure.release() is Release.RELEASED
    assert [life.stands(name).owner for name in NAMES] == [None] * len(NAMES)


@pytest.mark.parametrize("fault", GHOSTS)
@pytest.mark.parametrize("before", ["new", "released", "lapsed"])
def test_a_lock_whose_acquisition_was_not_answered_is_held_by_who_has_asked(
    ghostly: Life, before: str, fault: Fault
) -> None:
    if before != "new":
        ended = ghostly.acquire(owner="timer/0")
        (ended.release if before == "released" else ghostly.lapse)()
    token = 1 if before == "new" else 2
    assert ghostly.wire is not None
    ghostly.wire.arm(fault)
    held = ghostly.acquire()
    assert (ghostly.stands(), held.lock.token, held.lost) == (held.lock, token, False)
    with pytest.raises(LockHeld):
        ghostly.acquire(owner="timer/2")
    assert held.release() is Release.RELEASED
    assert (ghostly.stands().owner, ghostly.stands().token) == (None, token)


@pytest.mark.parametrize("fault", Fault)
def test_a_release_that_was_not_answered_has_released(ghostly: Life, fault: Fault) -> None:
    held = ghostly.acquire()
    assert ghostly.wire is not None
    ghostly.wire.arm(fault)
    assert held.release() is Release.RELEASED
    assert (ghostly.stands().owner, ghostly.stands().token) == (None, 1)
    assert ghostly.acquire(owner="timer/2").lock.token == 2


@pytest.mark.parametrize("fault", GHOSTS)
def test_a_release_that_was_not_answered_before_another_came_leaves_the_other_alone(
    ghostly: Life, fault: Fault
) -> None:
    held, others = ghostly.acquire(), []
    assert ghostly.wire is not None
    ghostly.wire.arm(fault, meanwhile=lambda: others.append(ghostly.acquire(owner="timer/2")))
    assert held.release() is Release.TAKEN_OVER
    others[0].renew()
    assert (ghostly.stands(), others[0].lock.token) == (others[0].lock, 2)


@pytest.mark.parametrize("fault", GHOSTS)
def test_a_holder_whose_renewal_was_not_answered_still_holds_and_releases(ghostly: Life, fault: Fault) -> None:
    held = ghostly.acquire()
    assert ghostly.wire is not None
    ghostly.wire.arm(fault)
    held.renew()
    assert (ghostly.stands(), held.lost, held.release()) == (held.lock, False, Release.RELEASED)
