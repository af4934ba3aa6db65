"""Which leases wake the thread of the heartbeat: it looks through all of them, so it is not woken for each."""

import threading

import pytest

from shared.heartbeat import Heartbeat, Left
from shared.runtime import Runtime
from tests.doubles.clock import FakeClock
from tests.unit.test_heartbeat import LEASE, MARGIN


class CountingEvent(threading.Event):
    """An event that knows how often it was set."""

    count = 0

    def set(self) -> None:
        """Count, and set it."""
        self.count += 1
        super().set()


@pytest.mark.parametrize(("age", "count"), [(-1, 0), (0, 0), (1, 1)])
def test_only_a_lease_that_is_due_before_all_others_wakes_the_thread(age: int, count: int) -> None:
    wake, thread = CountingEvent(), threading.Thread()
    runtime = Runtime(monotonic=FakeClock(0.0), event=lambda: wake, start=lambda _call, *, name: thread)  # noqa: ARG005 - as called
    heartbeat = Heartbeat(margin=MARGIN, runtime=runtime)
    heartbeat.hold(1, _same, lease=LEASE, sent_at=0.0)
    heartbeat.beat()
    before = wake.count
    heartbeat.hold(1, _same, lease=LEASE, sent_at=-float(age))
    assert wake.count - before == count


def test_a_lease_that_is_taken_while_others_are_looked_through_wakes_the_thread() -> None:
    wake, clock = CountingEvent(), FakeClock(0.0)
    heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=clock, event=lambda: wake), threaded=False)

    def renew(row: int, _: Left) -> int:
        return heartbeat.hold(row, _same, lease=LEASE, sent_at=clock()).row

    heartbeat.hold(1, renew, lease=LEASE, sent_at=0.0)
    heartbeat.beat()
    before = wake.count
    clock.advance(20)
    heartbeat.beat()
    assert wake.count - before == 1


def test_short_leases_among_long_ones_wake_the_thread_once() -> None:
    wake, thread = CountingEvent(), threading.Thread()
    runtime = Runtime(monotonic=FakeClock(0.0), event=lambda: wake, start=lambda _call, *, name: thread)  # noqa: ARG005 - as called
    heartbeat = Heartbeat(margin=MARGIN, runtime=runtime)
    heartbeat.hold(1, _same, lease=2 * LEASE, sent_at=0.0)
    heartbeat.beat()
    before = wake.count
    for _ in range(3):
        heartbeat.hold(1, _same, lease=LEASE, sent_at=0.0).retire()
        heartbeat.beat()
    assert wake.count - before == 1


def _same(row: int, _: Left) -> int:
    return row


def test_a_lease_that_is_retired_is_kept_no_longer() -> None:
    heartbeat = Heartbeat(margin=MARGIN, runtime=Runtime(monotonic=FakeClock(0.0)), threaded=False)
    for _ in range(1_000):
        heartbeat.hold(1, _same, lease=LEASE, sent_at=0.0).retire()
    assert not heartbeat._leases
