"""All that answers HTTP, put together. Loads with the first connection: its libraries take a tenth of a start."""

from collections.abc import Callable, Iterable, Mapping

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router

from localhost.host import uvicorn_server
from localhost.host.admin import NOT_FOUND, Admin, BlobWebhook
from localhost.host.blobs import BlobQueue
from localhost.host.callers import CallerCheck
from localhost.host.host_context import HostContext
from localhost.host.http_triggers import HttpTrigger
from localhost.host.index import Function
from localhost.host.kestrel import Kestrel
from localhost.host.key_check import KeyCheck
from localhost.host.keys import Keys
from localhost.host.triggers import Run

#: How the route of a page for people begins.
_DASHBOARD = "dashboard"


def make(
    functions: Mapping[str, Function],
    runs: Mapping[str, Run],
    blobs: BlobQueue,
    context: HostContext,
    *,
    started: float,
    keys: Keys | None,
    port: Callable[[], int],
) -> uvicorn.Server:
    """Make the server, with the host's own API and then the routes of the app, the most specific first.

    Args:
        functions: All functions by name.
        runs: How to run them by hand.
        blobs: Where the webhook puts what it is told.
        context: The host's parts.
        started: Monotonic second of the host's start.
        keys: What callers must bring; None where every route is open.
        port: Returns where HTTP is served.
    """
    admin = Admin(functions, runs, context, started=started).app()
    webhook = BlobWebhook(functions, blobs, context.log).app()
    triggers = [
        HttpTrigger(function, prefix=context.host_json.route_prefix, worker=context.worker, keys=keys)
        for function in functions.values()
        if function.kind == "httpTrigger" and not function.is_disabled
    ]
    routes = [
        Mount("/admin", KeyCheck(admin, keys, "admin")),
        Mount("/runtime/webhooks", KeyCheck(webhook, keys, "system")),
        *sorted(triggers, key=lambda trigger: trigger.rank),
        *_front(functions.values(), context.host_json.route_prefix),
    ]
    app = Kestrel(
        Router(routes, redirect_slashes=False, default=NOT_FOUND),
        callers=CallerCheck(port, context.options.allow_hosts),
        activity=context.activity,
        log=context.log,
    )
    return uvicorn_server.make(app)


def _front(functions: Iterable[Function], prefix: str) -> list[Route]:
    """Lead from the root to the dashboard of an app that has one, and no route of its own at the root."""
    routes = [function.route for function in functions if function.kind == "httpTrigger" and not function.is_disabled]
    if not any(route.split("/")[0].lower() == _DASHBOARD for route in routes):
        return []
    target = f"/{prefix}/{_DASHBOARD}" if prefix else f"/{_DASHBOARD}"

    async def lead(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""  # it may carry the key
        return RedirectResponse(f"{target}{query}", 302, {"Cache-Control": "no-store"})

    return [Route("/", lead)]
