"""Storage that is out: every operation says so, when to come again, and nothing of how it is built."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.host.api.hostile import ID
from tests.host.api.served import Served, served
from tests.host.api.wire import Header, Reply, Wire

IMAGE = "0" * 32
#: An ETag as a holder has it: token, claim id and row.
LEASE: list[Header] = [("If-Match", '"WzEsIjAwIiwiVy8wIl0"')]
ERROR = {"error": {"code": "bad_input", "message": "Empty."}}
#: Of every operation that needs storage: how it is called.
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
    "analyzeImage": ("POST", "/images", {"name": "a"}, []),
    "uploadImage": ("PUT", "/images/a", {}, []),
    "listImages": ("GET", "/images", None, []),
    "getImage": ("GET", f"/images/{IMAGE}", None, []),
    "getThumbnail": ("GET", f"/images/{IMAGE}/thumbnail", None, []),
    "getStats": ("GET", "/stats", None, []),
    "getMetrics": ("GET", "/metrics", None, []),
    "getHealth": ("GET", "/health", None, []),
}
#: What an answer about storage may not tell.
BEHIND = ("127.0.0.1", "refused", "connection", "azure", "table", "blob.", "queue", "http:", "error", "retries")


@pytest.fixture(scope="module", name="dark")
def _dark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("dark")) as host:
        assert host.ask("GET", "/api/health").status == 200
        host.azurite.close()
        yield host


def called(wire: Wire, name: str) -> Reply:
    """Call an operation."""
    method, path, sent, headers = CALLS[name]
    body = None if sent is None else json.dumps(sent).encode()
    declared = "image/png" if method == "PUT" else "application/json"
    return wire.ask(method, f"/api{path}", body, headers, content_type=declared)


def test_every_operation_without_storage_is_503_with_when_to_come_again(dark: Served) -> None:
    wire = Wire(dark.port, [dark.account_key])
    with ThreadPoolExecutor(8) as pool:  # each is tried again before it is given up
        replies = dict(zip(CALLS, pool.map(lambda name: called(wire, name), CALLS), strict=True))
    told = {name: (reply.status, reply.told, reply.headers.get("retry-after")) for name, reply in replies.items()}
    assert told == dict.fromkeys(CALLS, (503, "storage_out", "5"))
    details = {reply.json["detail"] for reply in replies.values()}
    assert [detail.partition(",")[0] for detail in details] == ["Storage is out"]
    assert [word for word in BEHIND for detail in details if word in detail.lower()] == []


def test_no_operation_is_left_out(dark: Served) -> None:
    paths = json.loads(dark.ask("GET", "/api/openapi.json").data)["paths"].values()
    named = {operation["operationId"] for path in paths for operation in path.values()}
    assert named - CALLS.keys() == {"getDashboard"}
    assert dark.ask("GET", "/api/dashboard").status == 200
