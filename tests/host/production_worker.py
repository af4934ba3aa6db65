"""Run in a process of its own: all of our functions in the library that the worker loads from Python 3.13 on.

It takes the names of two images. The first goes the whole way by event and message; the second is found by the walk and
analysed by the sweep. It prints what failed, and which log lines name no invocation.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from azure.storage.queue import QueueClient
from azure_functions_runtime import handle_event, invocation_id_cv, loader, native_invocation
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.utils.threadpool import start_threadpool_executor, stop_threadpool_executor

from localhost.host import delivery
from localhost.host.blobs import BlobMessage
from tests.host.pipeline.message_forms import FORGED

#: The numbers of a binding's direction and data type in the worker's protocol.
PROTOCOL = SimpleNamespace(BindingInfo=SimpleNamespace(out=1, inout=2, undefined=0))
MESSAGE = {"Id": "m", "DequeueCount": 1, "PopReceipt": "r"}


class Lines(logging.Handler):
    """Count our lines by event, and keep those that name no invocation: the host drops them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.arrivals: list[str] = []
        self.lost: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look which invocation the worker would find here."""
        if not record.name.startswith("azure"):
            (self.arrivals if invocation_id_cv.get() else self.lost).append(record.getMessage())

    def events(self) -> list[str]:
        """Return the names of the events that are kept."""
        return [json.loads(line)["event"] for line in self.arrivals if line.startswith("{")]


class Worker:
    """Call functions by their names."""

    def __init__(self) -> None:
        load_binding_registry()
        start_threadpool_executor()
        indexed = loader.index_function_app("function_app.py")
        known = [handle_event._functions.add_indexed_function(function, PROTOCOL) for function in indexed]
        self.ids = {info.name: info.function_id for info in known}
        self.failed: dict[str, str] = {}

    def call(self, function: str, name: str, data: Datum, metadata: Mapping[str, Any] = {}) -> Any:  # noqa: ANN401
        """Call a function; return what it returns, and keep why it failed."""
        arguments = (
            f"call of {function}",
            self.ids[function],
            [(name, data)],
            {k: datum_of(v) for k, v in metadata.items()},
        )
        handled, ok, value, _, error, _ = native_invocation.run_invocation_sync(*arguments)
        if not handled:
            ok, value, _, error, _ = asyncio.run(native_invocation.invocation_request_native(*arguments))
        if not ok:
            self.failed[function] = str(error)
        return value

    def messages(self, function: str, texts: Iterator[str]) -> None:
        """Call a queue function with each text, and the metadata that the host would give with it."""
        for text in texts:
            self.call(function, "message", Datum(text, "string"), delivery.overwrite(MESSAGE, text.encode()))

    def request(self, method: str, path: str, body: bytes = b"") -> int:
        """Call the API; return the status."""
        fields = {
            "method": Datum(method, "string"),
            "url": Datum(f"http://localhost/api{path}", "string"),
            "headers": {"content-type": Datum("application/json", "string")},
            "query": {},
            "params": {},
            "body": Datum(body, "bytes"),
        }
        return int(self.call("api", "req", Datum(fields, "http")).value["status_code"].value)


def datum_of(value: object) -> Datum:
    """Type a metadata value as the host does on the wire."""
    return Datum(value, "string") if isinstance(value, str) else Datum(json.dumps(value), "json")


def take_texts() -> Iterator[str]:
    """Yield the texts that lie in the queue of jobs."""
    connection = os.environ["AzureWebJobsStorage"]  # noqa: SIM112 - the host spells it so
    queue = QueueClient.from_connection_string(connection, "image-jobs", api_version="2024-11-04")
    for message in queue.receive_messages():
        yield message.content
        queue.delete_message(message)


def main(first: str, second: str) -> None:
    lines, worker = Lines(), Worker()
    logging.getLogger().addHandler(lines)
    logging.getLogger().setLevel(logging.INFO)
    blob = {"BlobTrigger": f"images/{first}", "Properties": {}, "Uri": ""}
    worker.call("record_image", "blob", Datum(b"unread", "bytes"), blob)
    worker.messages("analyze_queued", take_texts())
    for timer in ("reconcile_images", "analyze_pending", "purge_ended"):
        worker.call(timer, "tick", Datum(json.dumps({"IsPastDue": False}), "json"))
    worker.messages("bury_blob_events", iter([BlobMessage("f", "images", second, "0x1").dump().decode()]))
    for function in ("analyze_queued", "bury_poison", "bury_blob_events"):
        worker.messages(function, (json.dumps({"name": first, **keys}) for keys in FORGED))
    statuses = [
        worker.request("POST", "/jobs", b'{"type": "of-worker", "ref": "a"}'),
        worker.request("POST", "/jobs/claim", b'{"type": "of-worker", "owner": "w"}'),
    ]
    stop_threadpool_executor()
    said = {"functions": sorted(worker.ids), "failed": worker.failed, "statuses": statuses}
    print(json.dumps({**said, "events": lines.events(), "lost": lines.lost}))


if __name__ == "__main__":
    main(*sys.argv[1:])
