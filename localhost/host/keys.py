"""Function keys, asked for by ``--auth``, as ``func start --enableAuth`` does."""

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "x-functions-key"
PARAMETER = "code"


@dataclass(frozen=True)
class Keys:
    """A host's keys, new at each start; never logged, hence no part of its own text."""

    function: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    master: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def open(self, level: str, request: Request) -> bool:
        """Tell whether a request may pass; a level that is not known asks for the master key.

        Args:
            level: ``authLevel`` of an HTTP trigger, in any case.
            request: Brings its key in a header, even a wrong one, or else in the query.
        """
        if level.lower() == "anonymous":
            return True
        key = request.headers.get(HEADER, request.query_params.get(PARAMETER, ""))
        accepted = [self.master, self.function] if level.lower() == "function" else [self.master]
        return any(hmac.compare_digest(one.encode(), key.encode()) for one in accepted)


@dataclass(frozen=True)
class KeyCheck:
    """An app that only requests with the right key reach; every request where there are no keys."""

    app: ASGIApp
    keys: Keys | None
    level: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 to the others."""
        is_open = self.keys is None or self.keys.open(self.level, Request(scope))
        await (self.app if is_open else Response(status_code=401))(scope, receive, send)
