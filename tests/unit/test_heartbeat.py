import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import IllegalTransition, Lost, Stale, StorageOut, Undecided
from shared.heartbeat import Heartbeat, HeldLease, Left
from shared.runtime import Runtime
from tests.doubles.clock import FakeClock
from tests.unit.acts import raising

LEASE, MARGIN = timedelta(seconds=60), timedelta(seconds=2)


class Renewals:
    """What a store answers to renewals: each time the row plus one, or an error."""

    def __init__(self) -> None:
        self.clock = FakeClock(0.0)
        self.heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=self.clock), threaded=False)
        self.sent_at: list[float] = []
        self.timeouts: list[timedelta] = []
        self.error: Exception | None = None
        self.takes_seconds = 0.0

    def hold(self) -> HeldLease[int]:
        """Hold row 1, won now."""
        return self.heartbeat.hold(1, self._renew, lease=LEASE, sent_at=self.clock())

    def pass_time(self, seconds: int) -> None:
        """Let time pass, a beat each second."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.heartbeat.beat()

    def _renew(self, row: int, left: Left) -> int:
        self.sent_at.append(self.clock())
        self.timeouts.append(left())
        self.clock.advance(self.takes_seconds)
        self.timeouts.append(left())
        if self.error is not None:
            raise self.error
        return row + 1


@pytest.fixture
def renewals() -> Renewals:
    """Give a store, and the heartbeat that renews in it."""
    return Renewals()


def test_a_lease_is_renewed_after_each_third(renewals: Renewals) -> None:
    held = renewals.hold()
    renewals.pass_time(65)
    assert renewals.sent_at == [20, 40, 60]
    assert (held.row, held.lost) == (4, False)


@pytest.mark.case("mutants 4", was="each of its requests might take so long")
@pytest.mark.parametrize(("takes_seconds", "left_seconds"), [(0, 10), (4, 6), (15, 0)])
def test_all_requests_of_a_renewal_together_may_take_a_sixth_of_the_lease(
    renewals: Renewals, takes_seconds: float, left_seconds: float
) -> None:
    renewals.hold()
    renewals.clock.advance(20)
    renewals.takes_seconds = takes_seconds
    renewals.heartbeat.beat()
    assert renewals.timeouts == [timedelta(seconds=10), timedelta(seconds=left_seconds)]


@pytest.mark.parametrize("outage", [StorageOut("out"), Undecided()])
def test_an_outage_is_tried_again_until_the_lease_is_over(renewals: Renewals, outage: Exception) -> None:
    renewals.error, held = outage, renewals.hold()
    renewals.pass_time(57)
    assert renewals.sent_at == [20, 30, 40, 50]
    assert not held.lost
    renewals.pass_time(1)
    assert held.lost


def test_a_renewal_after_an_outage_protects_again(renewals: Renewals) -> None:
    renewals.error, held = StorageOut("out"), renewals.hold()
    renewals.pass_time(25)
    renewals.error = None
    renewals.pass_time(60)
    assert not held.lost


@pytest.mark.parametrize("refusal", [Lost("job:a"), Stale(), IllegalTransition("renew")])
def test_a_refused_renewal_loses_the_lease_at_once(renewals: Renewals, refusal: Exception) -> None:
    renewals.error, held = refusal, renewals.hold()
    renewals.pass_time(20)
    assert held.lost


def test_a_lost_lease_is_never_renewed_again(renewals: Renewals) -> None:
    renewals.error = Lost("job:a")
    renewals.hold()
    renewals.pass_time(20)
    renewals.error = None
    renewals.pass_time(100)
    assert renewals.sent_at == [20]


@pytest.mark.parametrize(("age_seconds", "lost"), [(57.999, False), (58, True)])
def test_a_holder_that_is_not_renewed_stops_a_margin_before_the_end(
    renewals: Renewals, age_seconds: float, *, lost: bool
) -> None:
    held = renewals.hold()
    renewals.clock.advance(age_seconds)
    assert held.lost is lost


def test_protection_counts_from_before_the_renewal_was_sent(renewals: Renewals) -> None:
    renewals.takes_seconds, held = 9.0, renewals.hold()
    renewals.pass_time(20)
    renewals.clock.advance(20 + 58 - renewals.clock() - 0.001)
    assert not held.lost
    renewals.clock.advance(0.001)
    assert held.lost


def test_retiring_ends_the_renewals(renewals: Renewals) -> None:
    held = renewals.hold()
    held.retire()
    renewals.pass_time(50)
    assert renewals.sent_at == []


def test_retiring_returns_the_newest_row(renewals: Renewals) -> None:
    held = renewals.hold()
    renewals.pass_time(20)
    assert held.retire() == 2


def test_retiring_waits_for_a_renewal_under_way() -> None:
    begun, go = threading.Event(), threading.Event()
    clock = FakeClock(0.0)

    def renew(row: int, _: Left) -> int:
        begun.set()
        assert go.wait(5)
        return row + 1

    held = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=clock), threaded=False).hold(
        1, renew, lease=LEASE, sent_at=0.0
    )
    beating = threading.Thread(target=held.beat)
    beating.start()
    assert begun.wait(5)
    rows: list[int] = []
    retiring = threading.Thread(target=lambda: rows.append(held.retire()))
    retiring.start()
    assert rows == []
    go.set()
    retiring.join(5)
    beating.join(5)
    assert rows == [2]


def test_a_beat_says_how_long_to_wait_for_the_next(renewals: Renewals) -> None:
    renewals.hold()
    renewals.clock.advance(15)
    assert renewals.heartbeat.beat() == 5


def test_a_heart_that_holds_nothing_waits_for_no_time(renewals: Renewals) -> None:
    renewals.hold().retire()
    assert renewals.heartbeat.beat() is None


def _noting(renewed: list[str]) -> Callable[[str, Left], str]:
    def renew(row: str, _: Left) -> str:
        renewed.append(row)
        return row

    return renew


def test_what_is_due_first_is_renewed_first() -> None:
    clock, order = FakeClock(0.0), list[str]()
    heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=clock), threaded=False)
    for name, sent_at in [("late", 0.0), ("early", -10.0)]:
        heartbeat.hold(name, _noting(order), lease=LEASE, sent_at=sent_at)
    clock.advance(25)
    heartbeat.beat()
    assert order == ["early", "late"]


def test_an_error_that_nobody_foresaw_keeps_no_other_lease_from_its_renewal() -> None:
    clock, renewed = FakeClock(0.0), list[str]()
    heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=clock), threaded=False)
    heartbeat.hold("broken", raising(ValueError()), lease=LEASE, sent_at=-1.0)
    heartbeat.hold("well", _noting(renewed), lease=LEASE, sent_at=0.0)
    clock.advance(20)
    heartbeat.beat()
    assert renewed == ["well"]


@pytest.mark.case("mutants 4", was="a healthy lease was lost behind two that hung")
def test_renewals_that_hang_keep_no_other_lease_from_its_own() -> None:
    go, renewed, hung = threading.Event(), threading.Event(), threading.Barrier(3)
    heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=FakeClock(100.0)))

    def hangs(row: int, _: Left) -> int:
        hung.wait(5)
        assert go.wait(5)
        return row

    def renew(row: int, _: Left) -> int:
        renewed.set()
        return row

    stuck = [heartbeat.hold(1, hangs, lease=LEASE, sent_at=100.0 - 40) for _ in range(2)]
    hung.wait(5)
    well = heartbeat.hold(1, renew, lease=LEASE, sent_at=100.0 - 30)
    assert renewed.wait(5)
    go.set()
    for held in (*stuck, well):
        held.retire()


class Bell(threading.Event):
    """An event that tells when somebody waits for it for no time."""

    def __init__(self) -> None:
        super().__init__()
        self.idle = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, and tell so."""
        if timeout is None:
            self.idle.set()
        return super().wait(timeout)


@pytest.mark.case("mutants wake", was="no test found that it was never renewed")
def test_a_lease_that_is_taken_after_an_idle_spell_is_renewed() -> None:
    renewed, bell = threading.Semaphore(0), Bell()
    heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=FakeClock(100.0)))
    heartbeat._wake = bell

    def renew(row: int, _: Left) -> int:
        renewed.release()
        return row

    for _ in range(2):
        held = heartbeat.hold(1, renew, lease=LEASE, sent_at=100.0 - 30)
        assert renewed.acquire(timeout=5)
        held.retire()
        bell.idle.clear()
        heartbeat._wake.set()
        assert bell.idle.wait(5)


def test_a_lease_is_renewed_where_the_system_gives_no_thread(
    renewals: Renewals, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = renewals.hold()
    renewals.heartbeat._has_threads = True
    monkeypatch.setattr(threading.Thread, "start", raising(RuntimeError("can't start new thread")))
    renewals.pass_time(20)
    assert held.row == 2


def test_the_thread_renews_by_itself() -> None:
    renewed = threading.Event()

    def renew(row: int, _: Left) -> int:
        renewed.set()
        return row

    clock = FakeClock(100.0)
    held = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=clock)).hold(1, renew, lease=LEASE, sent_at=100.0 - 30)
    assert renewed.wait(5)
    held.retire()
