"""The admin API and the Event Grid webhook of the real host, as far as a local run needs them."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.exceptions import AzureError

from localhost.host import paths
from localhost.host.blobs import BlobMessage, BlobQueue, is_event_grid
from localhost.host.index import Function
from localhost.host.keys import Keys
from localhost.host.log import Log
from localhost.host.receipts import bare
from localhost.host.runtime import Runtime
from localhost.host.wire import Answer, Request

WEBHOOK = "/runtime/webhooks/blobs"
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_FUNCTIONS = "/admin/functions"

#: Runs a function by hand with the input given.
Run = Callable[[str], object]


class Admin:
    """``GET /admin/host/status``, ``GET /admin/functions``, ``POST /admin/functions/{name}``.

    Args:
        functions: All functions, disabled ones included: these can be run by hand too.
        runs: By function name, how to run it; HTTP functions are missing.
        runtime: The host's parts.
        keys: Every path of it asks for the master key; None when it is open.
    """

    def __init__(
        self, functions: Mapping[str, Function], runs: Mapping[str, Run], runtime: Runtime, keys: Keys | None
    ) -> None:
        self._functions = functions
        self._runs = runs
        self._runtime = runtime
        self._keys = keys
        self._started = runtime.clock.monotonic()

    def __call__(self, request: Request) -> Answer | None:
        """Answer, or return None when the path is not of the admin API."""
        path = request.path.rstrip("/")
        if not path.startswith("/admin"):
            return None
        if self._keys is not None and not self._keys.open("admin", request):
            return Answer(status=401)
        if path == "/admin/host/status" and request.method == "GET":
            return _json(self._status())
        if path == _FUNCTIONS and request.method == "GET":
            return _json([_listed(function) for function in self._functions.values()])
        if path.startswith(f"{_FUNCTIONS}/") and request.method == "POST":
            return self._run(path.removeprefix(f"{_FUNCTIONS}/"), request)
        return Answer(status=404)

    def _status(self) -> dict[str, Any]:
        uptime = self._runtime.clock.monotonic() - self._started
        return {
            "id": self._runtime.state.host_id,
            "state": "Stopping" if self._runtime.stop.is_set() else "Running",
            "instanceId": self._runtime.options.instance,
            "processUptime": round(uptime * 1000),
            "running": self._runtime.activity.running - 1,
        }

    def _run(self, name: str, request: Request) -> Answer:
        function = next((item for key, item in self._functions.items() if key.lower() == name.lower()), None)
        if function is None:
            return Answer(status=404)
        run = self._runs.get(function.name)
        if run is None:
            return _json({"error": "An HTTP function is called by its route."}, 400)
        try:
            given = json.loads(request.body or b"{}")
            text = given.get("input") or ""
        except (ValueError, AttributeError):
            return _json({"error": 'The body must be {"input": "..."}.'}, 400)
        _in_background(run, text if isinstance(text, str) else json.dumps(text), self._runtime)
        return Answer(status=202)


class BlobWebhook:
    """``POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>``: Event Grid announces blobs.

    There is no filter on path or event type, and no ETag is compared later: that is the subscription's part, and
    the function's. Where keys are asked for it takes the master key: as on the real host, whose own key for it has no
    use here, a key that only calls functions announces no blobs.
    """

    def __init__(self, functions: Mapping[str, Function], queue: BlobQueue, log: Log, keys: Keys | None) -> None:
        self._functions = {
            function.id.lower(): function
            for function in functions.values()
            if function.kind == "blobTrigger" and is_event_grid(function) and not function.disabled
        }
        self._queue = queue
        self._log = log
        self._keys = keys

    def __call__(self, request: Request) -> Answer | None:
        """Answer, or return None when the path is not the webhook's."""
        if request.path.rstrip("/") != WEBHOOK:
            return None
        if self._keys is not None and not self._keys.open("system", request):
            return Answer(status=401)
        function = self._functions.get(",".join(request.args.get("functionName", ())).lower())
        if function is None:
            return Answer(status=404)
        if request.method == "OPTIONS":
            # The handshake of CloudEvents subscriptions.
            origin = request.headers.get("webhook-request-origin", "")
            return Answer(status=200, headers=(("WebHook-Allowed-Origin", origin), ("WebHook-Allowed-Rate", "*")))
        if request.method != "POST":
            return Answer(status=405, headers=(("Allow", "OPTIONS, POST"),))
        events = _events(request)
        return Answer(status=400) if events is None else self._take(function, events)

    def _take(self, function: Function, events: list[dict[str, Any]]) -> Answer:
        for event in events:
            if event.get("eventType") == _VALIDATION:
                data = event.get("data")
                code = data.get("validationCode") if isinstance(data, dict) else None
                return _json({"validationResponse": code})
        try:
            for event in events:
                self._enqueue(function, event)
        except AzureError as error:
            self._log.event("event not queued", level="error", function=function.name, error=repr(error))
            return Answer(status=500)  # Event Grid sends the batch again
        return Answer(status=202)

    def _enqueue(self, function: Function, event: dict[str, Any]) -> None:
        found = paths.event_blob(event)
        if found is None:
            self._log.event("event names no blob", level="warning", function=function.name, id=event.get("id"))
            return
        etag = str(event["data"].get("eTag", "")) if isinstance(event.get("data"), dict) else ""
        self._queue.send(BlobMessage(function.id, *found, bare(etag)))


def _events(request: Request) -> list[dict[str, Any]] | None:
    """Return the batch; None when it is no list of JSON objects."""
    try:
        events = json.loads(request.body)
    except ValueError:
        return None
    events = events if isinstance(events, list) else [events]
    return events if all(isinstance(event, dict) for event in events) else None


def _in_background(run: Run, text: str, runtime: Runtime) -> None:
    runtime.activity.begin()

    def work() -> None:
        try:
            run(text)
        except Exception as error:  # noqa: BLE001 - the edge of a thread; the caller has its 202
            runtime.log.event("admin run failed", level="error", error=repr(error))
        finally:
            runtime.activity.end()

    threading.Thread(target=work, name="admin").start()


def _listed(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "config": {"bindings": [dict(binding) for binding in function.bindings], "disabled": function.disabled},
        "isDisabled": function.disabled,
        "language": "python",
    }


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(value).encode())
