"""Run in a process of its own: the way of one image through the library that the production worker loads.

It takes the image's path, calls ``record_image`` with it, then ``analyze_queued`` with the message that this has put
into the queue, and prints what became of each call.
"""

import json
import os
import sys
from types import SimpleNamespace

from azure.storage.queue import QueueClient
from azure_functions_runtime import handle_event, loader, native_invocation
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.utils.threadpool import start_threadpool_executor, stop_threadpool_executor

#: The numbers of a binding's direction and data type in the worker's protocol.
PROTOCOL = SimpleNamespace(BindingInfo=SimpleNamespace(out=1, inout=2, undefined=0))


def call(function_id: str, name: str, data: Datum, metadata: dict[str, Datum]) -> dict[str, object]:
    answer = native_invocation.run_invocation_sync(f"call-{name}", function_id, [(name, data)], metadata)
    return {"ok": answer[1], "error": answer[4]}


def main(path: str) -> None:
    load_binding_registry()
    start_threadpool_executor()
    indexed = loader.index_function_app("function_app.py")
    known = [handle_event._functions.add_indexed_function(function, PROTOCOL) for function in indexed]
    ids = {info.name: info.function_id for info in known}
    blob = {"BlobTrigger": Datum(path, "string"), "Properties": Datum("{}", "json"), "Uri": Datum("", "string")}
    recorded = call(ids["record_image"], "blob", Datum(b"unread", "bytes"), blob)
    queue = QueueClient.from_connection_string(
        os.environ["AzureWebJobsStorage"],  # noqa: SIM112 - the host spells it so
        "image-jobs",
        api_version="2024-11-04",
    )
    text = queue.receive_message().content
    message = {"Id": Datum("m", "string"), "DequeueCount": Datum("1", "json")}
    analysed = call(ids["analyze_queued"], "message", Datum(text, "string"), message)
    tick = Datum(json.dumps({"IsPastDue": False}), "json")
    swept = call(ids["analyze_pending"], "tick", tick, {})
    stop_threadpool_executor()
    print(json.dumps({"functions": sorted(ids), "calls": [recorded, analysed, swept]}))


if __name__ == "__main__":
    main(sys.argv[1])
