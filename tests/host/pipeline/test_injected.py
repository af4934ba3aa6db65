"""Messages put into the queue by anyone, in every form that is understood; the blob trigger is off, so they do it."""

import json
from collections import Counter
from collections.abc import Callable
from types import ModuleType

import pytest

from shared import messages
from shared.ids import job_id
from shared.images import ImageRef
from shared.rules import blob_events, blob_urls
from shared.telemetry import Happened
from tests.doubles.world import png
from tests.host.pipeline.injected import EXPECTED, FORGED, OF_JOBS, encoded, forms, in_lines, readers, traced
from tests.rig import Rig, until

#: None begins with white space: around a bare name, and around any other form, it is none of the message.
NASTY = ["a b & <c>", "50% #1 %41?&x=ü", "日本 😀 ('\"+)", "e\u0301/é~", "..hidden "]
JOB = job_id("image-analysis", "images/a.png", "0x1")
ENCODINGS: dict[str, Callable[[str], str]] = {"plain": str, "base64": encoded, "base64 in lines": in_lines}


def consumed(rig: Rig, number: int) -> None:
    """Wait until so many messages were taken in, each once, or twice where it went to the tail; none was rejected."""
    until(lambda: rig.waiting() == 0, what="the end of all messages")
    ends = [line for line in rig.logged("function ended") if line["function"] == "analyze_queued"]
    deferred = len(rig.logged(Happened.DEFERRED))
    assert Counter(line["outcome"] for line in ends) == {"succeeded": number + deferred}
    assert rig.darkroom.storage.rejections.list(limit=1_000) == []


@pytest.mark.parametrize("module", [messages, blob_urls, blob_events], ids=lambda module: module.__name__)
def test_the_forms_reach_all_that_messages_are_read_as(module: ModuleType) -> None:
    texts = [encode(text) for text in forms("a.png", JOB).values() for encode in ENCODINGS.values()]
    with traced(module) as reached:
        for text in texts:
            list(messages.readings(messages.text_of(text.encode()), images_container="images"))
    assert readers(module) <= reached


@pytest.mark.prove("120 messages through a host; every day a unit test reads each form")
def test_each_form_alone_gives_a_blob_its_one_job(rig: Rig) -> None:
    wanted: dict[str, str] = {}
    for number, (form, encoding) in enumerate((form, encoding) for form in sorted(EXPECTED) for encoding in ENCODINGS):
        name = f"{NASTY[number % len(NASTY)]}/{form} {encoding}.png"
        identity = rig.upload(name, png(number + 1, 2))
        if form in OF_JOBS:
            rig.darkroom.record(ImageRef("images", name), announce=False)
        wanted[identity] = ENCODINGS[encoding](forms(name, identity)[form])
    for text in wanted.values():
        rig.send(text)
    rig.start(Disabled="record_image,analyze_pending")
    assert {rig.ended(identity)["state"] for identity in wanted} == {"COMPLETED"}
    consumed(rig, len(wanted))
    assert rig.verify() == f"{len(wanted)} jobs, 0 violations, 0 repaired, 0 notes"
    claims, commits = rig.applied()
    assert claims == commits == Counter(wanted.keys())


@pytest.mark.prove("120 messages through a host; every day a unit test reads each form")
def test_all_forms_at_once_give_one_blob_one_job(rig: Rig) -> None:
    name = "/".join(NASTY).strip()
    identity = rig.upload(name, png())
    texts = forms(name, identity)
    assert texts.keys() == EXPECTED
    rig.start(Disabled="record_image,analyze_pending")
    for batch in (EXPECTED - OF_JOBS, OF_JOBS):
        for form in batch:
            for encode in ENCODINGS.values():
                rig.send(encode(texts[form]))
        until(lambda: rig.job(identity), what="the job")
    assert (rig.ended(identity)["state"], rig.ended(identity)["attempts"]) == ("COMPLETED", 1)
    consumed(rig, len(ENCODINGS) * len(texts))
    assert rig.verify() == "1 jobs, 0 violations, 0 repaired, 0 notes"
    assert rig.applied() == (Counter([identity]), Counter([identity]))


@pytest.mark.case("host 2", was="the converter raised: 5 tries, poison, and again in bury_poison")
def test_keys_like_those_of_the_hosts_metadata_keep_no_message_from_its_job(
    rig: Rig, case_result: Callable[[str], None]
) -> None:
    wanted = {rig.upload(f"{number}.png", png(number + 1, 2)): number for number in range(len(FORGED))}
    for number, keys in enumerate(FORGED):
        rig.send(json.dumps({"name": f"{number}.png", **keys}))
    rig.start(Disabled="record_image,analyze_pending")
    jobs = [rig.ended(identity) for identity in wanted]
    assert {(job["state"], job["attempts"]) for job in jobs} == {("COMPLETED", 1)}
    consumed(rig, len(FORGED))
    assert not rig.logged("message poisoned")
    case_result(f"{len(jobs)} of {len(FORGED)} arrive")


def test_a_message_that_came_before_its_blob_is_listed_and_redriven(rig: Rig) -> None:
    rig.start(Disabled="record_image,analyze_pending")
    rig.send(encoded("images/50% later.png"))
    until(lambda: rig.darkroom.storage.rejections.list(limit=1), what="the rejected row")
    (listed,) = (json.loads(line) for line in rig.command("rejected", "--json"))
    assert (listed["text"], listed["code"]) == (encoded("images/50% later.png"), "blob_not_found")
    identity = rig.upload("50% later.png", png())
    assert rig.command("redrive", listed["id"]) == [f"{listed['id']}: redriven"]
    job = rig.ended(identity)
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)
    assert rig.darkroom.storage.rejections.list(limit=1) == []
