"""What the queue service in process does as time passes, and where Azure differs from Azurite."""

import random

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from localhost.azurite import Azurite
from tests.rig import until
from tests.simulation.service.account import Account
from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.queues import QueueService
from tests.simulation.service.transport import InProcess


class Bench:
    """A queue in process, and the time of its account."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.clock = ServiceClock()
        transport = InProcess(Account(self.clock, {"queue": QueueService(self.clock, behaviour)}))
        self.client = QueueClient.from_connection_string(
            "UseDevelopmentStorage=true", "jobs", transport=transport, retry_total=0
        )
        self.client.create_queue()

    def receive(self, hide: int = 30) -> QueueMessage:
        """Receive a message, which must be there."""
        message = self.client.receive_message(visibility_timeout=hide)
        assert message is not None
        return message

    def texts(self) -> list[str]:
        """Receive whatever can be received."""
        return [message.content for message in self.client.receive_messages(max_messages=32)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_is_received_comes_back_when_its_time_is_over(bench: Bench) -> None:
    bench.client.send_message("hello")
    assert bench.receive(hide=30).dequeue_count == 1
    bench.clock.go(29.9)
    assert bench.texts() == []
    bench.clock.go(0.1)
    assert bench.receive().dequeue_count == 2


def test_a_message_sent_with_a_delay_shows_at_its_time(bench: Bench) -> None:
    bench.client.send_message("later", visibility_timeout=60)
    bench.clock.go(59)
    assert bench.texts() == []
    bench.clock.go(1)
    assert bench.texts() == ["later"]


def test_a_message_is_gone_when_its_life_is_over_hidden_or_not(bench: Bench) -> None:
    bench.client.send_message("short", time_to_live=10)
    message = bench.receive(hide=60)
    bench.clock.go(10)
    with pytest.raises(ResourceNotFoundError, match="MessageNotFound"):
        bench.client.delete_message(message)
    bench.clock.go(60)
    assert bench.texts() == []


@pytest.mark.parametrize(("life", "left"), [(None, []), (-1, ["kept"]), (800_000, ["kept"])])
def test_a_message_lives_for_a_week_unless_told_otherwise(bench: Bench, life: int | None, left: list[str]) -> None:
    bench.client.send_message("kept", time_to_live=life)
    bench.clock.go(7 * 86_400)
    assert bench.texts() == left


def test_a_receipt_holds_while_nobody_else_has_received_the_message(bench: Bench) -> None:
    bench.client.send_message("hello")
    message = bench.receive(hide=1)
    bench.clock.go(1000)
    bench.client.delete_message(message)
    assert bench.texts() == []


def test_a_receipt_is_over_when_somebody_else_has_received_the_message(bench: Bench) -> None:
    bench.client.send_message("hello")
    first = bench.receive(hide=1)
    bench.clock.go(1)
    second = bench.receive()
    with pytest.raises(HttpResponseError, match="PopReceiptMismatch"):
        bench.client.delete_message(first)
    bench.client.delete_message(second)


def test_an_update_hides_from_now_on_and_keeps_count_and_life(bench: Bench) -> None:
    bench.client.send_message("one", time_to_live=100)
    message = bench.receive(hide=30)
    bench.clock.go(20)
    bench.client.update_message(message, visibility_timeout=30, content="two")
    bench.clock.go(29)
    assert bench.texts() == []
    bench.clock.go(1)
    again = bench.receive()
    assert (again.content, again.dequeue_count, again.expires_on) == ("two", 2, message.expires_on)


def test_what_comes_back_stands_behind_what_has_waited_longer(bench: Bench) -> None:
    for name in "ab":
        bench.client.send_message(name)
    message = bench.receive()
    bench.clock.go(1)
    bench.client.update_message(message, visibility_timeout=0)
    assert bench.texts() == ["b", "a"]


def test_a_message_comes_back_in_azurite_too(azurite: Azurite) -> None:
    with QueueClient.from_connection_string(azurite.connection, "comes-back", api_version="2024-11-04") as client:
        client.create_queue()
        client.send_message("hello", visibility_timeout=1)
        assert client.receive_message() is None
        assert until(client.receive_message, seconds=10, what="the message").dequeue_count == 1


def test_azure_may_give_messages_in_any_order() -> None:
    bench = Bench(Behaviour(shuffle=random.Random(1).shuffle))
    for number in range(10):
        bench.client.send_message(str(number))
    texts = bench.texts()
    assert sorted(texts) == [str(number) for number in range(10)]
    assert texts != sorted(texts)


def test_azure_refuses_a_text_that_xml_can_t_carry_when_it_is_sent() -> None:
    bench = Bench(Behaviour(checks_texts=True, codes_refusals=True))
    with pytest.raises(HttpResponseError, match="InvalidXmlDocument"):
        bench.client.send_message("\x01")
    assert bench.texts() == []


def test_azure_may_know_no_message_under_an_older_receipt() -> None:
    bench = Bench(Behaviour(forgets_receipts=True))
    bench.client.send_message("hello")
    first = bench.receive(hide=1)
    bench.clock.go(1)
    bench.receive()
    with pytest.raises(ResourceNotFoundError, match="MessageNotFound"):
        bench.client.delete_message(first)
