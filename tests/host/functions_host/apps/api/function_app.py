"""A whole HTTP API behind one route, as the real app has it: an ASGI app written by hand."""

import asyncio
import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import azure.functions as func

TOGETHER = 50
POOL = ThreadPoolExecutor(TOGETHER + 1)
MEET = threading.Barrier(TOGETHER)
GO_ON = threading.Event()
BEGAN = threading.Event()

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


async def api(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401
    """Answer with what came in, with what was asked for, or after a wait in a thread."""
    body = (await receive())["body"]
    path = scope["path"]
    if path == "/api/meet":
        await asyncio.get_running_loop().run_in_executor(POOL, MEET.wait, 15)
    if path == "/api/hold":
        BEGAN.set()
        await asyncio.get_running_loop().run_in_executor(POOL, GO_ON.wait, 15)
    given = json.loads(body) if path == "/api/say" else {}
    headers = [(name.encode(), value.encode()) for name, value in given.get("headers", [])]
    await send({"type": "http.response.start", "status": given.get("status", 200), "headers": headers})
    seen = json.dumps([scope["method"], body.hex(), {k.decode(): v.decode() for k, v in scope["headers"]}]).encode()
    await send({"type": "http.response.body", "body": base64.b64decode(given["body"]) if given else seen})


@app.route(route="{*path}")
async def whole(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Pass everything on; made-up methods tell what ASGI does not: the URL as it came, and the route parameter."""
    if req.method == "URL":
        return func.HttpResponse(req.url)
    if req.method == "PARAM":
        return func.HttpResponse(req.route_params["path"])
    if req.method == "FAIL":
        raise ValueError(req.url)
    return await func.AsgiMiddleware(api).handle_async(req, context)  # type: ignore[no-any-return, no-untyped-call] # the SDK's


@app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
def open_to_all(req: func.HttpRequest) -> str:
    """Ask for no key."""
    return str(req.method)


@app.route(route="closed", auth_level=func.AuthLevel.ADMIN)
def closed(req: func.HttpRequest) -> str:
    """Ask for the master key."""
    return str(req.method)
