from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import ServerClock
from shared.errors import ClockUnset
from tests.proving import at_length

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Seconds:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        """Return them."""
        return self.at


def test_a_clock_that_has_seen_no_reply_has_no_time() -> None:
    with pytest.raises(ClockUnset):
        ServerClock(Seconds()).now()


def test_time_goes_on_between_two_replies() -> None:
    seconds = Seconds()
    clock = ServerClock(seconds)
    clock.observe(EPOCH)
    seconds.at = 90.5
    assert clock.now() == EPOCH + timedelta(seconds=90.5)


@settings(max_examples=at_length(25, 2_000))
@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=30))
def test_the_clock_is_never_ahead_of_the_service_and_never_more_than_a_second_behind(gaps: list[float]) -> None:
    seconds, true = Seconds(), EPOCH
    clock = ServerClock(seconds)
    for gap in gaps:
        seconds.at += gap
        true = EPOCH + timedelta(seconds=seconds.at)
        clock.observe(true.replace(microsecond=0))
        assert timedelta(0) <= true - clock.now() + timedelta(microseconds=2) <= timedelta(seconds=1.00001)


def test_a_date_that_is_a_step_behind_changes_nothing() -> None:
    clock = ServerClock(Seconds())
    clock.observe(EPOCH)
    clock.observe(EPOCH - timedelta(seconds=1))
    assert clock.now() == EPOCH


def test_a_date_further_behind_than_a_step_corrects_the_clock() -> None:
    clock = ServerClock(Seconds())
    clock.observe(EPOCH)
    clock.observe(EPOCH - timedelta(seconds=2))
    assert clock.now() == EPOCH - timedelta(seconds=2)


def test_a_better_lower_bound_is_taken_at_once() -> None:
    clock = ServerClock(Seconds())
    clock.observe(EPOCH)
    clock.observe(EPOCH + timedelta(seconds=1))
    assert clock.now() == EPOCH + timedelta(seconds=1)


def test_a_reply_that_was_long_on_its_way_is_no_correction() -> None:
    seconds = Seconds()
    server = ServerClock(seconds)
    server.observe(EPOCH)
    seconds.at = 30.0
    server.observe(EPOCH, sent_at=0.0)
    assert server.now() == EPOCH + timedelta(seconds=30)
