"""Fifty slow images of one prefix, and an honest one of another, on an instance that is simulated."""

import statistics

import pytest

from tests.unit.simulated import Message, Simulated

SLOW, SLOW_SECONDS, HONEST_SECONDS = 50, 1.24, 0.1


def _waited(instance: Simulated, number: int, behind_seconds: float) -> float:
    """Send fifty slow ones within a second, and an honest one behind them; return how long that one took."""
    slow = [f"slow-{number}/{one}" for one in range(SLOW)]
    for one, name in enumerate(slow):
        instance.later(one * 0.02, Message(f"a{number}", name, SLOW_SECONDS))
    sent_at, honest = instance.now + 1 + behind_seconds, f"honest/{number}"
    instance.later(1 + behind_seconds, Message("b", honest, HONEST_SECONDS))
    instance.run(lambda: all(name in instance.ended for name in (*slow, honest)))
    return instance.ended[honest] - sent_at


@pytest.mark.case("security M7", was="31 s; 0.5 s alone")
@pytest.mark.parametrize("behind_seconds", [0, 1, 4, 8, 16])
def test_an_honest_image_behind_fifty_slow_ones_takes_three_seconds_in_the_median_of_five(
    behind_seconds: float,
) -> None:
    instance = Simulated(seed=1)
    assert statistics.median(_waited(instance, number, behind_seconds) for number in range(5)) <= 3


def test_without_a_fair_share_it_takes_half_a_minute() -> None:
    instance = Simulated(seed=1, fair=False)
    assert statistics.median(_waited(instance, number, 0) for number in range(5)) > 25


def _alone(*, fair: bool) -> float:
    """Send two hundred slow images of one prefix; return how long all of them take."""
    instance, names = Simulated(seed=1, fair=fair), {f"slow/{one}" for one in range(4 * SLOW)}
    for name in sorted(names):
        instance.send(Message("a", name, SLOW_SECONDS))
    instance.run(lambda: names <= instance.ended.keys())
    return instance.now


def test_a_prefix_that_is_alone_keeps_all_places() -> None:
    assert _alone(fair=True) <= 1.1 * _alone(fair=False)
