"""Let only requests pass that bring a key."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from localhost.host.keys import Keys


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
