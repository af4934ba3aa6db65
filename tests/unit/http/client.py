"""Calls of the API in process, by the way that requests take in production: host's request, gateway, adapter, app."""

import asyncio
import json
from collections.abc import Mapping
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


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The body, read."""
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """Status, code and the first wrong field of a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        told = self.json
        assert told["status"] == self.status
        assert told["type"] == f"urn:darkroom:problem:{told['code']}"
        return self.status, told["code"], told["errors"][0]["field"] if "errors" in told else None


class Site:
    """The API over a world.

    Attributes:
        world: What it stands on.
        pauses: Seconds of each wait of a long poll, in order.
        darkroom: The steps, to be replaced one by one.
    """

    def __init__(self, **environ: str) -> None:
        self.world = World(**environ)
        self.pauses: list[float] = []
        self.darkroom = SimpleNamespace(**vars(self.world.darkroom))
        self.api = Dependencies(lambda: cast("Darkroom", self.darkroom), self._pause, self.world.clock, self.world.draw)
        self.app = build(self.api, keyed=bool(self.world.settings.api_keys))
        self.gateway = gateway_of(self.app, self.world.settings)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.world.clock.advance(seconds)

    def call(self, method: str, path: str, told: Any = None, **headers: str) -> Answer:  # noqa: ANN401 - JSON or bytes
        """Send a request; ``told`` is bytes, or JSON. Header names have ``_`` for ``-``."""
        return asyncio.run(sent(self.gateway, method, f"http://localhost:7071/api{path}", told, headers))

    def added(self, ref: str = "a", **fields: Any) -> Answer:  # noqa: ANN401 - JSON
        """Add a job; a unique one where nothing else is said."""
        return self.call("POST", "/jobs", {"type": "t", "ref": ref, "unique": True, **fields})

    def claimed(self, ref: str = "a") -> Answer:
        """Add a job and claim it."""
        job_id = self.added(ref).json["id"]
        return self.call("POST", f"/jobs/{job_id}/claim", {"owner": "w"})

    def completed(self, ref: str = "a") -> Answer:
        """Add a job, claim and complete it."""
        held = self.claimed(ref)
        return self.call("POST", f"/jobs/{held.json['id']}/complete", {"result": {}}, if_match=held.headers["etag"])

    def uploaded(self, name: str = "cat.png") -> Answer:
        """Upload an image."""
        return self.call("PUT", f"/images/{quote(name)}", b"bytes", content_type="image/png")


async def sent(gateway: Gateway, method: str, url: str, told: object, headers: Mapping[str, str]) -> Answer:
    """Send a request as the host hands it on; ``told`` is bytes, or JSON. Header names have ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = told if isinstance(told, bytes) else b"" if told is None else json.dumps(told).encode()
    if told is not None and not isinstance(told, bytes):
        named.setdefault("content-type", "application/json")
    request = func.HttpRequest(method, url, headers=named, body=body)
    back = await answer_through(lambda: gateway, request, CONTEXT)
    told_headers = {name.lower(): value for name, value in back.headers.items()}
    return Answer(back.status_code, {"content-type": back.mimetype} | told_headers, back.get_body())
