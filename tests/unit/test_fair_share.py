"""Which messages go to the tail of the queue, and for how long; time is the test's."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from shared.steps.intake.disposition import Disposition
from shared.steps.work import fair_share
from shared.steps.work.attempt import End
from shared.steps.work.fair_share import FairShare, Slot
from tests.doubles.clock import FakeClock

A, B = "0000000a", "0000000b"


class Instance:
    """An instance that analyses so many images at once, and whose messages take as long as a test says.

    Attributes:
        others_wait: Whether messages of other flows may be in the queue.
    """

    def __init__(self, *, slots: int = 2) -> None:
        self.clock = FakeClock()
        self.others_wait = True
        self.share = FairShare(slots=slots, monotonic=self.clock)

    def work(self, flow: str, seconds: float, *, times: int = 1, outcome: End | None = End.COMPLETED) -> None:
        """Work on messages of a flow, one after the other."""
        for _ in range(times):
            with self.share.take(flow) as slot:
                self.clock.advance(seconds)
                slot.end = outcome

    @contextmanager
    def at_work(self, flow: str, count: int) -> Iterator[None]:
        """Have so many messages of a flow at work."""
        with ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(self.share.take(flow))
            yield

    def next(self, flow: str | None) -> Slot | timedelta:
        """Begin with the next message of a flow, or defer it."""
        return self.share.take_or_defer(flow, others_wait=lambda _: self.others_wait)

    def defers(self, flow: str | None) -> bool:
        """Whether the next message of a flow goes to the tail; if not, it is at once done with."""
        taken = self.next(flow)
        if isinstance(taken, Slot):
            with taken:
                return False
        return True


@pytest.fixture
def instance() -> Instance:
    """Give an instance of two slots."""
    return Instance()


@pytest.mark.parametrize(
    ("slots", "running", "deferred"), [(1, 1, True), (2, 1, False), (2, 2, True), (4, 2, False), (4, 3, True)]
)
def test_a_slow_flow_that_fills_more_than_half_of_the_slots_is_deferred(
    slots: int, running: int, *, deferred: bool
) -> None:
    instance = Instance(slots=slots)
    instance.work(A, 1.2)
    with instance.at_work(A, running):
        assert instance.defers(A) is deferred


@pytest.mark.parametrize(("seconds", "deferred"), [(1.0, False), (1.001, True)])
def test_a_flow_is_slow_whose_messages_take_more_than_a_second_on_the_average(
    instance: Instance, seconds: float, *, deferred: bool
) -> None:
    instance.work(A, seconds - 0.5)
    instance.work(A, seconds + 0.5)
    with instance.at_work(A, 2):
        assert instance.defers(A) is deferred


def test_the_other_flow_is_worked_on_beside_a_slow_one(instance: Instance) -> None:
    instance.work(A, 1.2)
    with instance.at_work(A, 6):
        assert not instance.defers(B)
        assert not instance.defers(None)


@pytest.mark.parametrize(("other", "seconds", "deferred"), [(B, 59, True), (B, 61, False), (None, 59, True)])
def test_a_slow_flow_is_deferred_where_another_may_wait_or_has_come_within_a_minute(
    instance: Instance, other: str | None, seconds: float, *, deferred: bool
) -> None:
    instance.work(A, 1.2)
    instance.others_wait = False
    with instance.at_work(A, 2):
        assert not instance.defers(A)
        assert not instance.defers(other)
        instance.clock.advance(seconds)
        assert instance.defers(A) is deferred
        instance.others_wait = True
        assert instance.defers(A)


def test_a_flow_of_which_nothing_is_known_yet_is_not_deferred(instance: Instance) -> None:
    with instance.at_work(A, 6):
        assert not instance.defers(A)


def test_only_the_last_messages_of_a_flow_count(instance: Instance) -> None:
    instance.work(A, 60)
    instance.work(A, 0.1, times=fair_share.RECENT)
    with instance.at_work(A, 2):
        assert not instance.defers(A)


@pytest.mark.parametrize("outcome", [None, End.ENDED, End.BUSY, End.NOT_DUE, Disposition.UNKNOWN])
def test_messages_that_found_no_work_say_nothing_of_how_long_work_takes(
    instance: Instance, outcome: End | None
) -> None:
    instance.work(A, 1.2)
    instance.work(A, 0.01, times=fair_share.RECENT, outcome=outcome)
    with instance.at_work(A, 2):
        assert instance.defers(A)


def test_deferred_messages_come_back_one_by_one_a_little_slower_than_their_flow_gets_on(instance: Instance) -> None:
    with instance.at_work(A, 1):
        instance.work(A, 1.2, times=2)  # two at work, so one ends each 0.6 s
    with instance.at_work(A, 2):
        delays = [instance.next(A) for _ in range(3)]
    seconds = [round(delay / timedelta(seconds=1), 3) for delay in delays if not isinstance(delay, Slot)]
    assert seconds == [0.9, 1.8, 2.7]


def test_the_time_in_which_deferred_messages_have_come_back_is_over(instance: Instance) -> None:
    instance.work(A, 2)
    with instance.at_work(A, 2):
        instance.next(A)
        instance.clock.advance(60)
        assert instance.next(A) == timedelta(seconds=3)


def test_no_message_is_away_for_more_than_a_minute(instance: Instance) -> None:
    instance.work(A, 30)
    with instance.at_work(A, 2):
        delays = [instance.next(A) for _ in range(3)]
    assert delays == [timedelta(seconds=45), timedelta(seconds=60), timedelta(seconds=60)]


def test_a_message_that_raises_gives_its_place_back(instance: Instance) -> None:
    instance.work(A, 1.2)
    for _ in range(3):
        with pytest.raises(KeyError), instance.share.take(A):
            raise KeyError
    assert not instance.defers(A)


def test_flows_without_number_take_no_memory_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_share, "FLOWS", 3)
    instance = Instance()
    with instance.at_work(A, 1):
        for number in range(9):
            instance.work(f"{number:08x}", 0.1)
        assert (len(instance.share._flows), A in instance.share._flows) == (3, True)
