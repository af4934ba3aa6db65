"""The Event Grid source: a webhook without a path filter, unordered and at least once."""

import json
import urllib.request

import pytest

from tests.rig import SAMPLES, Rig, until
from tests.sdk_clients import table_of

CAT = (SAMPLES / "cat.png").read_bytes()


def event(rig: Rig, container: str, name: str) -> dict[str, object]:
    url = rig.blobs.get_blob_client(container, name).url
    subject = f"/blobServices/default/containers/{container}/blobs/{name}"
    data = {"api": "PutBlob", "url": url}
    return {"id": name, "eventType": "Microsoft.Storage.BlobCreated", "subject": subject, "data": data}


def post(port: int, events: list[dict[str, object]]) -> int:
    address = f"http://127.0.0.1:{port}/runtime/webhooks/blobs?functionName=Host.Functions.record_image"
    headers = {"aeg-event-type": "Notification", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(events).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
        return int(reply.status)


def refs(rig: Rig) -> list[str]:
    """Return what each job there is about."""
    rows = table_of(rig.darkroom.storage.jobs).list_entities()
    return [row["ref"] for row in rows if row["RowKey"].startswith("job:")]


def events_left(rig: Rig) -> int:
    """Count the host's own messages, those under way included: it deletes each after its call."""
    queues = rig.queues.list_queues(name_starts_with="azure-webjobs-blobtrigger")
    counts = [rig.queues.get_queue_client(queue).get_queue_properties().approximate_message_count for queue in queues]
    return sum(count or 0 for count in counts)


@pytest.fixture(scope="module", name="rig")
def _rig(shared_rig: Rig) -> Rig:
    """One host for both tests."""
    shared_rig.start(BLOB_SOURCE="EventGrid")
    return shared_rig


def test_an_event_delivered_three_times_makes_one_job(rig: Rig) -> None:
    identity = rig.upload("thrice.png", CAT)
    assert post(rig.hosts[0].port, [event(rig, "images", "thrice.png")] * 3) < 300
    assert rig.end_of(identity) == ("COMPLETED", 1)
    until(lambda: events_left(rig) == 0, what="the end of all calls")
    assert refs(rig).count("images/thrice.png") == 1


def test_an_event_of_our_own_thumbnail_makes_no_job(rig: Rig) -> None:
    rig.blobs.get_blob_client("thumbnails", "a/1.webp").upload_blob(CAT)
    identity = rig.upload("cat.png", CAT)
    post(rig.hosts[0].port, [event(rig, "thumbnails", "a/1.webp"), event(rig, "images", "cat.png")])
    rig.ended(identity)
    until(lambda: events_left(rig) == 0, what="the end of both calls")
    assert "images/cat.png" in refs(rig)
    assert not [ref for ref in refs(rig) if not ref.startswith("images/") or "1.webp" in ref]
