"""HTTP functions as routes: from a request to a call, and from what a function returns to a response."""

import math
from collections.abc import Iterable

import h11
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, request_response
from starlette.types import Receive, Scope, Send

from localhost.channel import Data
from localhost.host.index import Function
from localhost.host.key_check import KeyCheck
from localhost.host.keys import Keys
from localhost.host.route_templates import compile_template
from localhost.host.worker import InvocationResult, Worker

#: What only the server may say.
_FRAMING = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date"})
_BODILESS = frozenset({204, 304})
_FINAL_STATUSES = range(200, 600)
_REASON = "This function was programmatically called via the host APIs."


class HttpTrigger(BaseRoute):
    """Call a function with the requests that its route takes.

    A method that the path does not take is 404 too, and HEAD is no GET: so it is on the real host
    (azure-functions-host#10098, #11625).

    Args:
        function: Has an HTTP trigger.
        prefix: ``routePrefix`` of host.json.
        worker: Runs the function.
        keys: What callers must bring; None when every route is open.

    Raises:
        ValueError: The function's route template cannot be read.
    """

    def __init__(self, function: Function, *, prefix: str, worker: Worker, keys: Keys | None) -> None:
        self._regex, self.rank = compile_template(function.route, prefix)
        self._methods = {str(method).upper() for method in function.trigger.get("methods", ())}
        self._function = function
        self._worker = worker
        self._threads = CapacityLimiter(math.inf)  # a call waits in a thread, and holds up no other
        level = str(function.trigger.get("authLevel") or "function")
        self._app = KeyCheck(request_response(self._call), keys, level)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the function answers, and the route parameters that have a value."""
        found = self._regex.fullmatch(scope["path"])
        if found is None or (self._methods and scope["method"] not in self._methods):
            return Match.NONE, {}
        return Match.FULL, {"path_params": {key: value for key, value in found.groupdict().items() if value}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the function, and send what it returns.

        Raises:
            Exception: What it returned is no response.
        """
        await self._app(scope, receive, send)

    async def _call(self, request: Request) -> Response:
        data = _data(request, await request.body())
        result = await to_thread.run_sync(self._invoke, data, limiter=self._threads)
        return _response(result.value, request.method) if result.success else Response(status_code=500)

    def _invoke(self, data: Data) -> InvocationResult:
        return self._worker.invoke(self._function, data, {}, reason=_REASON)


def _data(request: Request, body: bytes) -> Data:
    """Return the request as the worker gets it; repeated headers and query parameters are joined by commas.

    The real host passes on a body only where the request says how long it is (azure-functions-host#7930).
    """
    headers = _join((name.decode(), value.decode()) for name, value in request.headers.raw)
    fields = {
        "method": request.method,
        "url": request.state.url,
        "headers": headers,
        "query": _join(request.query_params.multi_items()),
        "params": dict(request.path_params),
    }
    return Data("http", body if "content-length" in headers else b"", fields)


def _join(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    return {name: ",".join(values) for name, values in texts.items()}


def _response(data: Data | None, method: str) -> Response:
    """Return what the host answers with for what a function has returned."""
    if data is None:
        return Response(status_code=204)
    if data.type != "http":
        return Response(data.body, media_type="text/plain")
    headers = [(name, value) for name, value in data.fields["headers"]]
    return build_response(data.fields["status"], headers, data.body, method)


def build_response(status: int, headers: list[tuple[str, str]], body: bytes, method: str) -> Response:
    """Return a response with the framing that is true of it; one to HEAD without a body keeps the length it names.

    Raises:
        ValueError: The status or a header cannot be sent; Kestrel refuses these too.
        h11.LocalProtocolError: The same.
    """
    if status not in _FINAL_STATUSES:
        raise ValueError(f"{status} is not the status of a response.")
    response = Response(b"" if status in _BODILESS else body, status)
    length = next((value for name, value in headers if name.lower() == "content-length"), "")
    kept = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
    if status not in _BODILESS:
        kept.append(
            ("Content-Length", length if method == "HEAD" and not body and length.isdecimal() else str(len(body)))
        )
    response.raw_headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in kept]
    h11.Response(status_code=status, headers=response.raw_headers)
    return response
