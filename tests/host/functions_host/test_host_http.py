import json
import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from localhost.host import kestrel, uvicorn_server
from localhost.host.server import ADDRESS, Server
from tests.host.functions_host.hosts import Launch, Storage


def test_a_route_gives_the_function_what_came_in(launch: Launch) -> None:
    running = launch("web")
    reply = running.ask("POST", "/api/ECHO/a%20b/c/d?x=1&x=2&y=", b'{"n": 1}', {"X-Word": "hi"})
    seen = reply.json()
    assert reply.status == 201
    assert (reply.headers["Content-Type"], reply.headers["Set-Cookie"]) == ("application/json", "a=1; Path=/")
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
        ("GET", "/api/nothing", 500, b""),  # azure-functions-python-worker#683
        ("GET", "/api/fail", 500, b""),
        ("GET", "/api/echo/a", 404, b""),
        ("GET", "/api/unknown", 404, b""),
        ("GET", "/text", 404, b""),
        ("GET", "/admin/unknown", 404, b""),
    ],
)
def test_every_outcome_has_its_status(launch: Launch, method: str, path: str, status: int, body: bytes) -> None:
    running = launch("web")
    reply = running.ask(method, path)
    assert (reply.status, reply.data) == (status, body)
    assert running.host.close(), "an answered request must not count as running"


def test_the_route_prefix_comes_from_host_json(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\n\napp = func.FunctionApp()\n\n\n"
        "@app.route(route='{*path}')\ndef whole(req: func.HttpRequest) -> str:\n"
        "    return req.route_params.get('path', '-')\n"
    )
    (tmp_path / "host.json").write_text('{"extensions": {"http": {"routePrefix": ""}}}')
    running = launch(tmp_path)
    assert running.ask("GET", "/a/b").data == b"a/b"
    assert running.ask("GET", "/").data == b"-"
    assert running.ask("GET", "/admin/host/status").json()["state"] == "Running"


def test_a_body_over_the_limit_is_refused(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kestrel, "MAX_BODY_BYTES", 10)
    running = launch("web")
    for body in (b"[1, 2, 3, 4]", iter([b"[1, 2,", b"3, 4]"])):  # with a length, and in chunks
        assert running.ask("POST", "/api/echo/a", body).status == 413
    assert running.ask("POST", "/api/echo/a", b"[1]").status == 201


def test_admin_lists_functions_and_says_how_the_host_is(storage: Storage, launch: Launch) -> None:
    running = launch("recorder", settings={"AzureWebJobs.bury.Disabled": "true"})
    listed = running.ask("GET", "/admin/functions").json()
    assert [(item["name"], item["isDisabled"]) for item in listed] == [("bury", True), ("work", False)]
    assert listed[1]["config"]["bindings"][0]["queueName"] == storage.name
    assert running.ask("GET", "/admin/host/status").json()["id"] == storage.name


def test_admin_runs_a_queue_function_with_the_input_even_when_disabled(launch: Launch) -> None:
    running = launch("recorder", settings={"AzureWebJobs.work.Disabled": "true"})
    assert running.ask("POST", "/admin/functions/WORK", '{"input": "by hand"}').status == 202
    assert running.call()[1].get_body() == b"by hand"
    assert running.ask("POST", "/admin/functions/absent", "{}").status == 404
    assert running.ask("POST", "/admin/functions/work", "no json").status == 400


def test_admin_runs_a_timer_and_a_blob_function(storage: Storage, launch: Launch) -> None:
    storage.blobs.create_container(storage.name).upload_blob("x.txt", b"one")
    timers = launch("timers", settings={"AzureWebJobs.tick.Disabled": "true"})
    assert timers.ask("POST", "/admin/functions/tick", "{}").status == 202
    assert timers.call()[1].past_due is False
    blobs = launch("blobs")
    assert blobs.ask("POST", "/admin/functions/by_event", json.dumps({"input": f"{storage.name}/x.txt"})).status == 202
    assert blobs.call() == ("by_event", (f"{storage.name}/x.txt", b"one"))
    assert launch("web").ask("POST", "/admin/functions/text", "{}").status == 400


HOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.by_event"


def blob_created(url: str) -> dict[str, Any]:
    return {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": url, "eTag": "0xOLD", "api": "PutBlob"}}


def test_event_grid_calls_the_function_without_a_path_filter_or_an_etag_check(storage: Storage, launch: Launch) -> None:
    container = storage.blobs.create_container(storage.name)
    urls = [container.upload_blob(name, b"one").url for name in ("a b.png", "thumb/x")]
    running = launch("blobs")
    assert running.ask("POST", HOOK, json.dumps([blob_created(url) for url in urls])).status == 202
    calls = sorted(running.call() for _ in urls)
    assert calls == [("by_event", (f"{storage.name}/{name}", b"one")) for name in ("a b.png", "thumb/x")]
    assert running.no_call(0.3), "an Event Grid function is not scanned for"


def test_event_grid_subscriptions_are_confirmed(launch: Launch) -> None:
    running = launch("blobs")
    event = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "code"}}
    assert running.ask("POST", HOOK, json.dumps([event])).json() == {"validationResponse": "code"}
    reply = running.ask("OPTIONS", HOOK, headers={"WebHook-Request-Origin": "grid"})
    assert reply.headers["Webhook-Allowed-Origin"] == "grid"


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
    assert launch("blobs").ask("POST", path, body).status == status


@pytest.mark.parametrize(
    ("prefix", "target"), [("api", "/api/dashboard"), ("", "/dashboard"), ("a/b", "/a/b/dashboard")]
)
def test_the_root_leads_to_the_dashboard_of_an_app_that_has_one(
    launch: Launch, tmp_path: Path, prefix: str, target: str
) -> None:
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\n\napp = func.FunctionApp()\n\n\n"
        "@app.route(route='dashboard/{*file}')\ndef page(req: func.HttpRequest) -> str:\n    return 'page'\n"
    )
    (tmp_path / "host.json").write_text(f'{{"extensions": {{"http": {{"routePrefix": "{prefix}"}}}}}}')
    running = launch(tmp_path)
    reply = running.ask("GET", "/?code=k%2F")
    assert (reply.status, reply.headers["Location"]) == (302, f"{target}?code=k%2F")
    assert (running.ask("GET", target).data, running.ask("POST", "/").status) == (b"page", 405)


def test_the_root_of_an_app_without_a_dashboard_is_not_there(launch: Launch) -> None:
    assert launch("web").ask("GET", "/").status == 404


def test_the_body_of_a_response_does_not_wait_for_the_acknowledgement_of_its_head() -> None:
    server = Server(lambda: uvicorn_server.make(FastAPI()), 0)
    with socket.create_connection((ADDRESS, server.port)):
        connection, _ = server._socket.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    server.close()
