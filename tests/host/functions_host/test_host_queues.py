import base64
from datetime import timedelta

import pytest
from azure.storage.queue import QueueClient

from tests.host.functions_host.hosts import Copy, Launch, Storage
from tests.rig import until
from tests.unit.acts import raising


def contents(queue: QueueClient) -> list[str]:
    return [message.content for message in queue.peek_messages(max_messages=32)]


def count(queue: QueueClient) -> int:
    properties = queue.get_queue_properties()
    return int(properties.approximate_message_count or 0)


def test_a_message_whose_call_succeeds_is_deleted(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    queue.send_message("hello")
    running = launch("recorder")
    name, message = running.call()
    assert (name, message.get_body(), message.dequeue_count) == ("work", b"hello", 1)
    assert message.id
    assert message.pop_receipt
    assert message.expiration_time - message.insertion_time == timedelta(days=7)
    until(lambda: count(queue) == 0)


def test_a_failing_message_comes_back_and_is_poisoned_at_the_maximum(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    queue.send_message("fail")
    running = launch("recorder")
    calls = [running.call() for _ in range(4)]
    assert [(name, getattr(argument, "dequeue_count", argument)) for name, argument in calls] == [
        ("work", 1),
        ("work", 2),
        ("work", 3),
        ("bury", "fail"),
    ]
    running.log.wait_for("message poisoned", dequeue_count=3)
    until(lambda: count(queue) == 0)  # it goes after its copy, of which that line tells


def test_a_failing_message_stays_hidden_for_the_visibility_timeout(
    storage: Storage, launch: Launch, copy_app: Copy
) -> None:
    storage.queue().send_message("fail")
    running = launch(copy_app("recorder", '"maxDequeueCount"', '"visibilityTimeout": "00:00:01", "maxDequeueCount"'))
    assert running.call()[1].dequeue_count == 1
    assert running.no_call(0.7)
    assert running.call()[1].dequeue_count == 2


def test_a_message_over_the_maximum_is_poisoned_without_a_call(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    queue.send_message("worn")
    for _ in range(3):
        queue.update_message(next(queue.receive_messages(max_messages=1)), visibility_timeout=0)
    running = launch("recorder")
    assert running.call() == ("bury", "worn")
    assert not running.log.find("function started", function="work")


def test_a_crash_between_the_copy_and_the_deletion_leaves_both(
    storage: Storage, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = storage.queue()
    queue.send_message("fail")
    for _ in range(2):
        queue.update_message(next(queue.receive_messages(max_messages=1)), visibility_timeout=0)
    monkeypatch.setattr(QueueClient, "delete_message", raising(ConnectionError("the cable is out")))
    running = launch("recorder", settings={"AzureWebJobs.bury.Disabled": "true"})
    running.log.wait_for("message not settled")
    assert (count(queue), contents(storage.queue("-poison", make=False))) == (1, ["fail"])


def test_a_poison_queue_has_no_poison_queue_of_its_own(storage: Storage, launch: Launch) -> None:
    storage.queue()
    storage.queue("-poison").send_message("fail again")
    running = launch("recorder")
    assert running.call() == ("bury", "fail again")
    running.log.wait_for("function ended", function="bury", outcome="failed")
    assert running.no_call(0.4)
    assert storage.name + "-poison-poison" not in [item.name for item in storage.queues.list_queues()]


def test_renewal_keeps_a_long_message_hidden(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    queue.send_message("hold")
    running = launch("recorder", message_lease=timedelta(seconds=1))
    running.call()
    assert running.no_call(1.5)
    running.go_on.set()
    until(lambda: count(queue) == 0)
    assert len(running.log.find("function started")) == 1


def test_a_lost_receipt_lets_the_function_run_on_and_delivers_again(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    queue.send_message("hold")
    running = launch("recorder", message_lease=timedelta(seconds=2))
    _, first = running.call()
    # Another client renews the message: the host's receipt is stale from now on.
    queue.update_message(first.id, first.pop_receipt, visibility_timeout=0)
    _, second = running.call()
    assert (second.id, second.dequeue_count) == (first.id, 2)
    running.go_on.set()
    running.log.wait_for("function ended", count=2, outcome="succeeded")
    until(lambda: count(queue) == 0)
    assert not running.log.find("message not settled")


def test_no_more_than_batch_and_threshold_are_in_flight(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    for _ in range(9):
        queue.send_message("hold")
    running = launch("recorder", settings={"PYTHON_THREADPOOL_THREAD_COUNT": "16"})
    for _ in range(4):
        running.call()
    assert running.no_call(0.4)
    assert len(running.log.find("function started")) == 4


def test_a_queue_that_does_not_exist_is_waited_for_and_said_once(storage: Storage, launch: Launch) -> None:
    running = launch("recorder")
    running.log.wait_for("waiting for the queue to exist", queue=storage.name)
    assert running.no_call(0.3)
    assert len(running.log.find("waiting for the queue to exist", queue=storage.name)) == 1
    storage.queue().send_message("late")
    assert running.call()[1].get_body() == b"late"


def test_a_disabled_function_is_not_called(storage: Storage, launch: Launch) -> None:
    queue = storage.queue()
    queue.send_message("hello")
    running = launch("recorder", settings={"AzureWebJobs.work.Disabled": "true"})
    assert running.no_call(0.4)
    assert contents(queue) == ["hello"]
    assert running.log.find("function disabled", function="work")


def test_a_message_that_is_not_base64_is_poisoned_without_a_call(
    storage: Storage, launch: Launch, copy_app: Copy
) -> None:
    queue = storage.queue()
    queue.send_message("plain text")
    queue.send_message(base64.b64encode(b"hello").decode())
    app = copy_app("recorder", '"messageEncoding": "none",', "")
    running = launch(app, settings={"AzureWebJobs_bury_Disabled": "1"})
    assert running.call()[1].get_body() == b"hello"
    running.log.wait_for("message poisoned", dequeue_count=1)
    (copy,) = storage.queue("-poison", make=False).peek_messages()
    assert copy.content == "plain text"
    assert copy.expires_on
    assert copy.inserted_on
    assert copy.expires_on - copy.inserted_on == timedelta(days=7)
    assert running.no_call(0.1)


def test_keys_of_a_json_body_overwrite_the_metadata(storage: Storage, launch: Launch) -> None:
    storage.queue().send_message('{"ID": "forged", "dequeuecount": 77}')
    _, message = launch("recorder").call()
    assert (message.id, message.dequeue_count) == ("forged", 77)


def test_an_outage_of_storage_does_not_end_the_listener(
    storage: Storage, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = storage.queue()
    running = launch("recorder")
    running.log.wait_for("waiting for the queue to exist")
    with monkeypatch.context() as patch:
        patch.setattr(QueueClient, "receive_messages", raising(ConnectionError("the cable is out")))
        running.log.wait_for("queue not read", queue=storage.name)
    queue.send_message("after")
    assert running.call()[1].get_body() == b"after"
