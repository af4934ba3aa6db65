"""What all routes depend on: services, parameters, and strict parsing."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Header, Path
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from shared.http import requests
from shared.http.access import CALLER
from shared.http.body import parse
from shared.http.concurrency import Limiter, Polls, waiters
from shared.http.error_codes import ErrorCode
from shared.http.problems import FieldError, Problem
from shared.rules.callers import ANYONE, Caller
from shared.wiring.steps import Darkroom


@dataclass(frozen=True)
class Dependencies:
    """The services of the routes, which read no clock and no environment.

    Attributes:
        darkroom: Returns the steps; its first call builds them, which may take a while but does no I/O.
        pause: Waits so many seconds.
        monotonic: Seconds that never go back.
        draw: Returns 32 random hex digits.
        waiters: Limits the claims that wait.
        polls: Shares polls among the claims that wait.
    """

    darkroom: Callable[[], Darkroom]
    pause: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float]
    draw: Callable[[], str]
    waiters: Limiter = field(default_factory=waiters)
    polls: Polls = field(default_factory=Polls)


class Strict(APIRoute):
    """A route that refuses unknown and repeated parameters, and invalid JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Check query and body before FastAPI does."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            self._check_query(request.url.query)
            if self.body_field is not None:
                # Starlette keeps parsed JSON here, so nothing parses it again with laxer rules.
                request._json = parse(await request.body(), request.headers.get("content-type"))  # noqa: SLF001
            return await handler(request)

        return strict

    def _check_query(self, query: str) -> None:
        given = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
        known = {field.alias for field in self.dependant.query_params}
        errors = [FieldError(f"query.{name[:50]}", "must be a known parameter.") for name in given if name not in known]
        errors += [
            FieldError(f"query.{name}", "must be given only once.") for name in sorted(known) if given.count(name) > 1
        ]
        if errors:
            raise Problem(ErrorCode.INVALID, fields=errors)


async def _api(request: Request) -> Dependencies:
    api: Dependencies = request.app.state.api
    return api


async def _lease(request: Request) -> str | None:
    return request.headers.get("if-match")


async def _caller(request: Request) -> Caller:
    header = request.headers.get(CALLER)
    return ANYONE if header is None else Caller.decode(header)


Api = Annotated[Dependencies, Depends(_api)]
#: Who makes the request, as the gateway says; nobody in particular where a request has not come through it.
Who = Annotated[Caller, Depends(_caller)]
#: If-Match of a holder; routes read it after the body, so that a bad body is refused first.
Lease = Annotated[str | None, Depends(_lease)]
#: Its description for OpenAPI: declared as a header, FastAPI would refuse its absence with 422 and not 428.
LEASE_HEADER: dict[str, Any] = {
    "parameters": [
        {
            "name": "if-match",
            "in": "header",
            "required": True,
            "description": "The lease: the ETag of the response to the claim, or to the last renewal.",
            "schema": {"type": "string", "examples": ['"WzEsIjAwIiwiVy8wIl0"']},
        }
    ]
}
#: Of an operator: acts only on the version that it names.
IfMatch = Annotated[str | None, Header(description="Act only if the current version has this ETag.")]
IfNoneMatch = Annotated[str | None, Header(description="Respond with 304 if the current version has this ETag.")]
Traceparent = Annotated[
    str | None,
    Header(description="The W3C trace context of the request that causes this one. An invalid one is ignored."),
]
RejectedId = Annotated[
    str, Path(alias="id", pattern=requests.REJECTED_ID_PATTERN, examples=["00112233445566778899aabbccddeeff"])
]
JobId = Annotated[
    str, Path(alias="id", pattern=requests.ID_PATTERN, examples=["word-count-00112233445566778899aabbccddeeff"])
]
