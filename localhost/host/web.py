"""The host's HTTP side: routes of the app, the admin API, and the blob webhook, on 127.0.0.1."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from azure.functions.meta import Datum
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from localhost.host import routes
from localhost.host.activity import Activity
from localhost.host.index import Function
from localhost.host.invoke import Worker, converter
from localhost.host.routes import Match, Route

ADDRESS = "127.0.0.1"
#: As the real host: larger requests get 413.
MOST_BYTES = 100 * 1024 * 1024
#: How often the server looks whether it shall stop.
_POLL_SECONDS = 0.05

#: A part of the host's own API: answers a request, or None when the path is not its own.
Endpoint = Callable[[Request], Response | None]
Environ = dict[str, Any]


class BoundedRequest(Request):
    """A request whose body has a limit, so that a client cannot fill the memory."""

    max_content_length = MOST_BYTES


class Site:
    """The WSGI application.

    Args:
        functions: Those with an HTTP trigger that are not disabled get a route.
        prefix: ``routePrefix`` of host.json.
        worker: Runs them.
        activity: Counts requests until their last byte is written.
        endpoints: The host's own API, asked first.
    """

    def __init__(
        self,
        *,
        functions: Iterable[Function],
        prefix: str,
        worker: Worker,
        activity: Activity,
        endpoints: Iterable[Endpoint],
    ) -> None:
        self._routes: list[Route] = routes.compile_routes(
            [function for function in functions if not function.disabled], prefix
        )
        self._worker = worker
        self._activity = activity
        self._endpoints = tuple(endpoints)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own shape
        """Answer one request."""
        self._activity.begin()
        try:
            response = self._answer(BoundedRequest(environ))
        except HTTPException as error:
            response = Response(status=error.code or 500)
        except BaseException:
            self._activity.end()
            raise
        response.call_on_close(self._activity.end)  # which is when the last byte is written
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        for endpoint in self._endpoints:
            response = endpoint(request)
            if response is not None:
                return response
        found = routes.match(self._routes, request.method, request.path)
        return Response(status=404) if found is None else self._invoke(found, request)

    def _invoke(self, found: Match, request: Request) -> Response:
        reason = "This function was programmatically called via the host APIs."
        ended = self._worker.invoke(found.function, _request_datum(request, found.params), {}, reason=reason)
        if not ended.succeeded:
            return Response(status=500)
        return _response(ended.value)


class Server:
    """The threaded server; listens as soon as it is made."""

    def __init__(self, site: Site, port: int) -> None:
        self._server: BaseWSGIServer = make_server(ADDRESS, port, site, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Serve."""
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=_POLL_SECONDS)

    def close(self) -> None:
        """Take no more connections; requests under way go on."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    """The host logs invocations, not requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _request_datum(request: Request, params: dict[str, str]) -> Datum:
    """Return the request as the worker gets it; a repeated query parameter's values stand with commas."""
    value = {
        "method": Datum(request.method, "string"),
        "url": Datum(_url(request), "string"),
        "headers": {name: Datum(text, "string") for name, text in request.headers.items()},
        "query": {name: Datum(",".join(texts), "string") for name, texts in request.args.lists()},
        "params": {name: Datum(text, "string") for name, text in params.items()},
        "body": Datum(request.get_data(), "bytes"),
    }
    return Datum(value, "http")


def _url(request: Request) -> str:
    """Return the URL as the client wrote it: parsed and put together again, an escaped slash would be lost."""
    raw = str(request.environ.get("REQUEST_URI", ""))
    return f"{request.scheme}://{request.host}{raw}" if raw.startswith("/") else request.url


def _response(value: Any) -> Response:  # noqa: ANN401 - what a function returns
    """Return what the worker would send for a function's value; none is 204, as on the real host."""
    if value is None:
        return Response(status=204)
    datum = converter("http").encode(value, expected_type=None)
    if datum.type != "http":
        return Response(datum.value, mimetype="text/plain")
    fields = datum.value
    headers = [(name, text.value) for name, text in fields["headers"].items()]
    for cookies in fields["cookies"] or []:
        headers += [("Set-Cookie", morsel.OutputString()) for morsel in cookies.values()]
    return Response(fields["body"].value, status=int(fields["status_code"].value), headers=headers)
