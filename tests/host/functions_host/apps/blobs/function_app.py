"""A scanning and an Event Grid blob function that record their calls."""

import queue
from typing import Any

import azure.functions as func

CALLS: queue.Queue[tuple[str, Any]] = queue.Queue()

app = func.FunctionApp()


@app.blob_trigger(arg_name="blob", path="%CONTAINER%/in/{name}.png", connection="AzureWebJobsStorage")
def by_scan(blob: func.InputStream) -> None:
    """Record the blob; one that holds ``bad`` fails."""
    content = blob.read()
    seen = (blob.name, blob.length, content, blob.uri)
    CALLS.put(("by_scan", (*seen, blob.blob_properties, blob.metadata)))  # type: ignore[attr-defined] # the SDK declares less
    if content == b"bad":
        raise ValueError("asked to fail")


@app.blob_trigger(
    arg_name="blob", path="%CONTAINER%/{name}", connection="AzureWebJobsStorage", source=func.BlobSource.EVENT_GRID
)
def by_event(blob: func.InputStream) -> None:
    """Record the blob."""
    CALLS.put(("by_event", (blob.name, blob.read())))
