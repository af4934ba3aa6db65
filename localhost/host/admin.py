"""The admin API and the Event Grid webhook of the real host, as far as a local run needs them."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import AzureError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from localhost.host import paths
from localhost.host.blobs import BlobMessage, BlobQueue, is_event_grid
from localhost.host.host_context import HostContext
from localhost.host.index import Function
from localhost.host.log import Log
from localhost.host.receipts import unquote_etag
from localhost.host.triggers import Run

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

NOT_FOUND = Response(status_code=404)


class Admin:
    """``GET /admin/host/status``, ``GET /admin/functions``, ``POST /admin/functions/{name}``.

    Args:
        functions: All functions, disabled ones included: these can be run by hand too.
        runs: By function name, how to run it; HTTP functions are missing.
        context: The host's parts.
        started: Monotonic second of the host's start.
    """

    def __init__(
        self, functions: Mapping[str, Function], runs: Mapping[str, Run], context: HostContext, *, started: float
    ) -> None:
        self._functions = functions
        self._runs = runs
        self._context = context
        self._started = started

    def app(self) -> ASGIApp:
        """Return what answers below ``/admin``."""
        routes = [
            Route("/host/status", self._status),
            Route("/functions", self._list),
            Route("/functions/{name}", self._run, methods=["POST"]),
        ]
        return Router(routes, redirect_slashes=False, default=NOT_FOUND)

    async def _status(self, _request: Request) -> JSONResponse:
        uptime = self._context.clock.monotonic() - self._started
        return JSONResponse(
            {
                "id": self._context.state.host_id,
                "state": "Stopping" if self._context.stop.is_set() else "Running",
                "instanceId": self._context.options.instance,
                "processUptime": round(uptime * 1000),
                "running": self._context.activity.running - 1,
            }
        )

    async def _list(self, _request: Request) -> JSONResponse:
        return JSONResponse([_describe(function) for function in self._functions.values()])

    async def _run(self, request: Request) -> Response:
        name = request.path_params["name"].lower()
        function = next((item for key, item in self._functions.items() if key.lower() == name), None)
        if function is None:
            return NOT_FOUND
        run = self._runs.get(function.name)
        if run is None:
            return JSONResponse({"error": "An HTTP function is called by its route."}, 400)
        try:
            text = json.loads(await request.body() or b"{}").get("input") or ""
        except (ValueError, AttributeError):
            return JSONResponse({"error": 'The body must be {"input": "..."}.'}, 400)
        _in_background(run, text if isinstance(text, str) else json.dumps(text), self._context)
        return Response(status_code=202)


class BlobWebhook:
    """``POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>``: Event Grid announces blobs.

    There is no filter on path or event type, and no ETag is compared later: that is the subscription's part, and
    the function's. Where keys are asked for it takes the master key: as on the real host, whose own key for it has no
    use here, a key that only calls functions announces no blobs.
    """

    def __init__(self, functions: Mapping[str, Function], queue: BlobQueue, log: Log) -> None:
        self._functions = {
            function.id.lower(): function
            for function in functions.values()
            if function.kind == "blobTrigger" and is_event_grid(function) and not function.is_disabled
        }
        self._queue = queue
        self._log = log

    def app(self) -> ASGIApp:
        """Return what answers below ``/runtime/webhooks``."""
        route = Route("/blobs", self._answer, methods=["OPTIONS", "POST"])
        return Router([route], redirect_slashes=False, default=NOT_FOUND)

    async def _answer(self, request: Request) -> Response:
        function = self._functions.get(request.query_params.get("functionName", "").lower())
        if function is None:
            return NOT_FOUND
        if request.method == "OPTIONS":
            # The handshake of CloudEvents subscriptions.
            origin = request.headers.get("webhook-request-origin", "")
            return Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})
        events = _events(await request.body())
        if events is None:
            return Response(status_code=400)
        for event in events:
            if event.get("eventType") == _VALIDATION:
                data = event.get("data")
                code = data.get("validationCode") if isinstance(data, dict) else None
                return JSONResponse({"validationResponse": code})
        return await run_in_threadpool(self._enqueue_all, function, events)

    def _enqueue_all(self, function: Function, events: list[dict[str, Any]]) -> Response:
        try:
            for event in events:
                self._enqueue(function, event)
        except AzureError as error:
            self._log.event("event not queued", level="error", function=function.name, error=repr(error))
            return Response(status_code=500)  # Event Grid sends the batch again
        return Response(status_code=202)

    def _enqueue(self, function: Function, event: dict[str, Any]) -> None:
        found = paths.event_blob(event)
        if found is None:
            self._log.event("event names no blob", level="warning", function=function.name, id=event.get("id"))
            return
        etag = str(event["data"].get("eTag", "")) if isinstance(event.get("data"), dict) else ""
        self._queue.send(BlobMessage(function.id, *found, unquote_etag(etag)))


def _events(body: bytes) -> list[dict[str, Any]] | None:
    """Return the batch; None when it is no list of JSON objects."""
    try:
        events = json.loads(body)
    except ValueError:
        return None
    events = events if isinstance(events, list) else [events]
    return events if all(isinstance(event, dict) for event in events) else None


def _in_background(run: Run, text: str, context: HostContext) -> None:
    context.activity.begin()

    def work() -> None:
        try:
            run(text)
        except Exception as error:  # noqa: BLE001 - the edge of a thread; the caller has its 202
            context.log.event("admin run failed", level="error", error=repr(error))
        finally:
            context.activity.end()

    threading.Thread(target=work, name="admin").start()


def _describe(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "config": {"bindings": [dict(binding) for binding in function.bindings], "disabled": function.is_disabled},
        "isDisabled": function.is_disabled,
        "language": "python",
    }
