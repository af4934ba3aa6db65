from datetime import timedelta

import pytest

from shared.errors import Lost
from shared.ports.queue import QueueMessage
from shared.rules import messages
from tests.contract.benches import AzureQueue, QueueBench
from tests.contract.places import Place

HIDDEN = timedelta(minutes=1)
TEXTS = [messages.write(f"image-analysis-{0:032x}", "00-a-b-01"), "images/ä <&> \"'😀.png", "aW1hZ2VzL2NhdC5wbmc="]


def test_the_first_message_creates_the_queue(queue: QueueBench) -> None:
    queue.store.send("hello")
    assert queue.receive() == ["hello"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.azurite
def test_a_message_arrives_verbatim(queue: QueueBench, text: str) -> None:
    queue.store.send(text)
    assert queue.receive() == [text]


def test_a_delayed_message_is_hidden_at_first(queue: QueueBench) -> None:
    queue.store.send("later", delay=timedelta(hours=1))
    assert queue.receive() == []


def test_a_delayed_message_arrives_after_its_delay(queue: QueueBench) -> None:
    queue.store.send("soon", delay=timedelta(seconds=1))
    texts = queue.receive()
    assert texts == []
    for _ in range(100):
        queue.wait(0.05)
        texts += queue.receive()
        if texts:
            break
    assert texts == ["soon"]


def test_a_delay_beyond_a_week_is_sent_all_the_same(queue: QueueBench) -> None:
    queue.store.send("much later", delay=timedelta(days=400))
    assert queue.receive() == []


def test_the_backlog_of_a_queue_that_is_missing_is_nothing(queue: QueueBench) -> None:
    assert queue.store.backlog() == 0


def test_the_backlog_counts_what_is_hidden_too(queue: QueueBench) -> None:
    queue.store.send("now")
    queue.store.send("later", delay=timedelta(hours=1))
    assert queue.store.backlog() == 2


@pytest.mark.azurite
def test_a_message_never_expires(place: Place) -> None:
    queue = AzureQueue(place)
    queue.store.send("hello")
    (message,) = queue.client.receive_messages()
    assert message.expires_on is not None
    assert message.expires_on.year == 9999


def _in_hand(queue: QueueBench, text: str = "hello") -> QueueMessage:
    queue.store.send(text)
    (message,) = queue.store.receive(most=1, hidden=HIDDEN)
    return message


def test_a_message_in_hand_is_hidden_from_others_and_counts_how_often_it_was_received(queue: QueueBench) -> None:
    message = _in_hand(queue)
    assert (message.body, message.dequeue_count) == (b"hello", 1)
    assert queue.store.receive(most=5, hidden=HIDDEN) == []


def test_no_more_messages_are_received_than_asked_for(queue: QueueBench) -> None:
    for text in "abc":
        queue.store.send(text)
    assert [len(queue.store.receive(most=2, hidden=HIDDEN)) for _ in range(3)] == [2, 1, 0]


def test_nothing_is_received_from_a_queue_that_is_missing(queue: QueueBench) -> None:
    assert queue.store.receive(most=1, hidden=HIDDEN) == []


def test_a_message_that_is_hidden_for_no_time_is_received_again_at_once(queue: QueueBench) -> None:
    queue.store.hide(_in_hand(queue), timedelta(0))
    (message,) = queue.store.receive(most=1, hidden=HIDDEN)
    assert (message.body, message.dequeue_count) == (b"hello", 2)


def test_a_message_is_hidden_by_its_newest_receipt_alone(queue: QueueBench) -> None:
    first = _in_hand(queue)
    second = queue.store.hide(first, HIDDEN)
    with pytest.raises(Lost):
        queue.store.hide(first, HIDDEN)
    assert queue.store.hide(second, HIDDEN).id == first.id


def test_a_message_is_deleted_by_its_newest_receipt_alone(queue: QueueBench) -> None:
    first = _in_hand(queue)
    second = queue.store.hide(first, HIDDEN)
    queue.store.delete(first)
    assert queue.store.backlog() == 1
    queue.store.delete(second)
    assert queue.store.backlog() == 0


def test_a_message_that_is_gone_can_not_be_hidden(queue: QueueBench) -> None:
    message = _in_hand(queue)
    queue.store.delete(message)
    with pytest.raises(Lost):
        queue.store.hide(message, HIDDEN)
