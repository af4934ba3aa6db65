"""The API in this process, over the storage of its settings: what is asked of a host over HTTP, asked without one."""

import asyncio
import getpass
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from shared import wiring
from shared.cli.request_body import read
from shared.cli.service import Reply, outcome, target
from shared.http.access import CALLER
from shared.http.app import build
from shared.http.dependencies import Dependencies
from shared.http.paths import ROOT
from shared.rules.callers import Caller, Proof
from shared.rules.keys import Role
from shared.runtime import Runtime
from shared.wiring.steps import Darkroom


class InProcess:
    """The app's own routes.

    A call has an event loop of its own, so that threads may call at once and nothing is left to be closed.

    Args:
        darkroom: What the routes ask.
        user: Who calls.
        runtime: Time and chance.
    """

    def __init__(self, darkroom: Darkroom, *, user: str, runtime: Runtime) -> None:
        self._darkroom = darkroom
        self._app: ASGIApp = build(Dependencies(lambda: darkroom, asyncio.sleep, runtime.monotonic, runtime.draw))
        #: Whoever can open storage may do everything; actions are kept with their name.
        self._caller = {CALLER: Caller(user, Role.OPERATOR, Proof.COMMAND).encode()}

    @property
    def most_bytes(self) -> int:
        """See ``Service.most_bytes``: here the app's own limit."""
        return self._darkroom.settings.max_bytes

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object | None = None,
        data: bytes | Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """See ``Service.call``. It sends nothing again: storage has been asked again already."""
        content = json.dumps(body).encode() if body is not None else read(data)
        own = {"content-length": str(len(content))} | ({} if body is None else {"content-type": "application/json"})
        all_headers = {**own, **{name.lower(): value for name, value in (headers or {}).items()}, **self._caller}
        raw_path, words = target(path, query)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "server": ("localhost", 80),
            "client": None,
            "root_path": "",
            "path": f"{ROOT}{path}",
            "raw_path": f"{ROOT}{raw_path}".encode(),
            "query_string": words.encode(),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in all_headers.items()],
        }
        return outcome(asyncio.run(_exchange(self._app, scope, content)))


def open_in_process(environ: Mapping[str, str]) -> InProcess:
    """Return the API over the storage of these settings.

    Raises:
        SettingsInvalid: With every setting that can't be used.
    """
    return InProcess(wiring.build(environ, threaded=False), user=_login(), runtime=Runtime())


def _login() -> str:
    """Return the name under which this person works on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name is known, as in containers
        return "unknown"


async def _exchange(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Reply:
    """Send one request to an app, and collect its response."""
    messages: list[Message] = []
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        request = next(requests, None)
        if request is None:
            await asyncio.Event().wait()  # this caller does not leave
            raise AssertionError
        return request

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start = messages[0]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(message.get("body", b"") for message in messages[1:]))
