"""The dashboard as it is served: the shell, its files, and the policy under which a browser runs them."""

import gzip
import re
from pathlib import Path

import azure.functions as func
import pytest

from shared.http import gateway
from shared.http.dashboard import routes
from shared.http.dashboard.assets import FOLDER, POLICY, assets
from tests.unit.http.client import CONTEXT, LOOP, Client

FILES = sorted(assets().files)
ELSEWHERE = (
    *("index.html", "routes.py", "assets.py", "__init__.py", "js", "JS/app.js", "js//app.js", "js/app.js%00", ""),
    *("js/../js/app.js", "js/%2e%2e/js/app.js", "/etc/passwd", "..%2f..%2fapp.py"),
)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A page of one script, beside files that are none of it."""
    (tmp_path / "js").mkdir()
    for name, text in {
        "index.html": "<!-- {version} -->",
        "js/app.js": "1;",
        "routes.py": "",
        "js/.env": "K=1",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_browser_may_run_what_this_service_serves_and_nothing_that_stands_inline(client: Client) -> None:
    headers = client.call("GET", "/dashboard").headers
    assert headers["content-security-policy"] == POLICY
    policy = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "'none'")
    assert "unsafe" not in POLICY


def test_an_address_with_a_key_in_it_is_told_to_nobody_and_kept_nowhere(client: Client) -> None:
    headers = client.call("GET", "/dashboard").headers
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_served_as_what_it_is_and_kept_for_good(client: Client, name: str) -> None:
    path = f"/dashboard/{assets().version}/{name}"
    response = client.call("GET", path)
    assert (response.status, response.body) == (200, (FOLDER / name).read_bytes())
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.call("GET", path, if_none_match=response.headers["etag"]).status == 304
    assert client.call("HEAD", path).body == b""


@pytest.mark.parametrize("path", ["/dashboard", f"/dashboard/{assets().version}/js/app.js"])
def test_a_client_that_takes_gzip_gets_it_and_no_other_does(client: Client, path: str) -> None:
    bare = client.call("GET", path)
    for accepted in ("gzip", "br, GZIP;q=0.5", "deflate, gzip;q=1.0, *;q=0"):
        packed = client.call("GET", path, accept_encoding=accepted)
        assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(packed.body) == bare.body
        assert len(packed.body) < len(bare.body)
    for refused in ("", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip", "*"):
        response = client.call("GET", path, accept_encoding=refused)
        assert ("content-encoding" in response.headers, response.body) == (False, bare.body)


def test_packed_and_bare_bytes_of_a_file_have_tags_of_their_own_and_a_cache_mixes_them_up_nowhere(
    client: Client,
) -> None:
    path = f"/dashboard/{assets().version}/js/app.js"
    bare, packed = client.call("GET", path), client.call("GET", path, accept_encoding="gzip")
    tags = [each.headers["etag"] for each in (bare, packed)]
    assert len(set(tags)) == 2
    unchanged = [
        client.call("GET", path, accept_encoding=takes, if_none_match=tag) for tag in tags for takes in ("", "gzip")
    ]
    assert [each.status for each in unchanged] == [304, 200, 200, 304]
    assert {each.headers["vary"] for each in (bare, packed, *unchanged)} == {"Accept-Encoding"}


def test_every_address_in_the_shell_names_a_file_of_its_version(client: Client) -> None:
    html = client.call("GET", "/dashboard").body.decode()
    addresses = re.findall(r'(?:href|src)="(dashboard/[^"]+)"', html)
    assert len(addresses) > 5
    assert {client.call("GET", f"/{address}").status for address in addresses} == {200}


@pytest.mark.parametrize("file", ELSEWHERE)
def test_nothing_but_the_page_s_files_is_served_by_their_exact_names(client: Client, file: str) -> None:
    assert client.call("GET", f"/dashboard/{assets().version}/{file}").refusal == (404, "no_such_path", None)


def test_a_file_of_another_version_is_not_there(client: Client) -> None:
    assert client.call("GET", f"/dashboard/{'0' * 16}/js/app.js").refusal == (404, "no_such_path", None)


def test_the_page_is_its_styles_and_scripts_and_whatever_else_lies_there_is_not(folder: Path) -> None:
    assert list(assets(folder).files) == ["js/app.js"]


def test_another_byte_in_any_file_is_another_version(folder: Path) -> None:
    first = assets.__wrapped__(folder)
    assert first.shell.content.decode() == f"<!-- {first.version} -->"
    (folder / "js/app.js").write_text("2;")
    second = assets.__wrapped__(folder)
    (folder / "index.html").write_text("<!--{version}-->")
    assert len({first.version, second.version, assets.__wrapped__(folder).version}) == 3
    assert re.fullmatch("[0-9a-f]{16}", first.version)


def test_what_the_host_lets_in_without_a_key_reaches_the_page_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    monkeypatch.setattr(gateway, "_own_gateway", lambda: client.gateway)

    def ask(path: str) -> int:
        request = func.HttpRequest("GET", f"http://h/api/{path}", body=b"")
        return int(LOOP.run(gateway.answer_page(request, CONTEXT)).status_code)

    assert [ask(path) for path in ("dashboard", f"dashboard/{assets().version}/js/app.js")] == [200, 200]
    others = (
        "jobs",
        "dashboards",
        "Dashboard",
        "dashboard/../jobs",
        "dashboard/%2e%2e/jobs",
        "%ff",
        "images/dashboard/",
    )
    assert {ask(path) for path in others} <= {400, 404}
    assert routes.router.routes


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("query", "location"),
    [("", "../dashboard"), ("?", "../dashboard"), ("?code=k%2F&a=b c", "../dashboard?code=k%2F&a=b%20c")],
)
def test_the_address_with_a_slash_leads_to_the_page_with_the_key_and_is_kept_nowhere(
    method: str, query: str, location: str
) -> None:
    request = func.HttpRequest(method, f"https://app.example/api/dashboard/{query}", body=b"")
    response = LOOP.run(gateway.answer_page(request, CONTEXT))
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert (response.status_code, response.get_body(), headers["location"]) == (302, b"", location)
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", "/"), ("GET", "..//"), ("GET", "%2F")])
def test_nothing_but_that_address_leads_to_the_page(monkeypatch: pytest.MonkeyPatch, method: str, path: str) -> None:
    client = Client()
    monkeypatch.setattr(gateway, "_own_gateway", lambda: client.gateway)
    request = func.HttpRequest(method, f"http://h/api/dashboard/{path}", body=b"")
    assert LOOP.run(gateway.answer_page(request, CONTEXT)).status_code == 404
