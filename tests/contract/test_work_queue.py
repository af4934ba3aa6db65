from datetime import timedelta

import pytest

from shared.rules import messages
from tests.contract.benches import AzureQueue, QueueBench
from tests.contract.places import Place

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
