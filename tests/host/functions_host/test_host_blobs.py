import json
from datetime import timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.blob import BlobClient
from azure.storage.queue import QueueClient

from localhost.host import delivery
from localhost.host.blobs import POISON_QUEUE, BlobMessage, queue_name
from tests.host.functions_host.hosts import Copy, Launch, Storage
from tests.rig import until
from tests.unit.acts import raising


def test_a_blob_fires_once_an_etag_and_again_when_overwritten(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    running = launch("blobs")
    container.upload_blob("in/a/b c.png", b"one", metadata={"shot": "7"})
    name, (path, length, content, uri, properties, metadata) = running.call()
    assert (name, path, length, content) == ("by_scan", f"{storage.name}/in/a/b c.png", 3, b"one")
    assert uri.endswith(f"/{storage.name}/in/a/b%20c.png")
    assert (properties["Length"], properties["ETag"], metadata) == (3, {}, {"shot": "7"})
    assert running.no_call(0.4)
    container.upload_blob("in/a/b c.png", b"two!", overwrite=True)
    assert running.call()[1][2] == b"two!"
    assert running.no_call(0.4)


def test_a_metadata_change_is_a_new_etag_and_fires_again(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    running = launch("blobs")
    blob = container.upload_blob("in/x.png", b"one")
    running.call()
    blob.set_blob_metadata({"seen": "1"})
    assert running.call()[1][5] == {"seen": "1"}


def test_a_blob_outside_the_pattern_does_not_fire(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    for name in ("in/x.jpg", "in/x.PNG", "out/x.png"):
        container.upload_blob(name, b"one")
    container.upload_blob("in/last.png", b"one")
    running = launch("blobs")
    assert running.call()[1][0].endswith("in/last.png")
    assert running.no_call(0.3)


def test_a_second_instance_does_not_fire_a_blob_again_and_takes_over_the_scan(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    container.upload_blob("in/x.png", b"one")
    hosts = [launch("blobs"), launch("blobs")]
    holder = until(lambda: [host for host in hosts if host.log.find("lock taken")])[0]
    other = next(host for host in hosts if host is not holder)

    def count_calls() -> int:
        return sum(len(host.log.find("function ended")) for host in hosts)

    until(count_calls)
    holder.host.close()
    other.log.wait_for("lock taken")
    container.upload_blob("in/y.png", b"two")
    assert until(lambda: other.log.find("function started", reason=f"New blob detected: {storage.name}/in/y.png (1)"))
    assert count_calls() <= 2
    assert not other.log.find("function started", reason=f"New blob detected: {storage.name}/in/x.png (2)")


def test_a_container_that_does_not_exist_is_waited_for(storage: Storage, launch: Launch) -> None:
    running = launch("blobs")
    running.log.wait_for("waiting for the container to exist", container=storage.name)
    assert running.no_call(0.3)
    assert len(running.log.find("waiting for the container to exist")) == 1
    storage.blobs.create_container(storage.name).upload_blob("in/x.png", b"late")
    assert running.call()[1][2] == b"late"


def test_a_failing_blob_call_is_repeated_five_times_then_poisoned(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    blob = container.upload_blob("in/bad.png", b"bad")
    running = launch("blobs")
    for _ in range(5):
        assert running.call()[1][2] == b"bad"
    running.log.wait_for("message poisoned", poison=POISON_QUEUE, dequeue_count=5)
    assert running.no_call(0.2)
    poison = storage.queues.get_queue_client(POISON_QUEUE)
    found = [json.loads(message.content) for message in poison.peek_messages(max_messages=32)]
    message = next(item for item in found if item["ContainerName"] == storage.name)
    assert message == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.by_scan",
        "BlobType": "BlockBlob",
        "ContainerName": storage.name,
        "BlobName": "in/bad.png",
        "ETag": blob.get_blob_properties().etag,
    }


@pytest.mark.parametrize("etag", ["0x1", None])
def test_a_version_that_is_gone_when_its_message_comes_is_skipped(
    storage: Storage, launch: Launch, etag: str | None
) -> None:
    container = storage.blobs.create_container(storage.name)
    if etag is not None:
        container.upload_blob("other.png", b"newer")
    queue = storage.queues.create_queue(queue_name(storage.name))
    queue.send_message(BlobMessage("Host.Functions.by_scan", storage.name, "other.png", etag or "").dump().decode())
    running = launch("blobs")
    running.log.wait_for("blob skipped")
    assert running.no_call(0.1)


def test_a_blob_whose_receipt_was_not_marked_is_announced_twice(
    storage: Storage, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = storage.blobs.create_container(storage.name)
    container.upload_blob("in/x.png", b"one")
    with monkeypatch.context() as patch:
        patch.setattr(BlobClient, "set_blob_metadata", raising(ServiceRequestError("the cable is out")))
        running = launch("blobs", scan=timedelta(seconds=0.1))
        running.log.wait_for("blob not announced")
    assert [running.call()[1][2], running.call()[1][2]] == [b"one", b"one"]


def test_a_function_of_another_name_gets_every_blob_again(
    storage: Storage, launch: Launch, copy_app: Copy, tmp_path: Path
) -> None:
    storage.blobs.create_container(storage.name).upload_blob("in/x.png", b"one")
    first = launch("blobs")
    assert first.call()[0] == "by_scan"
    assert first.host.close()
    app = copy_app("blobs", "2.0", "2.0")
    source = tmp_path / "function_app.py"
    source.write_text(source.read_text().replace("by_scan", "by_name"))
    assert launch(app).call()[0] == "by_name"


def test_the_scanning_instance_hears_of_its_own_message_at_once(
    storage: Storage, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "poll_seconds", lambda *_: 60.0)
    container = storage.blobs.create_container(storage.name)
    running = launch("blobs")
    container.upload_blob("in/x.png", b"one")
    assert running.call()[1][2] == b"one"


def test_a_blob_that_could_not_be_announced_is_announced_in_the_next_scan(
    storage: Storage, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = storage.blobs.create_container(storage.name)
    running = launch("blobs", scan=timedelta(seconds=0.1))
    with monkeypatch.context() as patch:
        patch.setattr(QueueClient, "send_message", raising(ServiceRequestError("the cable is out")))
        container.upload_blob("in/x.png", b"one")
        running.log.wait_for("blob not announced")
    assert running.call()[1][2] == b"one"
