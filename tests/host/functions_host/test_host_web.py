import http.client
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from localhost.host import kestrel
from tests.host.functions_host.hosts import Launch, Running, Storage


def ask(
    running: Running,
    method: str,
    path: str,
    body: bytes | str | Iterable[bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection("127.0.0.1", running.host.port, timeout=15)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        raw = response.read()
        value = json.loads(raw) if raw and response.headers.get_content_subtype() == "json" else raw
        return response.status, {name.title(): text for name, text in response.headers.items()}, value
    finally:
        connection.close()


def test_a_route_gives_the_function_what_came_in(launch: Launch) -> None:
    running = launch("web")
    status, headers, seen = ask(running, "POST", "/api/ECHO/a%20b/c/d?x=1&x=2&y=", b'{"n": 1}', {"X-Word": "hi"})
    assert (status, headers["Content-Type"], headers["Set-Cookie"]) == (201, "application/json", "a=1; Path=/")
    url = seen.pop("url")
    assert url.startswith(f"http://127.0.0.1:{running.host.port}/api/ECHO/a%20b/c/d?x=1")
    assert seen == {
        "route": {"word": "a b", "rest": "c/d"},
        "query": {"x": "1,2", "y": ""},
        "header": "hi",
        "body": {"n": 1},
        "function": "echo",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/api/text", 200, b"plain"),
        ("HEAD", "/api/text", 200, b""),
        ("GET", "/api/nothing", 204, b""),
        ("GET", "/api/broken", 500, b""),
        ("GET", "/api/echo/a", 404, b""),
        ("GET", "/api/unknown", 404, b""),
        ("GET", "/text", 404, b""),
        ("GET", "/admin/unknown", 404, b""),
    ],
)
def test_every_outcome_has_its_status(launch: Launch, method: str, path: str, status: int, body: bytes) -> None:
    running = launch("web")
    answer = ask(running, method, path)
    assert (answer[0], answer[2]) == (status, body)
    assert running.host.close(), "an answered request must not count as running"


def test_the_route_prefix_comes_from_host_json(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\n\napp = func.FunctionApp()\n\n\n"
        "@app.route(route='{*path}')\ndef whole(req: func.HttpRequest) -> str:\n"
        "    return req.route_params.get('path', '-')\n"
    )
    (tmp_path / "host.json").write_text('{"extensions": {"http": {"routePrefix": ""}}}')
    running = launch(tmp_path)
    assert ask(running, "GET", "/a/b")[2] == b"a/b"
    assert ask(running, "GET", "/")[2] == b"-"
    assert ask(running, "GET", "/admin/host/status")[2]["state"] == "Running"


def test_a_body_over_the_limit_is_refused(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kestrel, "MAX_BODY_BYTES", 10)
    running = launch("web")
    for body in (b"[1, 2, 3, 4]", iter([b"[1, 2,", b"3, 4]"])):  # with a length, and in chunks
        assert ask(running, "POST", "/api/echo/a", body)[0] == 413
    assert ask(running, "POST", "/api/echo/a", b"[1]")[0] == 201


def test_admin_lists_functions_and_says_how_the_host_is(storage: Storage, launch: Launch) -> None:
    running = launch("recorder", settings={"AzureWebJobs.bury.Disabled": "true"})
    listed = ask(running, "GET", "/admin/functions")[2]
    assert [(item["name"], item["isDisabled"]) for item in listed] == [("bury", True), ("work", False)]
    assert listed[1]["config"]["bindings"][0]["queueName"] == storage.name
    assert ask(running, "GET", "/admin/host/status")[2]["id"] == storage.name


def test_admin_runs_a_queue_function_with_the_input_even_when_disabled(launch: Launch) -> None:
    running = launch("recorder", settings={"AzureWebJobs.work.Disabled": "true"})
    assert ask(running, "POST", "/admin/functions/WORK", '{"input": "by hand"}')[0] == 202
    assert running.call()[1].get_body() == b"by hand"
    assert ask(running, "POST", "/admin/functions/absent", "{}")[0] == 404
    assert ask(running, "POST", "/admin/functions/work", "no json")[0] == 400


def test_admin_runs_a_timer_and_a_blob_function(storage: Storage, launch: Launch) -> None:
    storage.blobs.create_container(storage.name).upload_blob("x.txt", b"one")
    timers = launch("timers", settings={"AzureWebJobs.tick.Disabled": "true"})
    assert ask(timers, "POST", "/admin/functions/tick", "{}")[0] == 202
    assert timers.call()[1].past_due is False
    blobs = launch("blobs")
    assert ask(blobs, "POST", "/admin/functions/by_event", json.dumps({"input": f"{storage.name}/x.txt"}))[0] == 202
    assert blobs.call() == ("by_event", (f"{storage.name}/x.txt", b"one"))
    assert ask(launch("web"), "POST", "/admin/functions/text", "{}")[0] == 400


HOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.by_event"


def created(url: str) -> dict[str, Any]:
    return {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": url, "eTag": "0xOLD", "api": "PutBlob"}}


def test_event_grid_calls_the_function_without_a_path_filter_or_an_etag_check(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    urls = [container.upload_blob(name, b"one").url for name in ("a b.png", "thumb/x")]
    running = launch("blobs")
    assert ask(running, "POST", HOOK, json.dumps([created(url) for url in urls]))[0] == 202
    calls = sorted(running.call() for _ in urls)
    assert calls == [("by_event", (f"{storage.name}/{name}", b"one")) for name in ("a b.png", "thumb/x")]
    assert running.no_call(0.3), "an Event Grid function is not scanned for"


def test_event_grid_subscriptions_are_confirmed(launch: Launch) -> None:
    running = launch("blobs")
    event = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "code"}}
    assert ask(running, "POST", HOOK, json.dumps([event]))[::2] == (200, {"validationResponse": "code"})
    headers = ask(running, "OPTIONS", HOOK, headers={"WebHook-Request-Origin": "grid"})[1]
    assert headers["Webhook-Allowed-Origin"] == "grid"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (HOOK, "no json", 400),
        (HOOK, "[1]", 400),
        (HOOK + "x", "[]", 404),
        (HOOK.replace("by_event", "by_scan"), "[]", 404),
    ],
)
def test_an_event_that_means_nothing_is_refused(launch: Launch, path: str, body: str, status: int) -> None:
    assert ask(launch("blobs"), "POST", path, body)[0] == status
