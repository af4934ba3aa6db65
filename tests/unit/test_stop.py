import signal
import sys

import pytest

from localhost.stop import SIGNALS, Stop, Stopped

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_at_the_next_point_where_work_can_be_put_down(number: int) -> None:
    with Stop() as stop:
        stop.check()
        signal.raise_signal(number)
        with pytest.raises(Stopped):
            stop.check()
        with pytest.raises(Stopped):
            stop.wait(60)
    assert (stop.number, stop.status) == (number, 128 + number)


def test_the_first_signal_gives_the_status_and_a_second_shows_impatience() -> None:
    with Stop() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert (stop.status, stop.times) == (128 + signal.SIGTERM, 2)


def test_signals_are_given_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Stop():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_who_is_impatient_is_heard_from_the_second_signal_on() -> None:
    heard: list[int] = []
    with Stop(again=lambda: heard.append(stop.times)) as stop:
        for _ in range(3):
            signal.raise_signal(signal.SIGTERM)
    assert heard == [2, 3]
