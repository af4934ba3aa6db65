"""Storage is out: every operation says so and when to try again, and nothing about how it is built."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import wiring
from shared.http.app import build, gateway_of
from shared.http.dependencies import Dependencies
from shared.http.error_codes import ErrorCode
from shared.runtime import Runtime
from shared.wiring.steps import Darkroom
from tests.doubles.clock import FakeClock
from tests.host.api.api_host import SETTINGS, start_host
from tests.host.api.hostile import ID
from tests.host.api.raw_client import Header, RawClient, RawResponse
from tests.unit.http.client import send

IMAGE = "0" * 32
#: An ETag as a holder has it: token, claim id and row.
TEXT = "0" * 32
LEASE: list[Header] = [("If-Match", '"WzEsIjAwIiwiVy8wIl0"')]
ERROR = {"error": {"code": "bad_input", "message": "Empty."}}
#: How to call each operation that needs storage.
CALLS: dict[str, tuple[str, str, object, list[Header]]] = {
    "addJob": ("POST", "/jobs", {"type": "t", "ref": "r"}, []),
    "listJobs": ("GET", "/jobs", None, []),
    "claimNext": ("POST", "/jobs/claim", {"type": "t", "owner": "o"}, []),
    "getJob": ("GET", f"/jobs/{ID}", None, []),
    "jobHistory": ("GET", f"/jobs/{ID}/history", None, []),
    "whyNot": ("GET", f"/jobs/{ID}/why", None, []),
    "claimJob": ("POST", f"/jobs/{ID}/claim", {"owner": "o"}, []),
    "renewJob": ("POST", f"/jobs/{ID}/renew", {}, LEASE),
    "completeJob": ("POST", f"/jobs/{ID}/complete", {}, LEASE),
    "retryJob": ("POST", f"/jobs/{ID}/retry", ERROR, LEASE),
    "abandonJob": ("POST", f"/jobs/{ID}/abandon", None, LEASE),
    "failJob": ("POST", f"/jobs/{ID}/fail", ERROR, LEASE),
    "cancelJob": ("POST", f"/jobs/{ID}/cancel", None, []),
    "redriveJob": ("POST", f"/jobs/{ID}/redrive", None, []),
    "deleteJob": ("DELETE", f"/jobs/{ID}", None, []),
    "purgeJobs": ("POST", "/jobs/purge", {"before": "2026-05-04T03:02:01Z"}, []),
    "countBlobs": ("GET", "/container", None, []),
    "walkContainer": ("POST", "/container/walk", {}, []),
    "analyzeImage": ("POST", "/images", {"name": "a"}, []),
    "uploadImage": ("PUT", "/images/a", {}, []),
    "listImages": ("GET", "/images", None, []),
    "getImage": ("GET", f"/images/{IMAGE}", None, []),
    "getThumbnail": ("GET", f"/images/{IMAGE}/thumbnail", None, []),
    "getStats": ("GET", "/stats", None, []),
    "getMetrics": ("GET", "/metrics", None, []),
    "getHistory": ("GET", "/stats/history", None, []),
    "listCauses": ("GET", "/why", None, []),
    "listLocks": ("GET", "/locks", None, []),
    "actOnJobs": ("POST", "/jobs/actions", {"action": "cancel", "ids": [ID]}, []),
    "listActions": ("GET", "/actions", None, []),
    "listRejected": ("GET", "/rejected", None, []),
    "getRejected": ("GET", f"/rejected/{TEXT}", None, []),
    "actOnRejected": ("POST", "/rejected/actions", {"action": "delete", "ids": [TEXT]}, []),
    "getHealth": ("GET", "/health", None, []),
}
#: What no response about storage may contain.
BEHIND = ("127.0.0.1", "refused", "connection", "azure", "table", "blob.", "queue", "http:", "error", "retries")


Ask = Callable[[str, str, bytes | None, list[Header]], RawResponse]
#: Of what is sent, by method.
CONTENT_TYPES = {"PUT": "image/png"}


def without_storage(runtime: Runtime) -> Darkroom:
    """Wire everything to ports where nobody listens."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/darkroom"
    places = "".join(f"{kind}Endpoint={url};" for kind in ("Blob", "Queue", "Table"))
    connection = f"DefaultEndpointsProtocol=http;AccountName=darkroom;AccountKey=a2V5;{places}"
    return wiring.build({**SETTINGS, "AzureWebJobsStorage": connection}, runtime=runtime, threaded=False)


def in_process() -> Ask:
    """Ask the API in this process, which waits for nothing between two tries."""
    clock = FakeClock()
    darkroom = without_storage(Runtime(monotonic=clock, pause=clock.advance))

    async def pause(seconds: float) -> None:
        clock.advance(seconds)

    app = build(Dependencies(lambda: darkroom, pause, clock, darkroom.runtime.draw))
    gateway = gateway_of(app, darkroom.settings)

    def ask(method: str, path: str, body: bytes | None, headers: list[Header]) -> RawResponse:
        sent_headers = {"content-type": CONTENT_TYPES.get(method, "application/json")} if body else {}
        sent_headers |= {str(name).lower(): str(value) for name, value in headers}
        response = asyncio.run(send(gateway, method, f"http://localhost:7071/api{path}", body, sent_headers))
        return RawResponse(response.status, response.headers, response.body)

    return ask


@pytest.fixture(
    scope="module",
    params=["process", pytest.param("host", marks=pytest.mark.prove("it tries again for seconds, in real time"))],
)
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Give the API, without its storage."""
    if request.param == "process":
        yield in_process()
        return
    with start_host(tmp_path_factory.mktemp("dark")) as host:
        assert host.ask("GET", "/api/health").status == 200
        host.azurite.close()
        client = RawClient(host.port, [host.account_key])
        yield lambda method, path, body, headers: client.ask(
            method, f"/api{path}", body, headers, content_type=CONTENT_TYPES.get(method, "application/json")
        )


def call(ask: Ask, name: str) -> RawResponse:
    """Call an operation."""
    method, path, body, headers = CALLS[name]
    return ask(method, path, None if body is None else json.dumps(body).encode(), headers)


def test_every_operation_without_storage_is_503_with_when_to_come_again(ask: Ask) -> None:
    with ThreadPoolExecutor(8) as pool:  # each is tried again before it is given up
        responses = dict(zip(CALLS, pool.map(lambda name: call(ask, name), CALLS), strict=True))
    outages = {
        name: (response.status, response.code, response.headers.get("retry-after"))
        for name, response in responses.items()
    }
    assert outages == dict.fromkeys(CALLS, (503, "storage_out", "5"))
    details = {response.json["detail"] for response in responses.values()}
    assert details == {ErrorCode.STORAGE_OUT.meaning}
    assert [word for word in BEHIND for detail in details if word in detail.lower()] == []


def test_no_operation_is_left_out(ask: Ask) -> None:
    paths = ask("GET", "/openapi.json", None, []).json["paths"].values()
    operations = {operation["operationId"] for path in paths for operation in path.values()}
    assert operations - CALLS.keys() == {"getDashboard", "getDashboardFile"}
    assert ask("GET", "/dashboard", None, []).status == 200
