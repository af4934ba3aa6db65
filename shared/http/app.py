"""The app: all routes, the OpenAPI document, and what all responses have in common."""

from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import DarkroomError
from shared.http import actions, container, images, jobs, openapi, operators, problems, rejected, responses, status
from shared.http.access import PUBLIC, Authorizer
from shared.http.dashboard import routes as dashboard
from shared.http.dependencies import Dependencies
from shared.http.error_codes import ErrorCode
from shared.http.gateway import Gateway, forwarder
from shared.http.openapi import drop_null_parameters
from shared.http.paths import ROOT, Paths
from shared.http.principal import read_principal
from shared.http.problems import Problem
from shared.rules.callers import ANYONE, HOST_KEY
from shared.settings.enums import ApiAuth
from shared.settings.settings import Settings

#: In the order in which they are tried; FastAPI adds that of the OpenAPI document.
_CALLS = (jobs, operators, actions, rejected, images, container, status, dashboard)
ROUTES = tuple(route for calls in _CALLS for route in calls.router.routes)
_ABOUT = (
    "Jobs that are done once. Times are RFC 3339 in UTC. Errors are problem documents (RFC 9457) with a `code`. The "
    "ETag of a response to a claim or a renewal is the lease; every other ETag of a job names its version."
)
_REFERENCES = "#/components/schemas/{model}"
#: What monitors ask for every few seconds.
_PROBES = frozenset({f"{ROOT}/health", f"{ROOT}/metrics"})
#: A span a request, where this process traces; steps of requests, metrics and logs are not asked for.
_TELEMETRY: TelemetryConfig = {
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": lambda scope: scope["path"] in _PROBES,
}


class App(FastAPI):
    """The app, with the schema of its problems in the OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, description=_ABOUT, routes=self.routes)
            drop_null_parameters(document)
            problem = responses.Problem.model_json_schema(ref_template=_REFERENCES)
            schemas = document["components"]["schemas"]
            schemas |= problem.pop("$defs")
            schemas["Problem"] = problem
            schemas["ErrorCode"]["description"] = "\n".join(f"- `{code}`: {code.meaning}" for code in ErrorCode)
            if self.state.has_keys:
                openapi.require_key(document, PUBLIC)
            self.openapi_schema = document
        return self.openapi_schema


class Edge:
    """Before every route: refuse unknown paths and methods, answer HEAD, and set the headers of all responses.

    Args:
        app: The routes.
        paths: Theirs.
    """

    def __init__(self, app: ASGIApp, paths: Paths) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        bodiless = scope["method"] == "HEAD"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_headers(MutableHeaders(scope=message), bodiless=bodiless)
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        methods = self._paths.methods(scope["path"])
        if scope["method"] not in methods:
            await _render(_routing_problem(methods), scope["path"])(scope, receive, send_with_headers)
        else:
            inner = {**scope, "method": "GET" if bodiless else scope["method"], "root_path": ROOT}
            await self._app(inner, receive, send_with_headers)


def build(api: Dependencies, *, has_keys: bool = False) -> FastAPI:
    """Build the app.

    Args:
        api: The services of its routes.
        has_keys: Whether the API has keys of its own, which the OpenAPI document must say.
    """
    app = App(
        title="Darkroom",
        version="1",
        routes=list(ROUTES),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_TELEMETRY,
    )
    app.state.api, app.state.has_keys = api, has_keys
    for kind in (Problem, DarkroomError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _respond)
    app.add_middleware(cast("Any", Edge), paths=Paths(app.routes))
    return app


def gateway_of(app: FastAPI, settings: Settings, *, is_open: bool = False) -> Gateway:
    """Return the gateway that checks requests before the app gets them.

    Args:
        app: The app.
        settings: Who may call it, and how much they may send.
        is_open: Whether App Service is known to check nobody: then nobody has signed in, whatever the settings say.
    """
    host = ANYONE if settings.api_auth is ApiAuth.ANONYMOUS else HOST_KEY
    operation = Paths(app.routes).operation
    who = read_principal if not is_open else _nobody
    authorizer = Authorizer(
        settings.api_keys, operation=operation, host=host, principal_of=who if settings.easy_auth else None
    )
    return Gateway(forwarder(app), authorizer=authorizer, max_bytes=settings.max_bytes)


def _nobody(_: str) -> None:
    """Believe no header."""


async def _respond(request: Request, error: Exception) -> Response:
    """Render an error as a problem; an unknown one goes on to the gateway, which logs it."""
    if isinstance(error, RequestValidationError):
        problem: Problem | None = problems.of_validation(error.errors())
    else:
        problem = problems.of_error(error)
    if problem is None:
        raise error
    return _render(problem, request.scope["path"])


def _routing_problem(methods: frozenset[str]) -> Problem:
    if not methods:
        return Problem(ErrorCode.NO_SUCH_PATH)
    return Problem(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(methods))})


def _render(problem: Problem, path: str) -> Response:
    return Response(
        problems.encode(problem, path),
        problem.code.status,
        headers=dict(problem.headers),
        media_type=problems.MEDIA_TYPE,
    )


def _set_headers(headers: MutableHeaders, *, bodiless: bool) -> None:
    """Set the headers of every response, unless it has its own."""
    for name, value in problems.HEADERS.items():
        headers.setdefault(name, value)
    if bodiless:
        del headers["content-length"]
