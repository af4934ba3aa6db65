"""A poison queue, on Azurite and in memory: look, take, delete; and the steps over it."""

from collections.abc import Mapping
from typing import Any, Protocol

import pytest
from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from shared.darkroom import Darkroom
from shared.leftovers import PoisonQueue
from shared.steps.outcomes import Outcome
from tests.doubles.poison import MemoryPoison


class Bench(Protocol):
    """A poison queue and the host's side of it."""

    store: PoisonQueue

    def put(self, body: str, *, received: int = 0) -> None:
        """Put in a message, and let it be received so often."""


class AzurePoison:
    """The queue on Azurite, which does not exist until something is put in."""

    def __init__(self, darkroom: Darkroom) -> None:
        self.store = darkroom.storage.poison
        self.client = self.store._queue

    def put(self, body: str, *, received: int = 0) -> None:
        """See ``Bench``."""
        try:
            self.client.create_queue()
        finally:
            sent = self.client.send_message(body, time_to_live=-1)
            for _ in range(received):
                (sent,) = next(self.client.receive_messages(messages_per_page=1, visibility_timeout=60).by_page())
                self.client.update_message(sent, visibility_timeout=0)


class DoubledPoison:
    """The queue in memory."""

    def __init__(self) -> None:
        self.store = MemoryPoison("poison")

    def put(self, body: str, *, received: int = 0) -> None:
        """See ``Bench``."""
        self.store.put(body.encode(), dequeue_count=received)


@pytest.fixture(params=["memory", "azurite"])
def poison(request: pytest.FixtureRequest) -> Bench:
    """Give a poison queue that is missing."""
    return DoubledPoison() if request.param == "memory" else AzurePoison(request.getfixturevalue("darkroom"))


def test_a_queue_that_is_missing_is_nothing(poison: Bench) -> None:
    assert (poison.store.stuck(1), poison.store.receive()) == (False, [])


@pytest.mark.parametrize(("received", "stuck"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_message_is_stuck_from_the_maximum_on(poison: Bench, received: int, stuck: bool) -> None:  # noqa: FBT001
    poison.put("hello", received=received)
    assert poison.store.stuck(2) is stuck


def test_a_message_is_taken_verbatim_and_is_in_one_hand(poison: Bench) -> None:
    poison.put("images/ä <&> \"'😀.png", received=1)
    (message,) = poison.store.receive()
    assert (message.body.decode(), message.dequeue_count) == ("images/ä <&> \"'😀.png", 2)
    assert (poison.store.receive(), poison.store.stuck(1)) == ([], False)


def test_deleting_twice_is_harmless(poison: Bench) -> None:
    poison.put("hello")
    (message,) = poison.store.receive()
    poison.store.delete(message)
    poison.store.delete(message)
    assert poison.store.receive() == []


def test_a_message_that_others_have_received_since_is_left_to_them(darkroom: Darkroom) -> None:
    bench = AzurePoison(darkroom)
    bench.put("hello")
    (message,) = bench.store.receive()
    bench.client.update_message(message.id, message.receipt, visibility_timeout=0)
    (theirs,) = bench.store.receive()
    bench.store.delete(message)
    bench.client.update_message(theirs.id, theirs.receipt, visibility_timeout=0)
    assert [one.id for one in bench.store.receive()] == [message.id]


def test_what_is_stuck_is_taken_in_and_gone(darkroom: Darkroom) -> None:
    bench = AzurePoison(darkroom)
    darkroom.storage.create()
    bench.put("nobody's.png", received=5)
    assert darkroom.drain() == {Outcome.REJECTED: 1}
    assert [row.text for row in darkroom.storage.rejections.list(limit=9)] == ["nobody's.png"]
    assert bench.client.get_queue_properties().approximate_message_count == 0


@pytest.mark.parametrize("name", ["AzureWebJobs.bury_blob_events.Disabled", "AzureWebJobs_bury_blob_events_Disabled"])
def test_the_shared_queue_is_left_alone_where_its_trigger_is_disabled(
    environ: Mapping[str, str], wire: HttpTransport[Any, Any], name: str
) -> None:
    assert wiring.build({**environ, name: "true"}, transport=wire, threaded=False).storage.blob_poison is None
    assert wiring.build(environ, transport=wire, threaded=False).storage.blob_poison is not None
