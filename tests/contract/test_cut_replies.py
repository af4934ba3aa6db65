"""A reply that breaks off anywhere is no reply: a write is undecided, a read an outage, and no other error comes up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from urllib.parse import unquote

import pytest
from azure.core.exceptions import ServiceResponseError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared import wiring
from shared.errors import BlobUnreadable, InvalidReference, StorageOut, Undecided
from shared.ports.storage import Storage
from shared.rules.images import ImageRef
from shared.rules.locks import Lock
from shared.storage import clients
from shared.storage.lock_table import LockTable
from shared.storage.retries import RetryPolicy
from tests.contract.cutting_server import BreakingServer, Frame, breaking, chunked_reply, cuts, sized_reply
from tests.doubles.clock import FakeClock
from tests.proving import at_length
from tests.sdk_clients import table_of

REF = ImageRef("images", "cat.png")
_PART = (
    b"--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"HTTP/1.1 204 No Content\r\nETag: W/\"datetime'2026-11-29T12%3A00%3A00.0000000Z'\"\r\n\r\n\r\n"
)
BATCH = (
    b"--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n"
    + _PART
    + b"--changesetresponse_1--\r\n--batchresponse_1--\r\n"
)
ENTITY = (
    b'{"odata.etag":"W/\\"datetime\'2026-11-29T12%3A00%3A00.0000000Z\'\\"","PartitionKey":"lock","RowKey":"a",'
    b'"token":1,"lease_seconds":60,"Timestamp":"2026-11-29T12:00:00.0000000Z"}'
)
LIST = (
    b"<?xml version='1.0' encoding='utf-8'?><EnumerationResults ServiceEndpoint='http://x/' ContainerName='images'>"
    b"<Blobs/><NextMarker/></EnumerationResults>"
)
SENT = (
    b"<?xml version='1.0' encoding='utf-8'?><QueueMessagesList><QueueMessage><MessageId>1</MessageId>"
    b"<InsertionTime>Sun, 29 Nov 2026 12:00:00 GMT</InsertionTime><ExpirationTime>Sun, 29 Nov 2026 12:00:00 GMT"
    b"</ExpirationTime><PopReceipt>x</PopReceipt><TimeNextVisible>Sun, 29 Nov 2026 12:00:00 GMT</TimeNextVisible>"
    b"</QueueMessage></QueueMessagesList>"
)
BLOB = ('ETag: "0x1"', "Last-Modified: Sun, 29 Nov 2026 12:00:00 GMT", "x-ms-blob-type: BlockBlob")


@pytest.fixture(scope="module")
def server() -> Iterator[BreakingServer]:
    with breaking() as serving:
        yield serving


@pytest.fixture
def storage(server: BreakingServer, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Give storage that asks once, and waits for nothing: the SDKs would wait between the tries of a read."""
    monkeypatch.setattr(clients, "_RETRIES", 0)
    environ = {"AzureWebJobsStorage": server.connection}
    clock = FakeClock()
    retry = RetryPolicy(within=timedelta(0), monotonic=clock, pause=clock.advance)
    made = wiring.build(environ, transport=clients.default_transport({}), retry=retry, threaded=False)
    return made.storage


@dataclass(frozen=True)
class Call:
    """A call, the reply to it, and what it raises when the reply breaks off."""

    status: str
    body: bytes
    headers: tuple[str, ...]
    act: Callable[[Storage], object]
    error: type[Exception]
    step: int = 11


XML, JSON = "Content-Type: application/xml", "Content-Type: application/json;odata=minimalmetadata"
LOCK = Lock(name="a", owner=None, token=1, lease=timedelta(seconds=60))
CALLS = {
    "a transaction": Call(
        "202 Accepted",
        BATCH,
        ("Content-Type: multipart/mixed; boundary=batchresponse_1",),
        lambda storage: storage.locks.insert(LOCK),
        Undecided,
        step=2,
    ),
    "a message": Call("201 Created", SENT, (XML,), lambda storage: storage.queue.send("hello"), Undecided),
    "a blob": Call(
        "201 Created", b"", BLOB, lambda storage: storage.images.put(REF, b"miau", mime="image/png"), Undecided
    ),
    "a row": Call("200 OK", ENTITY, (JSON,), lambda storage: storage.locks.get("a"), StorageOut),
    "a new table": Call(
        "201 Created",
        b'{"TableName":"darkroomlocks"}',
        (JSON,),
        lambda storage: cast("LockTable", storage.locks).create(),
        Undecided,
    ),
    "a listing": Call("200 OK", LIST, (XML,), lambda storage: storage.listing.page(None, limit=5), StorageOut),
    "the bytes of a blob": Call(
        "206 Partial Content",
        b"x" * 64,
        (*BLOB, "Content-Range: bytes 0-63/64"),
        lambda storage: storage.images.read(REF, "0x1", size_bytes=64),
        StorageOut,
    ),
    "a blob as it is now": Call(
        "206 Partial Content",
        b"x" * 64,
        (*BLOB, "Content-Range: bytes 0-63/64"),
        lambda storage: storage.images.read_current(REF, most_bytes=64),
        StorageOut,
    ),
    "the head of a blob": Call("200 OK", b"", BLOB, lambda storage: storage.images.head(REF), StorageOut),
}
FRAMES = [sized_reply, chunked_reply]
#: No empty body comes in chunks.
FRAMED = [(name, frame) for name, call in CALLS.items() for frame in FRAMES if call.body or frame is sized_reply]


@pytest.mark.case("mutants 1", was="requests.ChunkedEncodingError escapes; the attempt counts")
@pytest.mark.parametrize(("name", "frame"), FRAMED)
def test_a_write_whose_reply_breaks_off_is_undecided_and_a_read_an_outage(
    server: BreakingServer, storage: Storage, name: str, frame: Frame
) -> None:
    call = CALLS[name]
    whole = frame(call.status, call.body, *call.headers)
    for reply in cuts(whole, step=call.step):
        server.reply = reply
        with pytest.raises(call.error):
            call.act(storage)
    server.reply = whole
    call.act(storage)


def test_a_body_that_the_library_reads_itself_is_a_lost_reply_too(server: BreakingServer, storage: Storage) -> None:
    server.reply = sized_reply("201 Created", ENTITY, JSON)[:-1]
    with pytest.raises(ServiceResponseError):  # the SDK would trip over its own error, which has no response
        table_of(storage.locks).create_entity({"PartitionKey": "lock", "RowKey": "a"}, retry_total=0)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_blob_that_comes_whole_is_read(server: BreakingServer, storage: Storage, frame: Frame) -> None:
    server.reply = frame("206 Partial Content", b"x" * 64, *BLOB, "Content-Range: bytes 0-63/64")
    assert storage.images.read(REF, "0x1", size_bytes=64) == b"x" * 64


READS: list[Callable[[Storage], bytes]] = [
    lambda storage: storage.images.read(REF, "0x1", size_bytes=4),
    lambda storage: storage.images.read_current(REF, most_bytes=4),
]


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("read", READS, ids=["version", "current"])
def test_more_than_was_asked_for_is_not_read(
    server: BreakingServer, storage: Storage, read: Callable[[Storage], bytes], size: int
) -> None:
    server.reply = chunked_reply("206 Partial Content", bytes(size), *BLOB, "Content-Range: bytes 0-3/4")
    with pytest.raises(BlobUnreadable, match="ReplyTooLong"):
        read(storage)


def test_a_body_that_does_not_say_where_it_ends_is_no_reply(server: BreakingServer, storage: Storage) -> None:
    server.reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + ENTITY
    with pytest.raises(StorageOut):
        storage.locks.get("a")


@pytest.mark.case("security C1", was="dot segments are folded by the HTTP client")
@settings(max_examples=at_length(25, 1_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("ab/.\\%2eE?#;+ \u00e9\U0001f600\ue000\t"), min_size=1, max_size=12))
@example("../secrets/crown.txt")
@example("a//b/%2e%2e/c")
def test_a_name_arrives_as_it_is_or_is_not_sent(server: BreakingServer, storage: Storage, name: str) -> None:
    server.reply = sized_reply("200 OK", b"", *BLOB)
    server.requests.clear()
    try:
        storage.images.head(ImageRef("images", name))
    except InvalidReference:
        assert server.requests == []
    else:
        (line,) = server.requests
        path = line.removeprefix("HEAD ").removesuffix(" HTTP/1.1").partition("?")[0]
        assert unquote(path) == f"/devstoreaccount1/images/{name}"
