"""What the real host's web server, Kestrel, does with a request before a function gets it, where uvicorn differs."""

import asyncio
import contextlib
import re
import traceback

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localhost.host.activity import Activity
from localhost.host.callers import CallerCheck
from localhost.host.log import Log

#: The longest request line, the most bytes of all headers, the most headers, the largest body.
MAX_LINE_BYTES = 8192 + 2
MAX_HEADER_BYTES = 32_768 + 2
MAX_HEADERS = 100
MAX_BODY_BYTES = 100 * 1024 * 1024
#: How long the rest of a refused request is read for, so that the client sees the answer and no reset.
_LINGER_SECONDS = 2.0

_ABSOLUTE = re.compile(r"https?://([^/]*)(.*)", re.IGNORECASE)
#: An escaped slash stays escaped in a path, as on the real host: it separates nothing.
_ESCAPES = re.compile(r"(?:%(?!2[Ff])[0-9A-Fa-f]{2})+")
_ESCAPED_DOT = re.compile("%2e", re.IGNORECASE)
_ESCAPED_ESCAPE = re.compile(r"%25(?=[0-9A-Fa-f]{2})")


class Kestrel:
    """Give an app whole requests that are within the limits, and count each until it is answered.

    Args:
        app: The routes.
        callers: Who may call.
        activity: Counts requests from their last byte to the end of their answer.
        log: Where a failure of the app goes.
    """

    def __init__(self, app: ASGIApp, *, callers: CallerCheck, activity: Activity, log: Log) -> None:
        self._app = app
        self._callers = callers
        self._activity = activity
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = bytearray()
        status = _refusal(scope)
        while status is None:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            status = _body_refusal(len(body))
            if not message["more_body"]:
                break
        if status is not None:
            await _refuse(status, receive, send)
            return
        with self._activity:
            await self._answer(_target(scope), bytes(body), send)

    async def _answer(self, scope: Scope, body: bytes, send: Send) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        app = self._callers.refusal(Request(scope)) or self._app
        try:
            await app(scope, receive, send)
        except Exception:  # noqa: BLE001 - the edge of a request: the client must get an answer
            self._log.event("request failed", level="error", error=traceback.format_exc())
            await Response(status_code=500)(scope, receive, send)


def _refusal(scope: Scope) -> int | None:
    """Return the status that refuses a request by its head."""
    headers = scope["headers"]
    if scope["http_version"] not in {"1.0", "1.1"}:
        return 505
    line = b"%b %b?%b HTTP/1.1" % (scope["method"].encode(), scope["raw_path"], scope["query_string"])
    if len(line) > MAX_LINE_BYTES:
        return 414
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) + 4 for name, value in headers) > MAX_HEADER_BYTES:
        return 431
    try:
        texts = {name.decode(): value.decode() for name, value in headers}
    except UnicodeDecodeError:
        return 400
    # What one reader takes for the body is the next request to another.
    if {"content-length", "transfer-encoding"} <= texts.keys():
        return 400
    return _body_refusal(int(texts.get("content-length", 0)))


def _body_refusal(size: int) -> int | None:
    return 413 if size > MAX_BODY_BYTES else None


async def _refuse(status: int, receive: Receive, send: Send) -> None:
    """Refuse a request, and read on for a moment: closing a socket with unread bytes loses the answer."""
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body"})


def _target(scope: Scope) -> Scope:
    """Return the scope with its path decoded, and with the host and the URL that the request is for.

    The real host decodes the path, resolves ``/./`` and ``/../``, encodes it again, and leaves alone what looks like an
    escape by then: so ``%2541`` reaches a function as ``%41``, which is an ``A``. A URL as the target has its own host.
    """
    path, query = scope["raw_path"].decode(), scope["query_string"].decode()
    host = Request(scope).headers.get("host", "localhost")
    absolute = _ABSOLUTE.fullmatch(path)
    if absolute is not None:
        host, path = absolute[1], absolute[2] or "/"
    path = _resolve(path)
    url = f"http://{host}{_ESCAPED_ESCAPE.sub('%', path)}{'?' if query else ''}{query}"
    return {**scope, "path": _ESCAPES.sub(_decode, path), "state": {"host": host, "url": url}}


def _resolve(path: str) -> str:
    """Return a path without its segments ``.`` and ``..``, escaped or not."""
    kept: list[str] = []
    *folders, last = path.split("/")
    for segment in [*folders, last]:
        plain = _ESCAPED_DOT.sub(".", segment)
        if plain == ".." and len(kept) > 1:
            kept.pop()
        elif plain not in {".", ".."}:
            kept.append(segment)
    if _ESCAPED_DOT.sub(".", last) in {".", ".."}:
        kept.append("")
    return "/".join(kept)


def _decode(escapes: re.Match[str]) -> str:
    """Return the text of some escapes; they stay when they are not UTF-8."""
    try:
        return bytes.fromhex(escapes[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return escapes[0]
