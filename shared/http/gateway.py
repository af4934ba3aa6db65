"""The host's requests come in here. The app loads with the first of them, in another thread.

The adapter of the Functions library fails on some requests. They are refused or repaired here: escapes that are not
UTF-8; a ``;`` in a path, where it would cut the name off; invalid port numbers.
"""

import asyncio
import logging
import os
import re
import threading
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from http import HTTPStatus
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

import azure.functions as func

from shared import invocation
from shared.http import concurrency, principal, problems
from shared.http.access import CALLER, Authorizer
from shared.http.body import MAX_BYTES
from shared.http.cross_site import is_cross_site, says_where_from
from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem
from shared.rules.callers import Caller, Proof
from shared.settings import app_settings
from shared.settings.settings import Settings
from shared.telemetry import LogEvent, emit
from shared.tracing import is_sampled, valid_traceparent

#: Parameters that carry keys of the host; the app must not see them.
_KEYS = frozenset({"code", "clientid"})
#: Headers that the app must not see: keys, sessions and tokens, so that it can't leak them, and what a proxy says.
_UNWANTED = re.compile(
    "authorization|cookie|x-functions-.*|x-forwarded-.*|x-darkroom-.*|x-ms-client-principal.*|x-ms-token-.*|x-zumo-auth",
    re.IGNORECASE,
)
#: All that is let in without a key of the host begins with this.
_PAGE = "/api/dashboard/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SAFE_QUERY = "%&=+/:@!$'()*,;?[]-._~"

Forward = Callable[[func.HttpRequest, func.Context], Awaitable[func.HttpResponse]]


class Gateway:
    """Check requests and forward them to the app.

    Args:
        forward: Passes a request on to the app.
        authorizer: Knows who may call what.
        max_bytes: Limit of an uploaded image.
    """

    def __init__(self, forward: Forward, *, authorizer: Authorizer, max_bytes: int) -> None:
        self._forward = forward
        self._authorizer = authorizer
        self._max_bytes = max_bytes
        self._large_bodies = concurrency.large_bodies()

    async def __call__(self, request: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        """Answer a request.

        Raises:
            Problem: The request is refused.
        """
        path, query = target(request.url)
        if request.method not in _SAFE and is_cross_site(request.headers, request.url):
            raise Problem(ErrorCode.CROSS_SITE)
        caller = self._authorize(request, path)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(ErrorCode.ENCODED_BODY)
        self._check_size(request, path)
        # The app needs neither scheme nor host: its locations begin with a slash.
        url = f"http://localhost{quote(path, safe='/')}{'?' if query else ''}{query}"
        headers = {name: value for name, value in request.headers.items() if not _UNWANTED.fullmatch(name)}
        headers |= {} if caller is None else {CALLER: caller.encode()}
        headers |= _trace_of_host()
        body = request.get_body() or b""
        inner = func.HttpRequest(request.method, url, headers=headers, body=body)
        with self._large_bodies.slot(len(body)) if len(body) > MAX_BYTES else nullcontext():
            return await self._forward(inner, context)

    def _authorize(self, request: func.HttpRequest, path: str) -> Caller | None:
        """Return who calls; refuse who may not, and what a browser sends by itself without saying from where."""
        headers = request.headers
        authorization = headers.get("authorization")
        caller = self._authorizer.authorize(request.method, path, authorization, headers.get(principal.HEADER))
        by_session = caller is not None and caller.by is Proof.PRINCIPAL and authorization is None
        if by_session and request.method not in _SAFE and not says_where_from(headers):
            raise Problem(ErrorCode.CROSS_SITE)
        return caller

    def _check_size(self, request: func.HttpRequest, path: str) -> None:
        """Refuse a body that is too large, and one that the host has dropped."""
        size = len(request.get_body() or b"")
        if not size and "transfer-encoding" in request.headers:
            # The host passes on a body only if it has a Content-Length (azure-functions-host#7930).
            raise Problem(ErrorCode.LENGTH_REQUIRED)
        if size <= MAX_BYTES:
            return
        image = request.method == "PUT" and path.startswith("/api/images/")
        limit = self._max_bytes if image else MAX_BYTES
        if size > limit:
            raise Problem(ErrorCode.TOO_MANY_BYTES, f"The body has {size:,} bytes; the limit is {limit:,}.")


def _trace_of_host() -> dict[str, str]:
    """Return the header that puts a request under the host's span of it, which is under the client's, if it has one."""
    outer = valid_traceparent(invocation.traceparent())
    return {"traceparent": outer} if outer is not None and is_sampled(outer) else {}


def forwarder(app: object) -> Forward:
    """Return the adapter of the Functions library for an ASGI app, kept from logging requests."""
    # At DEBUG it logs every answer with its headers, leases among them.
    logging.getLogger().addFilter(_is_loggable)
    forward: Forward = func.AsgiMiddleware(app).handle_async  # type: ignore[no-untyped-call] # of the SDK
    return forward


def _is_loggable(record: logging.LogRecord) -> bool:
    return record.module != "_http_asgi"


def target(url: str) -> tuple[str, str]:
    """Return a URL's path, decoded, and its query, without the host's keys.

    Raises:
        Problem: 400: the URL is malformed or not valid UTF-8.
    """
    try:
        parts = urlsplit(url)
        path = unquote_to_bytes(parts.path).decode()
        unquote_to_bytes(parts.query).decode()
    except ValueError:
        raise Problem(ErrorCode.MALFORMED_URL) from None
    pairs = [pair for pair in parts.query.split("&") if unquote(pair.partition("=")[0]).lower() not in _KEYS]
    return path, quote("&".join(pairs), safe=_SAFE_QUERY)


async def answer(request: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a request of the host."""
    return await answer_through(_own_gateway, request, context)


async def answer_page(request: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer a request that the host lets in without a key: for the files of the dashboard, and nothing else."""
    path = _path(request.url)
    if path == _PAGE and request.method in {"GET", "HEAD"}:
        return _lead_to_page(request)
    if not f"{path}/".startswith(_PAGE):
        return _respond(Problem(ErrorCode.NO_SUCH_PATH), request)
    return await answer(request, context)


def _lead_to_page(request: func.HttpRequest) -> func.HttpResponse:
    """Lead from the address with a slash at its end to the page, whose own addresses go wrong there.

    The query goes along: it may have the key, which the page takes out of the address.
    """
    query = quote(urlsplit(request.url).query, safe=_SAFE_QUERY)
    location = f"../{_PAGE.split('/')[-2]}{'?' if query else ''}{query}"
    headers = {**problems.HEADERS, "Referrer-Policy": "no-referrer", "Location": location}
    return func.HttpResponse(b"", status_code=HTTPStatus.FOUND, headers=headers)


async def answer_through(
    gateway: Callable[[], Gateway], request: func.HttpRequest, context: func.Context
) -> func.HttpResponse:
    """Answer always: an unexpected error is logged by its type, and the client learns nothing of it.

    Args:
        gateway: Returns the gateway; may block the first time.
        request: Of the host.
        context: Of the invocation.
    """
    try:
        return await (await asyncio.to_thread(gateway))(request, context)
    except Problem as problem:
        return _respond(problem, request)
    except Exception as error:  # noqa: BLE001 - the edge of the process
        emit(LogEvent.REQUEST_FAILED, error=type(error).__name__)
        return _respond(Problem(ErrorCode.INTERNAL), request)


def _respond(problem: Problem, request: func.HttpRequest) -> func.HttpResponse:
    headers = {**problems.HEADERS, **problem.headers}
    body = b"" if request.method == "HEAD" else problems.encode(problem, _path(request.url))
    return func.HttpResponse(body, status_code=problem.code.status, headers=headers, mimetype=problems.MEDIA_TYPE)


def _path(url: str) -> str:
    """Return the path of a URL; an empty string if it is malformed."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


_guard = threading.Lock()
_instance: Gateway | None = None


def _own_gateway() -> Gateway:
    """Return the gateway of this process, built at the first call."""
    global _instance  # noqa: PLW0603 - one a process, however many requests come first
    with _guard:
        if _instance is None:
            from shared import wiring  # noqa: PLC0415 - loaded with the first request
            from shared.http.app import build, gateway_of  # noqa: PLC0415
            from shared.http.dependencies import Dependencies  # noqa: PLC0415
            from shared.runtime import Runtime  # noqa: PLC0415
            from shared.wiring.tracing import open_tracer  # noqa: PLC0415

            settings, runtime = Settings.read(os.environ), Runtime()
            open_tracer(os.environ)  # FastAPI looks for it at each request, and the first has a span too
            api = Dependencies(wiring.darkroom, asyncio.sleep, runtime.monotonic, runtime.draw)
            is_open = app_settings.checks_sign_in(os.environ) is False
            _instance = gateway_of(build(api, has_keys=settings.has_callers), settings, is_open=is_open)
        return _instance
