"""Messages put into the queue by anyone; the blob trigger is off, so they do it. One host takes in all of them."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from localhost.host.blobs import POISON_QUEUE, BlobMessage
from shared.rules import blob_events, blob_urls, messages
from shared.rules.ids import job_id
from tests.doubles.world import png
from tests.host.pipeline.message_forms import ENCODINGS, FORGED, call_outcomes, forms, in_base64, readers, trace_lines
from tests.rig import SAMPLES, Rig, until

CAT = (SAMPLES / "cat.png").read_bytes()
JOB = job_id("image-analysis", "images/a.png", "0x1")


@pytest.fixture(scope="module")
def host(shared_rig: Rig) -> Rig:
    shared_rig.queues.create_queue(POISON_QUEUE)
    shared_rig.start(Disabled="record_image,analyze_pending", POISON_TRIGGERS="true")
    return shared_rig


@pytest.fixture(name="rig")
def _rig(host: Rig) -> Iterator[Rig]:
    """Give the host, with nothing left of the test before; no text may be left as rejected."""
    yield host
    call_outcomes(host)
    assert host.darkroom.storage.rejections.list(limit=1_000) == []


@pytest.mark.parametrize("module", [messages, blob_urls, blob_events], ids=lambda module: module.__name__)
def test_the_forms_reach_all_that_messages_are_read_as(module: ModuleType) -> None:
    texts = [encode(text) for text in forms("a.png", JOB).values() for encode in ENCODINGS.values()]
    with trace_lines(module) as reached:
        for text in texts:
            list(messages.readings(messages.text_of(text.encode()), images_container="images"))
    assert readers(module) <= reached


@pytest.mark.parametrize("encoding", ["plain", "base64"])
def test_a_message_by_anyone_is_enough(rig: Rig, encoding: str) -> None:
    identity = rig.upload(f"{encoding}.png", CAT)
    rig.send(ENCODINGS[encoding](f"images/{encoding}.png"))
    assert rig.end_of(identity) == ("COMPLETED", 1)


def test_a_blob_event_that_the_host_has_given_up_on_is_made_good(rig: Rig) -> None:
    identity = rig.upload("given up.png", CAT)
    event = BlobMessage("Host.Functions.record_image", "images", "given up.png", "0x1")
    rig.send(event.dump().decode(), POISON_QUEUE)
    assert rig.end_of(identity) == ("COMPLETED", 1)


@pytest.mark.case("host 2", was="the converter raised: 5 tries, poison, and again in bury_poison")
def test_keys_like_those_of_the_hosts_metadata_keep_no_message_from_its_job(
    rig: Rig, case_result: Callable[[str], None]
) -> None:
    before = call_outcomes(rig)
    wanted = {rig.upload(f"{number}.png", png(number + 1, 2)): number for number in range(len(FORGED))}
    for number, keys in enumerate(FORGED):
        rig.send(json.dumps({"name": f"{number}.png", **keys}))
    ends = [rig.end_of(identity) for identity in wanted]
    assert set(ends) == {("COMPLETED", 1)}
    assert call_outcomes(rig) - before == {"succeeded": len(FORGED)}
    assert not rig.log_lines("message poisoned")
    case_result(f"{len(ends)} of {len(FORGED)} arrive")


def test_a_message_that_came_before_its_blob_is_listed_and_redriven(rig: Rig) -> None:
    rig.send(in_base64("images/50% later.png"))
    until(lambda: rig.darkroom.storage.rejections.list(limit=1), what="the rejected row")
    (listed,) = (json.loads(line) for line in rig.command("rejected", "--json"))
    assert (listed["text"], listed["code"]) == (in_base64("images/50% later.png"), "blob_not_found")
    identity = rig.upload("50% later.png", png())
    assert rig.command("redrive", listed["id"]) == [f"{listed['id']}: redriven"]
    assert rig.end_of(identity) == ("COMPLETED", 1)
    assert rig.darkroom.storage.rejections.list(limit=1) == []
