"""The jobs API in memory, on a socket of the loopback: as much of the contract as a client needs to be tested."""

import json
import re
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.doubles.clock import FakeClock

#: Of the client in tests; the double takes any.
KEY = "k3y-of-this-test"
#: The service's time stands still.
NOW = "2026-01-01T00:00:00.000Z"
_ENDED = ("COMPLETED", "FAILED", "CANCELED")
_ENDS = {"complete": "COMPLETED", "fail": "FAILED", "retry": "PENDING", "abandon": "PENDING"}


_LIVE = dict.fromkeys(("PENDING", "RUNNING"), "live")
#: By call and state, why it is refused.
_REFUSED: dict[str, dict[str, str]] = {
    "claim_job": {"RUNNING": "live"} | dict.fromkeys(_ENDED, "ended"),
    "cancel": dict.fromkeys(_ENDED, "ended"),
    "redrive": _LIVE | {"COMPLETED": "ended"},
    "delete": _LIVE,
}


@dataclass(frozen=True)
class Reply:
    """What goes back; with status 0 the connection breaks instead.

    Attributes:
        takes_effect: For a scripted one: whether the request is obeyed before its answer is replaced.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    takes_effect: bool = False


REPLY_LOST = Reply(0, takes_effect=True)
REQUEST_LOST = Reply(0)
BUSY = Reply(503, {"code": "storage_out", "detail": "out"})


@dataclass(frozen=True)
class Request:
    """What came in."""

    call: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class Pauses:
    """Let time pass at once, and note how much each time."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        """Move the clock on."""
        self.seconds.append(seconds)
        self.clock.advance(seconds)


def problem(status: int, code: str, detail: str = "") -> Reply:
    """Return a refusal, as RFC 9457 wants it."""
    return Reply(status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail})


class Api:
    """Serve while entered.

    Attributes:
        url: The API's root.
        jobs: By id, as JSON.
        requests: In the order of their arrival.
        page_size: Of lists.
        retry_after: Of live jobs, when they are looked at.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.requests: list[Request] = []
        self.page_size = 2
        self.retry_after = "7"
        self._claim_ids: dict[str, int] = {}
        self._writes = 0
        self._script: defaultdict[str, deque[Reply | None]] = defaultdict(deque)
        self._before: defaultdict[str, deque[Callable[[], object]]] = defaultdict(deque)
        self._guard = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"api": self}))
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api"

    def script(self, call: str, *replies: Reply | None) -> None:
        """Say how the next requests of that call are answered, one reply each; None for as ever."""
        self._script[call].extend(replies)

    def before(self, call: str, *acts: Callable[[], object]) -> None:
        """Run an act when the next request of that call has arrived, outside of every lock."""
        self._before[call].extend(acts)

    def requests_of(self, *calls: str) -> list[Request]:
        """Return the requests of these calls; all without any."""
        return [request for request in self.requests if not calls or request.call in calls]

    def put(self, kind: str = "t", **told: Any) -> str:  # noqa: ANN401 - JSON
        """Put a job there, PENDING unless told; return its id."""
        job_id = f"{kind}-{len(self.jobs):032x}"
        times = dict.fromkeys(("created_at", "updated_at"), NOW)
        known = {"id": job_id, "type": kind, "ref": "r", "state": "PENDING", "attempts": 0, "token": 0, "params": {}}
        self.jobs[job_id] = {**known, **times, **told}
        return job_id

    def answer(self, request: Request) -> Reply:
        """Obey, or do as scripted."""
        with self._guard:
            self.requests.append(request)
            act = self._before[request.call].popleft() if self._before[request.call] else int
            scripted = self._script[request.call].popleft() if self._script[request.call] else None
        act()
        if scripted is not None and not scripted.takes_effect:
            return scripted
        with self._guard:
            reply = self._obey(request)
        return reply if scripted is None else scripted

    def _obey(self, request: Request) -> Reply:
        if request.call in ("add", "list", "claim"):
            return {"add": self._add, "list": self._list, "claim": self._claim}[request.call](request)
        job = self.jobs.get(unquote(request.path.split("/")[2]))
        if job is None:
            return problem(404, "no_such_job")
        if request.call == "get":
            return self._respond(job)
        if request.call in _ENDS or request.call == "renew":
            return self._with_claim(job, request)
        return self._operate(job, request)

    def _add(self, request: Request) -> Reply:
        kind, ref = request.body["type"], request.body["ref"]
        for job in self.jobs.values():
            if request.body["unique"] and (job["type"], job["ref"], job.get("unique")) == (kind, ref, True):
                return self._respond(job)
        told = {name: request.body.get(name) for name in ("ref", "unique", "not_before")}
        job = self.jobs[self.put(kind, **told, params=request.body.get("params") or {})]
        return Reply(201, *self._content(job))

    def _list(self, request: Request) -> Reply:
        known = [job for job in self.jobs.values() if job["type"] == request.query.get("type", job["type"])]
        first = int(request.query.get("cursor", 0))
        last = first + int(request.query.get("limit", self.page_size))
        return Reply(200, {"items": known[first:last], "cursor": str(last) if last < len(known) else None})

    def _claim(self, request: Request) -> Reply:
        for job in self.jobs.values():
            if job["state"] == "PENDING" and job["type"] == request.body["type"]:
                return self._start(job, request)
        return Reply(204)

    def _start(self, job: dict[str, Any], request: Request) -> Reply:
        self._claim_ids[job["id"]] = len(self.requests)
        job |= {"state": "RUNNING", "token": job["token"] + 1, "attempts": job["attempts"] + 1}
        job["owner"] = request.body["owner"]
        self._set_lease(job, request)
        return self._respond(job, lease=True)

    def _with_claim(self, job: dict[str, Any], request: Request) -> Reply:
        if "if-match" not in request.headers:
            return problem(428, "if_match_required")
        if request.headers["if-match"].rsplit(".", 1)[0] != self._lease(job).rsplit(".", 1)[0]:
            return problem(412, "stale")
        if request.call == "complete" and job["state"] == "COMPLETED":
            return self._respond(job)
        if job["state"] != "RUNNING":
            return problem(409, "wrong_state")
        if request.call == "renew":
            job |= {name: request.body[name] for name in ("progress", "cursor") if name in request.body}
            self._set_lease(job, request)
            return self._respond(job, lease=True)
        told = {name: request.body[name] for name in ("result", "error") if name in request.body}
        job |= {"state": _ENDS[request.call], "owner": None, "lease_until": None, **told}
        return self._respond(job)

    def _operate(self, job: dict[str, Any], request: Request) -> Reply:
        known = {
            "claim_job": lambda: self._start(job, request),
            "history": lambda: Reply(200, {"attempts": [{"token": 1}, {"token": 2}]}),
            "why": lambda: Reply(200, {"why": "not due"}),
            "cancel": lambda: self._move(job, "CANCELED"),
            "redrive": lambda: replace(self._move(job, "PENDING"), status=202),
            "delete": lambda: self._delete(job),
        }
        if request.call == "cancel" and job["state"] == "CANCELED":
            return self._respond(job)
        code = _REFUSED.get(request.call, {}).get(job["state"])
        return known[request.call]() if code is None else problem(409, code)

    def _delete(self, job: Mapping[str, Any]) -> Reply:
        del self.jobs[job["id"]]
        return Reply(204)

    def _move(self, job: dict[str, Any], state: str) -> Reply:
        job |= {"state": state, "token": job["token"] + 1, "owner": None, "lease_until": None}
        return self._respond(job)

    def _set_lease(self, job: dict[str, Any], request: Request) -> None:
        seconds = float(request.body.get("lease_seconds", 60))
        job["lease_until"] = f"2026-01-01T00:{int(seconds // 60):02}:{seconds % 60:06.3f}Z"

    def _lease(self, job: Mapping[str, Any]) -> str:
        return f'"{job["token"]}.{self._claim_ids.get(job["id"], 0)}.{self._writes}"'

    def _respond(self, job: Mapping[str, Any], *, lease: bool = False) -> Reply:
        return Reply(200, *self._content(job, lease=lease))

    def _content(self, job: Mapping[str, Any], *, lease: bool = False) -> tuple[Any, Mapping[str, str]]:
        self._writes += 1
        live = {} if job["state"] in _ENDED else {"Retry-After": self.retry_after}
        return dict(job), {"ETag": self._lease(job) if lease else f'"v:{self._writes}"', **live}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    api: Api
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/api")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(_call(self.command, path), self.command, path, query, headers, json.loads(body or b"{}"))
        reply = self.api.answer(request)
        if reply.status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        data = b"" if reply.body is None else data
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _call(method: str, path: str) -> str:
    """Name what a request asks for."""
    if path == "/jobs":
        return {"GET": "list", "POST": "add"}[method]
    if path == "/jobs/claim":
        return "claim"
    last = re.fullmatch(r"/jobs/[^/]+(?:/(\w+))?", path)
    assert last, path
    return {"GET": "get", "DELETE": "delete", "claim": "claim_job"}.get(last[1] or method, last[1])
