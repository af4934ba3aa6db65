"""Every form of message that anyone may put into the queue for one blob."""

import ast
import base64
import inspect
import json
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any
from urllib.parse import quote

from localhost.host.blobs import BlobMessage
from shared.rules import messages
from shared.telemetry import LogEvent
from tests.rig import Rig, until
from tests.unit import test_messages

ACCOUNT = "https://account.blob.core.windows.net"
NAMESPACE = "https://account.dfs.core.windows.net"
SIGNED = "?sv=2024-11-04&sp=r&sig=a%2Bb%3D"
#: These name a job, which must be there; all others name the blob.
OF_JOBS = {
    "ours",
    "ours, of an image",
    "ours, deferred",
    "a flow that is none",
    "a flow of another type",
    "job id",
    "job id as JSON",
}
#: Of the unit test's forms, and these; a form that is new there is missed here by name.
MORE = {
    "array of one path",
    "array of one event",
    "path behind a byte order mark",
    "JSON behind a byte order mark",
    "path with a query behind it",
    "path behind a slash",
    "Event Grid of a rename that names no source",
}
EXPECTED = test_messages.FORMS.keys() | MORE

#: Values of the wrong type under the names of trigger metadata.
FORGED: list[dict[str, object]] = [
    {"dequeueCount": "many"},
    {"DequeueCount": {"a": 1}},
    {"DEQUEUECOUNT": 1.5},
    {"insertionTime": "yesterday"},
    {"InsertionTime": 7},
    {"expirationTime": {"at": "x"}},
    {"nextVisibleTime": True},
    {"id": 3},
    {"Id": {"x": "y"}},
    {"popReceipt": False},
    {"queueTrigger": {"z": [1]}, "sys": "x"},
    {"id": "forged", "dequeueCount": "", "nextVisibleTime": "", "expirationTime": "", "insertionTime": ""},
]


def forms(name: str, job_id: str) -> dict[str, str]:
    """Return each form, by its name, for a blob and for its job."""
    path, quoted = f"images/{name}", quote(name)
    whole = json.dumps({"container": "images", "name": name})
    return {
        "ours": messages.write(job_id, "00-a-b-01"),
        "ours, of an image": messages.write(job_id, None, flow="0123abcd"),
        "ours, deferred": messages.write(job_id, None, flow="0123abcd", hop=True),
        "a flow that is none": json.dumps({"job_id": job_id, "flow": path}),
        "a flow of another type": json.dumps({"job_id": job_id, "flow": [1], "hop": "x"}),
        "job id": job_id,
        "job id as JSON": json.dumps(job_id),
        "path": path,
        "path as JSON": json.dumps(path),
        "bare name": name,
        "container and name": whole,
        "URL in an object": json.dumps({"url": f"{ACCOUNT}/images/{quoted}{SIGNED}"}),
        "name alone": json.dumps({"name": name}),
        "URL": f"{ACCOUNT}/images/{quoted}{SIGNED}",
        "URL of an emulator": f"http://127.0.0.1:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of an emulator by name": f"http://localhost:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of an emulator by IPv6": f"http://[::1]:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of an emulator in a container": f"http://azurite:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of an emulator through Docker": f"http://host.docker.internal:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of a domain of one's own": f"https://images.example.com/images/{quoted}{SIGNED}",
        "URL with the account in its path": f"https://proxy.example.com/darkroom/images/{quoted}{SIGNED}",
        "URL of a hierarchical namespace": f"{NAMESPACE}/images/{quoted}{SIGNED}",
        "URL in capitals": f"{ACCOUNT.upper()}/images/{quoted}{SIGNED}",
        "URL of the ABFS driver": f"abfss://images@account.dfs.core.windows.net/{quoted}",
        "URL of the WASB driver": f"wasbs://images@account.blob.core.windows.net/{name}",
        "URL of the ABFS driver without an account": f"abfs://images/{quoted}{SIGNED}",
        "the host's of a blob": BlobMessage("Host.Functions.record_image", "images", name, "0x1").dump().decode(),
        "Event Grid": json.dumps(_event(name, "eventType")),
        "CloudEvents": json.dumps({"specversion": "1.0", **_event(name, "type")}),
        "Event Grid over SFTP": json.dumps(_event(name, "eventType", api="SftpCommit")),
        "Event Grid of a renamed file": json.dumps(_rename_event(name)),
        "Event Grid of a rehydrated blob": json.dumps(_event(name, "eventType", "BlobTierChanged", accessTier="Hot")),
        "JSON as a JSON string": json.dumps(whole),
        "array of one path": json.dumps([path]),
        "array of one event": json.dumps([_event(name, "eventType")]),
        "path behind a byte order mark": f"\ufeff{path}",
        "JSON behind a byte order mark": f"\ufeff{whole}",
        "path with a query behind it": f"{path}{SIGNED}",
        "path behind a slash": f"/{path}",
        "Event Grid of a rename that names no source": json.dumps(_event(name, "eventType", "BlobRenamed")),
    }


def in_base64(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


def in_lines(text: str) -> str:
    """Return a text in base64 of the URL-safe alphabet, in lines of 76 and without padding."""
    return "\r\n".join(textwrap.wrap(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), 76))


def _event(name: str, kind: str, what: str = "BlobCreated", **data: str) -> dict[str, object]:
    """Return the blob service's event; its URL is percent-encoded, its subject is not."""
    return {
        "id": "831e1650-001e-001b-66ab-eeb76e069631",
        kind: f"Microsoft.Storage.{what}",
        "subject": f"/blobServices/default/containers/images/blobs/{name}",
        "data": {"api": "PutBlob", "eTag": "0x1", "url": f"{ACCOUNT}/images/{quote(name)}", **data},
    }


def _rename_event(name: str) -> dict[str, object]:
    """Return the event of a file that was renamed to a name; the subject is that before."""
    urls = {"sourceUrl": f"{NAMESPACE}/images/before.png", "destinationUrl": f"{NAMESPACE}/images/{quote(name)}"}
    return _event("before.png", "eventType", "BlobRenamed", api="RenameFile", **urls)


#: Around any form.
ENCODINGS: dict[str, Callable[[str], str]] = {"plain": str, "base64": in_base64, "base64 in lines": in_lines}


def call_outcomes(rig: Rig) -> Counter[str]:
    """Wait until the queue is empty; return how calls for its messages ended, without those that went to the tail."""
    until(lambda: rig.waiting() == 0, what="the end of all messages")
    ends = [line for line in rig.log_lines("function ended") if line["function"] == "analyze_queued"]
    return Counter(line["outcome"] for line in ends) - Counter(succeeded=len(rig.log_lines(LogEvent.DEFERRED)))


def readers(module: ModuleType) -> set[int]:
    """Return the lines of a module on which its functions return, or yield, what a message may mean."""
    functions = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)]
    reading = [node for each in functions if not _explains(each) for node in ast.walk(each)]
    ends = [node for node in reading if isinstance(node, ast.Return | ast.Yield) and node.value is not None]
    return {end.lineno for end in ends if not _says_nothing(end.value)}


@contextmanager
def trace_lines(module: ModuleType) -> Iterator[set[int]]:
    """Give the lines of a module that are reached meanwhile, in this thread."""
    reached: set[int] = set()

    def trace(frame: FrameType, _event: str, _value: Any) -> Any:  # noqa: ANN401 - as sys.settrace has it
        if frame.f_code.co_filename != module.__file__:
            return None
        reached.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield reached
    finally:
        sys.settrace(before)


def _explains(function: ast.FunctionDef) -> bool:
    """Whether a function returns reasons, or what is kept, and no meaning of a message."""
    return function.name in ("text_to_keep", "reason_to_keep", "bad_items", "absent", "text_of", "write", "origin")


def _says_nothing(value: ast.expr | None) -> bool:
    """Whether it is a constant, what is ignored, or an item of a list that can't be read."""
    if value is None or isinstance(value, ast.Constant) or (isinstance(value, ast.Tuple) and not value.elts):
        return True
    return any(isinstance(node, ast.Name) and node.id in ("BadItem", "IgnoreReason") for node in ast.walk(value))
