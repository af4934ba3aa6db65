"""Calls of the API in process, by the way that requests take in production: host's request, gateway, adapter, app."""

import asyncio
import json
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import azure.functions as func

from shared.http.app import build, gateway_of
from shared.http.dependencies import Dependencies
from shared.http.gateway import Gateway, answer_through
from shared.wiring.steps import Darkroom
from tests.doubles.world import World

CONTEXT = cast("func.Context", SimpleNamespace())
#: All calls go in one loop, as in production: a loop for each, with its threads, would take a quarter of a call's time.
LOOP = asyncio.Runner()


@dataclass(frozen=True)
class Response:
    """A response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """Status, code and the first invalid field of a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.json
        assert problem["status"] == self.status
        assert problem["type"] == f"urn:darkroom:problem:{problem['code']}"
        return self.status, problem["code"], problem["errors"][0]["field"] if "errors" in problem else None


class Client:
    """A client of the API in process, over a world.

    Attributes:
        world: Storage and steps.
        pauses: Seconds of each wait of a long poll, in order.
        darkroom: The steps, to be replaced one by one.
    """

    def __init__(self, **environ: str) -> None:
        self.world = World(**environ)
        self.pauses: list[float] = []
        self.darkroom = SimpleNamespace()
        self.serve(self.world.darkroom)
        self.api = Dependencies(lambda: cast("Darkroom", self.darkroom), self._pause, self.world.clock, self.world.draw)
        self.app = build(self.api, has_keys=self.world.settings.has_callers)
        self.gateway = gateway_of(self.app, self.world.settings)

    def serve(self, darkroom: Darkroom) -> None:
        """Answer by the steps of a Darkroom from now on; each is built for that."""
        names = [name for name in dir(darkroom) if not name.startswith("_")]
        vars(self.darkroom).update({name: getattr(darkroom, name) for name in names})

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.world.clock.advance(seconds)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:  # noqa: ANN401 - JSON or bytes
        """Send a request; ``body`` is bytes, or JSON. Header names have ``_`` for ``-``."""
        request = send(self.gateway, method, f"http://localhost:7071/api{path}", body, headers)
        return LOOP.run(request, context=copy_context())

    def add_job(self, ref: str = "a", **fields: Any) -> Response:  # noqa: ANN401 - JSON
        """Add a job; a unique one by default."""
        return self.call("POST", "/jobs", {"type": "t", "ref": ref, "unique": True, **fields})

    def claim_job(self, ref: str = "a") -> Response:
        """Add a job and claim it."""
        job_id = self.add_job(ref).json["id"]
        return self.call("POST", f"/jobs/{job_id}/claim", {"owner": "w"})

    def complete_job(self, ref: str = "a") -> Response:
        """Add a job, claim and complete it."""
        return self.report(self.claim_job(ref), "complete", {"result": {}})

    def report(self, claim: Response, call: str, body: Any = None) -> Response:  # noqa: ANN401 - JSON
        """Send a call of the worker that holds a job."""
        return self.call("POST", f"/jobs/{claim.json['id']}/{call}", body, if_match=claim.headers["etag"])

    def upload(self, name: str = "cat.png") -> Response:
        """Upload an image."""
        return self.call("PUT", f"/images/{quote(name)}", b"bytes", content_type="image/png")


async def send(gateway: Gateway, method: str, url: str, body: object, headers: Mapping[str, str]) -> Response:
    """Send a request as the host passes it on; ``body`` is bytes, or JSON. Header names have ``_`` for ``-``."""
    all_headers = {} if body is None or isinstance(body, bytes) else {"content-type": "application/json"}
    all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = func.HttpRequest(method, url, headers=all_headers, body=content)
    response = await answer_through(lambda: gateway, request, CONTEXT)
    own_headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status_code, {"content-type": response.mimetype} | own_headers, response.get_body())
