"""Messages come as the SDK would give them, and what is no list of messages is an outage."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from azure.storage.queue import QueueClient

from shared.errors import StorageOut
from shared.storage import queue_requests
from shared.storage.clients import API_VERSION
from shared.storage.queue_client import Queue
from tests.contract.cutting_server import BreakingServer, breaking, sized_reply

XML = "Content-Type: application/xml"
TEXT = "{&quot;job&quot;: &quot;a&amp;b ä&#x1F600;&quot;}"
MESSAGE = (
    "<QueueMessage><MessageId>1-a</MessageId><InsertionTime>Mon, 30 Nov 2026 10:00:00 GMT</InsertionTime>"
    "<ExpirationTime>Mon, 30 Nov 2026 10:00:00 GMT</ExpirationTime><PopReceipt>a+b/c==</PopReceipt>"
    "<TimeNextVisible>Mon, 30 Nov 2026 10:00:00 GMT</TimeNextVisible><DequeueCount>3</DequeueCount>"
    f"<MessageText>{TEXT}</MessageText></QueueMessage>"
)


def _list(*messages: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>{"".join(messages)}</QueueMessagesList>'.encode()


@pytest.fixture
def server() -> Iterator[BreakingServer]:
    """Give a server that answers by what a test says."""
    with breaking() as started:
        yield started


def test_messages_are_those_that_the_sdk_reads(server: BreakingServer) -> None:
    server.reply = sized_reply("200 OK", _list(MESSAGE, MESSAGE.replace("1-a", "2-b")), XML)
    with QueueClient.from_connection_string(server.connection, "jobs", api_version=API_VERSION) as sdk:
        page = next(sdk.receive_messages(messages_per_page=2).by_page())
        theirs = [(one.content, one.id, one.pop_receipt, one.dequeue_count) for one in page]
    with Queue.from_connection_string(server.connection, "jobs", api_version=API_VERSION) as queue:
        ours = [(one.body.decode(), one.id, one.receipt, one.dequeue_count) for one in queue.take(2, 30)]
    assert ours == theirs
    assert "numofmessages=2&visibilitytimeout=30 " in server.requests[-1]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"7", _list(MESSAGE.replace("DequeueCount", "x")), _list(MESSAGE.replace(">3<", ">x<"))],
)
def test_a_reply_that_is_no_list_of_messages_is_an_outage(server: BreakingServer, body: bytes) -> None:
    server.reply = sized_reply("200 OK", body, XML)
    with (
        Queue.from_connection_string(server.connection, "jobs", retry_total=0) as queue,
        pytest.raises(StorageOut),
    ):
        queue_requests.receive(queue, most=1, hidden=timedelta(seconds=1))
