"""Every form of message that anyone may put into the queue for one blob."""

import ast
import base64
import inspect
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any
from urllib.parse import quote

from localhost.host.blobs import BlobMessage
from shared import messages
from tests.unit import test_messages

ACCOUNT = "https://account.blob.core.windows.net"
SIGNED = "?sv=2024-11-04&sp=r&sig=a%2Bb%3D"
#: These name a job, which must be there; all others name the blob.
OF_JOBS = {"ours", "job id", "job id as JSON"}
#: Of the unit test's forms, and these; a form that is new there is missed here by name.
MORE = {"array of one path", "array of one event", "path behind a byte order mark", "JSON behind a byte order mark"}
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
        "job id": job_id,
        "job id as JSON": json.dumps(job_id),
        "path": path,
        "path as JSON": json.dumps(path),
        "bare name": name,
        "container and name": whole,
        "name alone": json.dumps({"name": name}),
        "URL": f"{ACCOUNT}/images/{quoted}{SIGNED}",
        "URL of an emulator": f"http://127.0.0.1:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of an emulator by name": f"http://localhost:10000/darkroom/images/{quoted}{SIGNED}",
        "URL of an emulator by IPv6": f"http://[::1]:10000/darkroom/images/{quoted}{SIGNED}",
        "the host's of a blob": BlobMessage("Host.Functions.record_image", "images", name, "0x1").dump().decode(),
        "Event Grid": json.dumps(_event(name, "eventType")),
        "CloudEvents": json.dumps({"specversion": "1.0", **_event(name, "type")}),
        "array of one path": json.dumps([path]),
        "array of one event": json.dumps([_event(name, "eventType")]),
        "path behind a byte order mark": f"\ufeff{path}",
        "JSON behind a byte order mark": f"\ufeff{whole}",
    }


def encoded(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


def _event(name: str, kind: str) -> dict[str, object]:
    """Return the blob service's event; its URL is percent-encoded, its subject is not."""
    return {
        "id": "831e1650-001e-001b-66ab-eeb76e069631",
        kind: "Microsoft.Storage.BlobCreated",
        "subject": f"/blobServices/default/containers/images/blobs/{name}",
        "data": {"api": "PutBlob", "eTag": "0x1", "url": f"{ACCOUNT}/images/{quote(name)}"},
    }


def readers(module: ModuleType) -> set[int]:
    """Return the lines of a module on which its private functions return, or yield, what a message may mean."""
    functions = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)]
    private = [node for function in functions if function.name.startswith("_") for node in ast.walk(function)]
    ends = [node for node in private if isinstance(node, ast.Return | ast.Yield) and node.value is not None]
    return {end.lineno for end in ends if not _says_nothing(end.value)}


@contextmanager
def traced(module: ModuleType) -> Iterator[set[int]]:
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


def _says_nothing(value: ast.expr | None) -> bool:
    """Whether it is a constant, as of what asks for nothing, or an item of a list that can't be read."""
    if value is None or isinstance(value, ast.Constant) or (isinstance(value, ast.Tuple) and not value.elts):
        return True
    return any(isinstance(node, ast.Name) and node.id == "BadItem" for node in ast.walk(value))
