"""The real function_app.py under the local host on real Azurite: what users are promised, end to end."""

import base64
import json

import pytest

from localhost.host.blobs import POISON_QUEUE, BlobMessage
from tests.rig import ROOT, SAMPLES, Rig, until

CAT = (SAMPLES / "cat.png").read_bytes()
ROCKET = (SAMPLES / "rocket.jpg").read_bytes()


@pytest.mark.parametrize(
    "text", ["images/cat.png", base64.b64encode(b"images/cat.png").decode()], ids=["plain", "base64"]
)
def test_a_message_by_anyone_is_enough(rig: Rig, text: str) -> None:
    rig.start(Disabled="record_image,analyze_pending")
    identity = rig.upload("cat.png", CAT)
    rig.send(text)
    job = rig.ended(identity)
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)


def test_the_sample_settings_are_enough(rig: Rig) -> None:
    values = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    rig.start(**{name: value for name, value in values.items() if name != "AzureWebJobsStorage"})
    assert rig.ended(rig.upload("cat.png", CAT))["state"] == "COMPLETED"


def test_the_timer_alone_is_enough(rig: Rig) -> None:
    rig.start(DISPATCH="timer", Disabled="analyze_queued")
    job = rig.ended(rig.upload("cat.png", CAT))
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)
    assert rig.waiting() == 0


def test_jobs_stay_pending_without_the_triggers_that_analyse(rig: Rig) -> None:
    rig.start(Disabled="analyze_queued,analyze_pending")
    first = rig.upload("first.png", CAT)
    until(lambda: rig.waiting() == 1, what="the first message")  # it comes behind its row
    second = rig.upload("second.png", CAT)
    until(lambda: rig.waiting() == 2, what="the second message")
    assert rig.in_state(first, "PENDING")
    assert rig.in_state(second, "PENDING")
    waiting = rig.queues.get_queue_client("image-jobs").peek_messages(5)
    assert [message.dequeue_count for message in waiting] == [0, 0]


def test_a_blob_deleted_while_queued_cancels_its_job(rig: Rig) -> None:
    recorder = rig.start(Disabled="analyze_queued,analyze_pending")
    identity = rig.upload("cat.png", CAT)
    until(lambda: rig.in_state(identity, "PENDING"), what="the row")
    recorder.drain()
    rig.blobs.get_blob_client("images", "cat.png").delete_blob()
    rig.start()
    job = rig.ended(identity)
    assert (job["state"], job["error"]["code"]) == ("CANCELED", "blob_gone")


def test_an_image_overwritten_while_queued_is_analysed_in_its_newer_version_alone(rig: Rig) -> None:
    recorder = rig.start(Disabled="analyze_queued,analyze_pending")
    older = rig.upload("photo", CAT)
    until(lambda: rig.in_state(older, "PENDING"), what="the row")
    recorder.drain()
    newer = rig.upload("photo", ROCKET)
    rig.start(Disabled="record_image")
    assert (rig.ended(older)["state"], rig.ended(older)["error"]["code"]) == ("CANCELED", "superseded")
    job = rig.ended(newer)
    assert (job["state"], job["attempts"], job["report"]["image"]["width_px"]) == ("COMPLETED", 1, 640)


def test_a_blob_event_that_the_host_has_given_up_on_is_made_good(rig: Rig) -> None:
    identity = rig.upload("cat.png", CAT)
    rig.queues.create_queue(POISON_QUEUE)
    rig.send(BlobMessage("Host.Functions.record_image", "images", "cat.png", "0x1").dump().decode(), POISON_QUEUE)
    rig.start(Disabled="record_image,analyze_pending")
    job = rig.ended(identity)
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)
