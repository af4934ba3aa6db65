"""The jobs API over HTTP, as a test of one type of jobs calls it."""

import json
from typing import Any, Self
from urllib.parse import quote

import urllib3

from tests.rig import Rig
from tests.unit.http.client import Response

#: Shorter is none; others wait a margin longer, and up to a second for the service's clock to say so.
LEASE_SECONDS = 1


class Site:
    """Call the API at a URL.

    Attributes:
        url: The API's root.
        kind: A type of job that is the test's own.
    """

    def __init__(self, url: str, kind: str) -> None:
        self.url = url
        self.kind = kind
        self._pool = urllib3.PoolManager(maxsize=32)

    @classmethod
    def of(cls, rig: Rig, kind: str) -> Self:
        """Call the first host of a rig."""
        return cls(f"http://127.0.0.1:{rig.hosts[0].port}/api", kind)

    def call(self, method: str, path: str, told: Any = None, **headers: str) -> Response:  # noqa: ANN401 - JSON or bytes
        """Send a request; ``told`` is bytes, or JSON. Header names have ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = told if isinstance(told, bytes) or told is None else json.dumps(told)
        if told is not None:
            named.setdefault("content-type", "application/json")
        reply = self._pool.request(method, self.url + path, body=body, headers=named, redirect=False, retries=False)
        return Response(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.data)

    def add(self, ref: str = "a", **fields: Any) -> Response:  # noqa: ANN401 - JSON
        """Add a job of the test's type."""
        return self.call("POST", "/jobs", {"type": self.kind, "ref": ref, **fields})

    def new_job(self, ref: str = "a", **fields: Any) -> str:  # noqa: ANN401 - JSON
        """Add a job that is new; return its id."""
        answer = self.add(ref, **fields)
        assert answer.status == 201, answer.body
        return str(answer.json["id"])

    def job(self, job_id: str) -> Any:  # noqa: ANN401 - JSON
        """Return a job as it stands."""
        answer = self.call("GET", f"/jobs/{job_id}")
        assert answer.status == 200, answer.body
        return answer.json

    def next(self, owner: str = "w", **fields: Any) -> Response:  # noqa: ANN401 - JSON
        """Claim whichever is due."""
        return self.call("POST", "/jobs/claim", {"type": self.kind, "owner": owner, **fields})

    def claim(self, job_id: str, owner: str = "w", lease: int | None = LEASE_SECONDS) -> Response:
        """Claim this job."""
        return self.call("POST", f"/jobs/{job_id}/claim", {"owner": owner, "lease_seconds": lease})

    def tell(self, held: Response, report: str, told: Any = None) -> Response:  # noqa: ANN401 - JSON
        """Report on a job, with the lease that a claim or an earlier report was answered with."""
        return self.call("POST", f"/jobs/{held.json['id']}/{report}", told, if_match=held.headers["etag"])

    def history(self, job_id: str) -> list[dict[str, Any]]:
        """Return the attempts at a job."""
        attempts: list[dict[str, Any]] = self.call("GET", f"/jobs/{job_id}/history").json["attempts"]
        return attempts

    def why(self, job_id: str) -> str:
        """Return why a job is not done."""
        return str(self.call("GET", f"/jobs/{job_id}/why").json["why"])

    def completed(self, ref: str = "a", **fields: Any) -> str:  # noqa: ANN401 - JSON
        """Add a job, claim and complete it; return its id."""
        job_id = self.new_job(ref, **fields)
        answer = self.tell(self.claim(job_id, lease=60), "complete", {"result": {}})
        assert answer.status == 200, answer.body
        return job_id

    def upload(self, name: str, data: bytes) -> Any:  # noqa: ANN401 - JSON
        """Upload an image; return what stands for it."""
        answer = self.call("PUT", f"/images/{quote(name)}", data, content_type="image/png")
        assert answer.status == 202, answer.body
        return answer.json

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()
