"""A poison queue: take, delete; and the steps over it."""

import pytest

from shared.steps.intake.disposition import Disposition
from shared.wiring.steps import Darkroom
from tests.contract.places import Place
from tests.contract.poison_bench import AzurePoison, PoisonBench


def test_a_queue_that_is_missing_is_nothing(poison: PoisonBench) -> None:
    assert poison.store.receive() == []


@pytest.mark.azurite
def test_a_message_is_taken_verbatim_and_is_in_one_hand(poison: PoisonBench) -> None:
    poison.put("images/ä <&> \"'😀.png", received=1)
    (message,) = poison.store.receive()
    assert (message.body.decode(), message.dequeue_count) == ("images/ä <&> \"'😀.png", 2)
    assert poison.store.receive() == []


def test_deleting_twice_is_harmless(poison: PoisonBench) -> None:
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


@pytest.mark.parametrize("received", [0, 5])
def test_what_is_there_is_taken_in_and_gone(darkroom: Darkroom, received: int) -> None:
    bench = AzurePoison(darkroom)
    darkroom.storage.create()
    bench.put("nobody's.png", received=received)
    assert darkroom.drain.drain() == {Disposition.REJECTED: 1}
    assert [row.text for row in darkroom.storage.rejections.list(limit=9)] == ["nobody's.png"]
    assert bench.client.get_queue_properties().approximate_message_count == 0


@pytest.mark.parametrize("name", ["AzureWebJobs.bury_blob_events.Disabled", "AzureWebJobs_bury_blob_events_Disabled"])
def test_the_shared_queue_is_left_alone_where_its_trigger_is_disabled(place: Place, name: str) -> None:
    assert place.with_settings(**{name: "true"}).build().storage.blob_poison is None
    assert place.build().storage.blob_poison is not None
