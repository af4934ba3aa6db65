"""The consumer of the job queue, on the services in process and in virtual time."""

from datetime import timedelta
from itertools import pairwise

import pytest

from shared.errors import StorageOut
from shared.ports.queue import QueueMessage
from tests.simulation.worker.worker_ground import Ground, Hands

HOUR = 3_600.0


@pytest.fixture
def hands() -> Hands:
    """Give a consumer of four messages at once, with every setting at its default; it has not begun."""
    return Hands()


def test_a_message_is_worked_on_and_deleted(hands: Hands) -> None:
    hands.ground.send("1")
    hands.start()
    hands.ground.go(5)
    assert [body for body, _ in hands.starts] == ["1"]
    assert len(hands.ground.queue) == 0


def test_no_more_messages_are_in_hand_than_are_worked_on_at_once_where_they_take_long(hands: Hands) -> None:
    hands.ground.send(*["5"] * 20)
    hands.start()
    for _ in range(34):
        hands.ground.go(0.8)
        hidden = len(hands.ground.queue) - len(hands.ground.queue.peek(32))
        assert hidden <= 4
    assert hands.at_once == 4
    assert len(hands.ground.queue) == 0


def test_where_messages_are_quick_they_are_taken_ahead_so_that_ten_cost_one_look(hands: Hands) -> None:
    hands.ground.send(*["0.05"] * 600)
    hands.start()
    hands.ground.go(60)
    assert len(hands.starts) == 600
    assert hands.at_once == 4
    end = hands.starts[-1][1]
    assert sum(look <= end for look in hands.ground.looks()) <= 60


def test_no_more_is_taken_ahead_than_a_moment_of_work_so_that_others_have_their_share(hands: Hands) -> None:
    hands.ground.send(*["0.05"] * 600)
    hands.start()
    most = 0
    for _ in range(100):
        hands.ground.go(0.01)
        most = max(most, hands.consumer.in_hand)
    assert 10 < most < 4 + 12  # twelve end in 0.15 s


@pytest.mark.parametrize(
    ("count", "seconds", "span", "looks"),
    [(32, 0.025, 1.15, 0.45), (150, 0.008, 1.06, 0.1), (1_000, 0.002, 1.06, 0.05)],
)
def test_two_processes_share_a_batch_evenly_and_look_seldom(
    count: int, seconds: float, span: float, looks: float
) -> None:
    ground = Ground()
    first = Hands(ground=ground, cores=1)
    ground.begin("second")
    both = (first, Hands(ground=ground, cores=1))
    ground.send(*[str(seconds)] * count)
    for hands in both:
        hands.start()
    ground.scheduler.run(ground.now + HOUR, enough=lambda: sum(len(hands.ends) for hands in both) == count)
    ideal = count * seconds / 2
    took = (ground.now - min(hands.starts[0][1] for hands in both)) / ideal
    print(f"{[len(hands.ends) for hands in both]}: {took:.2f} times the ideal, {len(ground.looks()) / count:.3f} looks")
    assert took <= span
    assert len(ground.looks()) <= looks * count


def test_a_message_is_hidden_for_as_long_as_its_work_lasts_and_deleted_by_its_newest_receipt(hands: Hands) -> None:
    hands.ground.send("190")
    hands.start()
    for _ in range(189):
        hands.ground.go(1)
        assert hands.ground.queue.peek(1) == []
    hands.ground.go(5)
    assert len(hands.ground.queue) == 0
    assert hands.ground.counts()["PUT image-jobs messages"] == 5  # each third of the time for which it is hidden


def test_a_message_that_fails_comes_back_after_ten_seconds(hands: Hands) -> None:
    hands.errors["1"] = StorageOut("ServerBusy")
    hands.ground.send("1")
    hands.start()
    hands.ground.go(9.9)
    assert len(hands.starts) == 1
    del hands.errors["1"]
    hands.ground.go(5)
    first, second = (begun_at for _, begun_at in hands.starts)
    assert 11 <= second - first <= 13
    assert len(hands.ground.queue) == 0


def test_a_message_that_was_received_too_often_is_buried_at_once() -> None:
    hands = Hands(AzureFunctionsJobHost__extensions__queues__maxDequeueCount="2")
    hands.errors["1"] = ValueError("a bug")
    hands.ground.send("1")
    hands.start()
    hands.ground.go(60)
    assert (len(hands.starts), hands.burials) == (2, ["1"])
    assert len(hands.ground.queue) == 0


def test_an_outage_of_the_queue_slows_it_down_and_does_not_end_it(hands: Hands) -> None:
    hands.start()
    hands.ground.outage(0, 900)
    hands.ground.go(850)
    before = len(hands.ground.looks())
    assert before < 400  # the SDK sends each look four times
    hands.ground.go(50)
    hands.ground.send("1")
    hands.ground.go(35)
    assert [body for body, _ in hands.starts] == ["1"]


def test_a_message_that_this_process_sends_is_looked_for_at_once(hands: Hands) -> None:
    hands.start()
    hands.ground.go(HOUR)
    sent_at = hands.ground.now
    hands.ground.call(lambda: hands.queue.send("1"))
    hands.ground.go(1)
    assert hands.starts[0][1] - sent_at < 0.1


def test_a_message_that_is_sent_for_later_wakes_nobody(hands: Hands) -> None:
    hands.start()
    hands.ground.go(HOUR)
    looks = len(hands.ground.looks())
    hands.ground.scheduler.run(2 * HOUR, enough=lambda: len(hands.ground.looks()) > looks)
    hands.ground.go(1)
    hands.ground.call(lambda: hands.queue.send("1", delay=timedelta(minutes=1)))
    hands.ground.go(20)
    assert len(hands.ground.looks()) == looks + 1


def test_the_wait_between_two_looks_is_a_tenth_of_the_time_without_work_up_to_half_a_minute(hands: Hands) -> None:
    hands.start()
    hands.ground.go(HOUR)
    for before, after in pairwise(hands.ground.looks()):
        assert after - before == pytest.approx(min(30.0, max(0.05, 0.1 * before)), abs=0.02)
    assert len(hands.ground.looks()) < 250


def test_the_end_of_a_message_is_no_reason_to_look(hands: Hands) -> None:
    hands.ground.send(*["0.03"] * 4)
    hands.start()
    hands.ground.go(0.04)
    assert len(hands.ground.looks()) <= 2


def test_who_waits_for_room_looks_as_soon_as_there_is_some() -> None:
    hands = Hands(slots=1)
    hands.ground.send("7", "1")
    hands.start()
    hands.ground.go(10)
    first, second = (begun_at for _, begun_at in hands.starts)
    assert second - first < 7.1
    assert len([look for look in hands.ground.looks() if first + 0.1 < look < second - 0.1]) == 0


def test_who_works_on_one_message_for_long_is_not_idle_and_well_at_its_end() -> None:
    hands = Hands(slots=1)
    hands.ground.send("1000")
    hands.start()
    hands.ground.go(990)
    assert (hands.consumer.is_idle, hands.consumer.is_well) == (False, True)
    hands.ground.scheduler.run(1_100, enough=lambda: not hands.consumer.in_hand)
    assert hands.consumer.is_well


def test_who_stops_gives_back_what_nobody_works_on_and_settles_the_rest(hands: Hands) -> None:
    hands.ground.send(*["0.01"] * 100, *["30"] * 40)
    running = hands.start()
    hands.ground.go(10)
    assert hands.consumer.in_hand > 8
    hands.consumer.stop()
    assert not hands.ground.scheduler.run(hands.ground.now + 10, enough=lambda: running.ended)
    hands.ground.go(60)
    assert (running.ended, hands.consumer.in_hand) == (True, 0)
    begun = sum(body == "30" for body, _ in hands.starts)
    assert begun == 4
    assert len(hands.ground.queue.peek(64)) == 40 - begun


def test_who_stops_while_nothing_is_there_ends_at_once(hands: Hands) -> None:
    running = hands.start()
    hands.ground.go(HOUR)
    hands.consumer.stop()
    hands.ground.go(0.1)
    assert running.ended


def test_a_message_that_was_lost_is_not_deleted_under_the_hand_of_another(hands: Hands) -> None:
    hands.ground.send("200")
    hands.start()
    hands.ground.go(30)
    hands.ground.outage(0, 110)  # no renewal comes through for longer than it is hidden
    hands.ground.go(110)
    (lost,) = hands.ground.queue.get(1, hide=timedelta(hours=1))
    rival = QueueMessage(b"", lost.id, lost.receipt, lost.dequeues)
    hands.ground.go(100)
    assert (hands.consumer.in_hand, len(hands.ground.queue)) == (0, 1)
    hands.ground.call(lambda: hands.queue.delete(rival))
    assert len(hands.ground.queue) == 0


def test_a_message_that_was_lost_before_its_turn_is_not_begun() -> None:
    hands = Hands(slots=1)
    hands.ground.send(*["0.01"] * 50, "200", *["1"] * 5)
    hands.start()
    hands.ground.go(20)
    assert hands.consumer.in_hand == 6
    hands.ground.outage(0, 110)
    hands.ground.go(110)
    assert len(hands.ground.queue.get(32, hide=timedelta(hours=1))) == 6
    hands.ground.go(300)
    assert (hands.consumer.in_hand, len(hands.starts)) == (0, 51)
