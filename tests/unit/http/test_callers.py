"""Whom the app takes for the caller: nobody but the one whom the gateway names."""

from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.rules.callers import Caller, Proof
from shared.rules.keys import Role
from tests.unit.http.client import Client
from tests.unit.http.test_access import KEYS, SETTING

FORGED = {"x_darkroom_caller": "host operator host-key", "X_Darkroom_Caller": "host operator host-key"}


def callers(client: Client) -> list[Caller | None]:
    """Note from now on who calls, as the app reads it."""
    notes: list[Caller | None] = []

    @client.app.middleware("http")
    async def note(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        headers = request.headers.getlist("x-darkroom-caller")
        notes.extend(Caller.decode(header) for header in headers) if headers else notes.append(None)
        return await call_next(request)

    return notes


def test_a_key_names_its_bearer() -> None:
    client = Client(API_KEYS=SETTING)
    notes = callers(client)
    for role in ("reader", "operator"):
        client.call("GET", "/jobs", authorization=f"Bearer {KEYS[role]}", **FORGED)
    client.call("GET", "/health", authorization=f"Bearer {KEYS['worker']}", **FORGED)
    assert notes == [Caller("one", Role(role), Proof.KEY) for role in ("reader", "operator", "worker")]


@pytest.mark.parametrize("path", ["/health", "/dashboard"])
def test_without_a_key_a_public_call_has_no_caller_whatever_the_client_says(path: str) -> None:
    client = Client(API_KEYS=SETTING)
    notes = callers(client)
    assert client.call("GET", path, **FORGED).status == 200
    assert notes == [None]


@pytest.mark.parametrize(("level", "name"), [("function", "host-key"), ("admin", "host-key"), ("anonymous", "anyone")])
def test_where_the_host_asks_for_its_key_each_caller_is_an_operator(level: str, name: str) -> None:
    client = Client(API_AUTH_LEVEL=level)
    notes = callers(client)
    client.call("GET", "/jobs", x_darkroom_caller="principal operator eve")
    assert notes == [Caller(name, Role.OPERATOR, Proof.HOST)]
