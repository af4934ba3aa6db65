"""Messages of strangers on Azurite: what they cost, and that each is kept, whatever it is made of."""

import json
from collections.abc import Callable

import pytest

from shared.rules import messages
from shared.steps.intake.disposition import Disposition
from shared.wiring.steps import Darkroom
from tests.contract.places import Place
from tests.contract.poison_bench import AzurePoison
from tests.contract.verify_bench import VerifyBench
from tests.doubles.transports import CountingTransport

#: A message of the queue service holds 64 KiB.
MOST = 65_536
HOSTILE = {
    "numbers": b"[" + b"0," * 30_000 + b"0]",
    "different items": json.dumps([{"x": number} for number in range(5_000)]).encode(),
    "names": json.dumps([f"{number}.png" for number in range(101)]).encode(),
    "a deep list": b"[" * 950 + b"]" * 950,
    "a deep item": b'[{"a":' * 320 + b"1" + b"}]" * 320,
    "digits": b'{"x":' + b"9" * 60_000 + b"}",
    "a zero byte": b"cat\0.png",
    "bytes": bytes(range(128, 256)) * 500,
    "control characters": b'{"name":"' + b"\x01\x1f\x7f" * 20_000,
    "half a surrogate pair": b'{"name":"\\ud800.png"}',
    "noncharacters": "\uffff\ufffe".encode() * 10_000,
    "emoji": "😀".encode() * 16_000,
    "a refused name": json.dumps({"name": "a\x01b.png"}).encode(),
    "a folded name": b"images/a/../../x.png",
    "no text": b" \r\n\t",
}


@pytest.mark.case("security H3", was="51,952 requests; a row for each of 10,000 items")
@pytest.mark.case("security M1", was="raises for ever")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_message_that_names_nothing_takes_a_handful_of_requests_and_is_kept(
    place: Place, name: str, case_result: Callable[[str], None]
) -> None:
    darkroom = place.build(counting := CountingTransport(place.transport), create=True)
    with counting.count() as requests:
        assert darkroom.bury.bury(HOSTILE[name]) == [Disposition.REJECTED]
    (row,) = darkroom.storage.rejections.list(limit=10)
    whole = darkroom.storage.rejections.get(row.id)
    assert whole is not None
    assert whole.text == messages.text_to_keep(HOSTILE[name].decode("utf-8", "backslashreplace"))
    assert len(requests) <= 4, requests
    case_result(f"{len(requests)} requests, 1 row: {row.code}")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_kept_of_it_can_be_followed_again_and_forgotten(bench: VerifyBench, name: str) -> None:
    bench.darkroom.bury.bury(HOSTILE[name])
    (row,) = bench.darkroom.storage.rejections.list(limit=10)
    assert bench.darkroom.readmit.readmit(row.id) == [Disposition.REJECTED]
    assert bench.darkroom.forget.forget(bench.darkroom.forget.find()).texts == 1
    assert bench.darkroom.storage.rejections.list(limit=10) == []


@pytest.mark.case("security M1", was="the sweep raises while 12 messages stay hidden")
@pytest.mark.case("storage refused name", was="poison for ever, never listed")
def test_a_sweep_empties_a_poison_queue_in_front_of_which_hostile_messages_lie(
    darkroom: Darkroom, case_result: Callable[[str], None]
) -> None:
    poison = AzurePoison(darkroom)
    first, *others = (HOSTILE[name].decode() for name in ("a deep list", "a refused name", "a folded name", "numbers"))
    poison.put(first, received=5)
    for text in (*others, *(f"absent-{number}.png" for number in range(12))):
        poison.client.send_message(text, time_to_live=-1)
    assert darkroom.sweep.sweep(owner="timer/1").outcomes == {Disposition.REJECTED: 16}
    assert poison.store.backlog() == 0
    case_result("16 of 16 taken in")


def test_none_of_them_is_larger_than_a_message_may_be() -> None:
    assert max(len(body) for body in HOSTILE.values()) <= MOST
