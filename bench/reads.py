"""What the client takes to read an image or a row: by the SDKs with their own transport, and by ours, in turns.

A server in a thread of this process sends the same reply to every request; only the reader's thread is measured.
"""

import argparse
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient
from azure.storage.blob import BlobServiceClient

from bench.contest.estimates import announce
from bench.contest.figures import Finding, median, ratio, typed
from shared import wiring
from shared.invocation import start
from shared.rules.images import ImageRef

ROUNDS, _ROWS = 60, 1_000
_ROUND_SECONDS = 0.12
#: More than any image here: the SDK is to read each in one request.
_ALL = 64 * 1024 * 1024
SIZES = {"an image of 10 KB": 10_000, "an image of 2 MB": 2_000_000, "an image of 10 MB": 10_000_000}
ROW, PAGE = "the row of a job", "1,000 index rows"
SDK, PIECES, OURS = _WHO = ("SDK", "SDK, 64 KiB pieces", "ours")
_JOB_ID = f"image-analysis-{1:032x}"
_WHEN = "2026-11-29T12:00:00.0000000Z"
_TAG = {"odata.etag": f"W/\"datetime'{_WHEN}'\"", "Timestamp": _WHEN}
_DATE = "Sun, 29 Nov 2026 12:00:00 GMT"
_TIMES = {"created": _WHEN, "ended": _WHEN, "created@odata.type": "Edm.DateTime", "ended@odata.type": "Edm.DateTime"}
_JOB = {
    "PartitionKey": "image-analysis:00", "RowKey": f"job:{_JOB_ID}", "state": "COMPLETED", "type": "image-analysis",
    "ref": "images/cat.png", "version": "0x1", "params": "{}", "report": json.dumps({"found": ["x" * 20] * 150}),
    "schema": 1, "token": 1, "attempts": 1, "attempts_base": 0, "max_attempts": 5, "add_nonce": "0" * 32,
}  # fmt: skip
Read = Callable[[], object]


def main(words: list[str]) -> int:
    """Measure, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    finding = Finding("reads", typed("reads", words), ("", *(f"{each}, ms" for each in _WHO), "ratio"))
    cases: dict[str, tuple[bytes, Callable[[int], dict[str, Read]]]] = {
        **{name: (_image_reply(size), partial(_image_readers, size=size)) for name, size in SIZES.items()},
        ROW: (_json_reply(_JOB | _TAG | _TIMES), _row_readers),
        PAGE: (_json_reply({"value": _index()}), _page_readers),
    }
    for name, (reply, readers) in cases.items():
        print(f"reading {name} ...", file=sys.stderr)
        with _serving(reply) as port:
            taken = _measure(readers(port), options.rounds)
        cells = [f"{median(taken[each]):.2f}" if each in taken else "–" for each in _WHO]
        won = ratio(taken[OURS], taken[SDK])
        finding.add((name, *cells, f"{won:.2f}"), case=name, ratio=won, **{each: median(taken[each]) for each in taken})
    finding.notes.append(
        f"CPU of the reading thread, medians of {options.rounds}; the ratio is ours to the SDK's own. Ours also reads "
        "the rows as jobs and places; the SDK's ends with dictionaries."
    )
    finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench reads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes."""
    return float(_ROUND_SECONDS * (options.rounds + 1))


def _measure(readers: Mapping[str, Read], rounds: int) -> dict[str, list[float]]:
    """Have the readers take turns; return the milliseconds of each, the first of each left out."""
    taken: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds + 1):
        for name, read in readers.items():
            begun = time.thread_time()
            read()
            taken[name].append((time.thread_time() - begun) * 1000)
    return {name: each[1:] for name, each in taken.items()}


def _image_readers(port: int, size: int) -> dict[str, Read]:
    def by_sdk(**options: int) -> Read:
        wire = RequestsTransport(**options)
        service = BlobServiceClient.from_connection_string(_connection(port), transport=wire, max_single_get_size=_ALL)
        blob = service.get_blob_client("images", "cat.png")
        return lambda: blob.download_blob(0, size, max_concurrency=1).readall()

    images = wiring.build({"AzureWebJobsStorage": _connection(port)}, threaded=False).storage.images
    ref = ImageRef("images", "cat.png")
    return {
        SDK: by_sdk(),
        PIECES: by_sdk(connection_data_block_size=64 * 1024),
        OURS: lambda: images.read(ref, "0x1", size_bytes=size),
    }


def _row_readers(port: int) -> dict[str, Read]:
    table = TableClient.from_connection_string(_connection(port), "darkroomjobs")
    jobs = wiring.build({"AzureWebJobsStorage": _connection(port)}, threaded=False).storage.jobs
    jobs._buckets_agree = True  # type: ignore[attr-defined] # noqa: SLF001 - the server knows one row
    place, row_key = str(_JOB["PartitionKey"]), str(_JOB["RowKey"])
    return {SDK: lambda: table.get_entity(place, row_key), OURS: lambda: jobs.get(_JOB_ID)}


def _page_readers(port: int) -> dict[str, Read]:
    table = TableClient.from_connection_string(_connection(port), "darkroomjobs")
    index = wiring.build({"AzureWebJobsStorage": _connection(port)}, threaded=False).storage.index
    return {
        SDK: lambda: [*table.query_entities("PartitionKey eq 'a'", select=["RowKey"])],
        OURS: lambda: index.live("image-analysis", 0, after=None, limit=_ROWS),
    }


def _index() -> list[dict[str, Any]]:
    tag = {"odata.etag": _TAG["odata.etag"]}
    return [{**tag, "RowKey": f"due:{number:013}:{_JOB_ID}", "running": False} for number in range(_ROWS)]


def _json_reply(value: object) -> bytes:
    return _reply("200 OK", json.dumps(value).encode(), "Content-Type: application/json;odata=minimalmetadata")


def _image_reply(size: int) -> bytes:
    facts = (f"Content-Range: bytes 0-{size - 1}/{size}", 'ETag: "0x1"', "x-ms-blob-type: BlockBlob")
    return _reply("206 Partial Content", bytes(size), *facts, f"Last-Modified: {_DATE}")


def _reply(status: str, body: bytes, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Date: {_DATE}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def _connection(port: int) -> str:
    host = f"http://127.0.0.1:{port}/bench"
    return f"AccountName=bench;AccountKey=a2V5;BlobEndpoint={host};QueueEndpoint={host};TableEndpoint={host}"


@contextmanager
def _serving(reply: bytes) -> Iterator[int]:
    """Send one and the same reply to every request; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        start(partial(_accept, server, reply), name="server")
        yield server.getsockname()[1]


def _accept(server: socket.socket, reply: bytes) -> None:
    with suppress(OSError):  # closed: it is over
        while True:
            connection, _ = server.accept()
            start(partial(_answer, connection, reply), name="connection")


def _answer(connection: socket.socket, reply: bytes) -> None:
    with suppress(OSError), connection, connection.makefile("rb") as lines:
        while lines.readline():
            while lines.readline() not in (b"\r\n", b""):
                pass
            connection.sendall(reply)
