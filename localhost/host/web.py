"""The host's HTTP side: the host's own API first, then the routes of the app."""

from collections.abc import Callable, Iterable
from typing import Any

from azure.functions.meta import Datum

from localhost.host import routes
from localhost.host.index import Function
from localhost.host.invoke import Worker, converter
from localhost.host.keys import Keys
from localhost.host.routes import Match, Route
from localhost.host.sites import Sites
from localhost.host.wire import Answer, Request

#: A part of the host's own API: answers a request, or None when the path is not its own.
Endpoint = Callable[[Request], Answer | None]


class Site:
    """Answer requests.

    Args:
        functions: Those with an HTTP trigger that are not disabled get a route.
        prefix: ``routePrefix`` of host.json.
        worker: Runs them.
        endpoints: The host's own API, asked first.
        keys: What routes ask for; None when every one is open.
        sites: Who may call.
    """

    def __init__(
        self,
        *,
        functions: Iterable[Function],
        prefix: str,
        worker: Worker,
        endpoints: Iterable[Endpoint],
        keys: Keys | None,
        sites: Sites,
    ) -> None:
        self._routes: list[Route] = routes.compile_routes(
            [function for function in functions if not function.disabled], prefix
        )
        self._worker = worker
        self._endpoints = tuple(endpoints)
        self._keys = keys
        self._sites = sites

    def __call__(self, request: Request) -> Answer:
        """Answer one request.

        Raises:
            Exception: What a function returned is no answer; the server makes it a 500 and logs why.
        """
        refused = self._sites.refuse(request)
        if refused is not None:
            return refused
        for endpoint in self._endpoints:
            answer = endpoint(request)
            if answer is not None:
                return answer
        found = routes.match(self._routes, request.method, request.path)
        if found is None:
            return Answer(status=404)
        level = str(found.function.trigger.get("authLevel") or "function")
        if self._keys is not None and not self._keys.open(level, request):
            return Answer(status=401)
        return self._invoke(found, request)

    def _invoke(self, found: Match, request: Request) -> Answer:
        reason = "This function was programmatically called via the host APIs."
        ended = self._worker.invoke(found.function, _request_datum(request, found.params), {}, reason=reason)
        return _answer(ended.value) if ended.succeeded else Answer(status=500)


def _request_datum(request: Request, params: dict[str, str]) -> Datum:
    """Return the request as the worker gets it; a repeated query parameter's values stand with commas.

    The real host passes on a body only where the request says how long it is (azure-functions-host#7930).
    """
    value = {
        "method": Datum(request.method, "string"),
        "url": Datum(request.url, "string"),
        "headers": {name: Datum(text, "string") for name, text in request.headers.items()},
        "query": {name: Datum(",".join(texts), "string") for name, texts in request.args.items()},
        "params": {name: Datum(text, "string") for name, text in params.items()},
        "body": Datum(request.body if "content-length" in request.headers else b"", "bytes"),
    }
    return Datum(value, "http")


def _answer(value: Any) -> Answer:  # noqa: ANN401 - what a function returns
    """Return what the worker would send for a function's value; none is 204, as on the real host."""
    if value is None:
        return Answer(status=204)
    datum = converter("http").encode(value, expected_type=None)
    if datum.type != "http":
        return Answer(status=200, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=datum.value.encode())
    fields = datum.value
    headers = [(name, text.value) for name, text in fields["headers"].items()]
    for cookies in fields["cookies"] or []:
        headers += [("Set-Cookie", morsel.OutputString()) for morsel in cookies.values()]
    return Answer(status=int(fields["status_code"].value), headers=tuple(headers), body=fields["body"].value)
