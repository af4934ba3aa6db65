"""Who has signed in by App Service: believed where the setting says so, and nowhere else."""

import logging

import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.http import gateway
from shared.http.app import gateway_of
from shared.rules.callers import Caller, Proof
from shared.rules.keys import Role
from shared.settings import app_settings
from shared.settings.enums import ApiAuth
from shared.settings.settings import Settings
from tests.unit.http.client import LOOP, Client, send
from tests.unit.http.test_access import KEYS, MAY, SETTING, operations, refusal_code
from tests.unit.http.test_callers import callers
from tests.unit.http.test_principal import NAME, ROLE, principal

OWN = {"sec_fetch_site": "same-origin"}


def signed_in(*roles: str, name: str = "ann@example.com") -> dict[str, str]:
    """Return the header of somebody with these roles, as App Service adds it."""
    return {"x_ms_client_principal": principal((NAME, name), *((ROLE, role) for role in roles))}


@pytest.fixture(name="client")
def _client() -> Client:
    return Client(EASY_AUTH="true")


@pytest.mark.parametrize("role", MAY)
def test_each_app_role_may_call_what_the_table_says_and_nothing_else(client: Client, role: str) -> None:
    codes = {
        name: refusal_code(client.call(method, path, **OWN, **signed_in(role)))
        for method, path, name in operations(client)
    }
    assert codes == {name: None if name in MAY[role] else "wrong_role" for name in codes}


@pytest.mark.parametrize("roles", [(), ("auditor",), ("Operator",)])
def test_who_has_no_role_of_ours_is_refused_everywhere_but_where_all_may_go(
    client: Client, roles: tuple[str, ...]
) -> None:
    public = MAY["reader"] & MAY["worker"]
    for method, path, name in operations(client):
        code = refusal_code(client.call(method, path, **OWN, **signed_in(*roles)))
        assert code == "wrong_role" or (code is None and name in public), name
    assert client.call("GET", "/nothing", **signed_in(*roles)).refusal == (403, "wrong_role", None)


@pytest.mark.parametrize("header", [None, "", "operator", "e30=", "bm9ib2R5"])
def test_who_has_not_signed_in_is_asked_to(client: Client, header: str | None) -> None:
    response = client.call("GET", "/jobs", **({} if header is None else {"x_ms_client_principal": header}))
    assert response.refusal == (401, "key_required", None)
    assert response.json["detail"].startswith("Sign in")
    assert response.headers["www-authenticate"] == 'Bearer realm="darkroom", login="/.auth/login/aad"'


@pytest.mark.parametrize("settings", [{}, {"API_KEYS": SETTING}, {"EASY_AUTH": "false", "API_KEYS": SETTING}])
def test_without_the_setting_the_header_is_dropped_and_nobody_believes_it(settings: dict[str, str]) -> None:
    client = Client(**settings)
    notes = callers(client)
    response = client.call("GET", "/jobs", **signed_in("operator"))
    assert response.status == (401 if "API_KEYS" in settings else 200)
    assert notes == ([] if "API_KEYS" in settings else [Caller("host-key", Role.OPERATOR, Proof.HOST)])


@pytest.mark.parametrize("settings", [{}, {"EASY_AUTH": "true"}])
def test_the_app_sees_neither_principals_nor_tokens_nor_cookies(settings: dict[str, str]) -> None:
    client, names = Client(**settings), list[str]()

    @client.app.middleware("http")
    async def note(request: Request, call_next) -> Response:  # type: ignore[no-untyped-def] # noqa: ANN001 - Starlette's
        names.extend(request.headers)
        return await call_next(request)  # type: ignore[no-any-return]

    tokens = {
        "x_ms_token_aad_access_token": "t",
        "x_ms_client_principal_name": "n",
        "cookie": "c=1",
        "x_zumo_auth": "z",
    }
    assert client.call("GET", "/health", **signed_in("operator"), **tokens).status == 200
    assert [name for name in names if name.startswith(("x-ms-", "cookie", "x-zumo"))] == []


def test_where_app_service_says_that_it_checks_nobody_nobody_has_signed_in(client: Client) -> None:
    client.gateway = gateway_of(client.app, client.world.settings, is_open=True)
    assert client.call("GET", "/jobs", **signed_in("operator")).refusal == (401, "key_required", None)


@pytest.mark.parametrize(
    ("value", "is_checked"),
    [("True", True), ("true", True), ("False", False), ("no", False), (" ", None), (None, None)],
)
def test_only_true_says_that_app_service_checks_who_signs_in(value: str | None, is_checked: bool | None) -> None:  # noqa: FBT001
    environ = {} if value is None else {"WEBSITE_AUTH_ENABLED": value}
    assert app_settings.checks_sign_in(environ) is is_checked


@pytest.mark.parametrize(("value", "status"), [("True", 404), ("False", 401)])
def test_the_app_believes_what_its_environment_says_of_app_service(
    monkeypatch: pytest.MonkeyPatch, value: str, status: int
) -> None:
    monkeypatch.setattr(gateway, "_instance", None)
    monkeypatch.setenv("EASY_AUTH", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", value)
    call = send(gateway._own_gateway(), "GET", "http://h/api/nothing", None, signed_in("operator"))
    assert LOOP.run(call).status == status


def test_a_key_counts_before_who_has_signed_in() -> None:
    client = Client(EASY_AUTH="true", API_KEYS=SETTING)
    notes = callers(client)
    reader = {"authorization": f"Bearer {KEYS['reader']}"}
    assert client.call("DELETE", f"/jobs/t-{'0' * 32}", **reader, **signed_in("operator")).status == 403
    assert client.call("GET", "/jobs", **reader, **signed_in("operator")).status == 200
    token = {"authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"}  # of Entra ID: App Service has checked it
    assert client.call("GET", "/jobs", **token, **signed_in("operator", name="Ünï")).status == 200
    assert client.call("GET", "/jobs", **token).status == 401
    assert notes == [Caller("one", Role.READER, Proof.KEY), Caller("Ünï", Role.OPERATOR, Proof.PRINCIPAL)]


@pytest.mark.parametrize("headers", [{}, {"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}])
def test_no_page_of_another_site_acts_by_the_cookie_of_who_has_signed_in(
    client: Client, headers: dict[str, str]
) -> None:
    for method, path, _ in operations(client):
        if method not in ("GET", "HEAD"):
            response = client.call(method, path, cookie="AppServiceAuthSession=x", **headers, **signed_in("operator"))
            assert response.refusal == (403, "cross_site", None), path


def test_a_program_with_a_token_need_not_say_where_it_comes_from(client: Client) -> None:
    job = {"type": "t", "ref": "a"}
    assert client.call("POST", "/jobs", job, authorization="Bearer eyJ0", **signed_in("uploader")).status == 201
    assert client.call("POST", "/jobs", job, **OWN, **signed_in("uploader")).status == 201


def test_the_log_names_who_has_signed_in_and_made_a_call_for_operators(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.call("POST", f"/jobs/t-{'0' * 32}/cancel", **OWN, **signed_in("operator"))
    (line,) = [record.getMessage() for record in caplog.records if "operator call" in record.getMessage()]
    assert '"principal": "operator/ann@example.com"' in line
    assert '"key"' not in line


def test_health_has_details_only_for_who_has_a_role(client: Client) -> None:
    assert "confinement" in client.call("GET", "/health", **signed_in("reader")).json
    for header in ({}, signed_in("auditor")):
        assert client.call("GET", "/health", **header).json == {"status": "ok"}


def test_where_people_sign_in_the_host_asks_for_no_key() -> None:
    assert Settings.read({"EASY_AUTH": "true"}).route_auth is ApiAuth.ANONYMOUS
    assert Settings.read({"EASY_AUTH": "false", "API_AUTH_LEVEL": "admin"}).route_auth is ApiAuth.ADMIN
