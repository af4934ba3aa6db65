"""Every form of message that is understood, put into the queue by anyone; the blob trigger is off, so they do it."""

from collections import Counter

import pytest

from shared.rules.images import ImageRef
from tests.doubles.world import png
from tests.host.pipeline.message_forms import ENCODINGS, EXPECTED, OF_JOBS, call_outcomes, forms
from tests.rig import Rig, until

#: None begins with white space: around a bare name, and around any other form, it is none of the message.
NASTY = ["a b & <c>", "50% #1 %41?&x=ü", "日本 😀 ('\"+)", "e\u0301/é~", "..hidden "]
pytestmark = pytest.mark.prove("120 messages through a host; every day a unit test reads each form")


def test_each_form_alone_gives_a_blob_its_one_job(rig: Rig) -> None:
    wanted: dict[str, str] = {}
    for number, (form, encoding) in enumerate((form, encoding) for form in sorted(EXPECTED) for encoding in ENCODINGS):
        name = f"{NASTY[number % len(NASTY)]}/{form} {encoding}.png"
        identity = rig.upload(name, png(number + 1, 2))
        if form in OF_JOBS:
            rig.darkroom.record.record(ImageRef("images", name), announce=False)
        wanted[identity] = ENCODINGS[encoding](forms(name, identity)[form])
    for text in wanted.values():
        rig.send(text)
    rig.start(Disabled="record_image,analyze_pending")
    assert {rig.ended(identity)["state"] for identity in wanted} == {"COMPLETED"}
    assert call_outcomes(rig) == {"succeeded": len(wanted)}
    assert rig.darkroom.storage.rejections.list(limit=1_000) == []
    assert rig.verify() == f"{len(wanted)} jobs, 0 violations, 0 repaired, 0 notes"
    claims, commits = rig.count_transitions()
    assert claims == commits == Counter(wanted.keys())


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
    assert rig.end_of(identity) == ("COMPLETED", 1)
    assert call_outcomes(rig) == {"succeeded": len(ENCODINGS) * len(texts)}
    assert rig.darkroom.storage.rejections.list(limit=1_000) == []
    assert rig.verify() == "1 jobs, 0 violations, 0 repaired, 0 notes"
    assert rig.count_transitions() == (Counter([identity]), Counter([identity]))
