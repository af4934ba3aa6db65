"""Requests and responses: send once, or until the outcome is known."""

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from darkroom_client import query
from darkroom_client.errors import Unavailable, error_type
from darkroom_client.job import Job

#: The most that a request may take: to connect, and between two bytes.
REQUEST_SECONDS = 30.0
#: How long calls are repeated that may safely be repeated; the ends of a claim are repeated as long as its lease.
PATIENCE_SECONDS = 60.0
#: Pauses after failures double from the first to the longest; half of each is random.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0


@dataclass(frozen=True)
class Response:
    """A response of 2xx."""

    status: int
    body: Any
    etag: str | None
    retry_after: float | None

    def job(self) -> Job:
        """Read the job in the body.

        Raises:
            Unavailable: The body is not a job: something else than the service answered.
        """
        try:
            return Job.from_json(self.body, etag=self.etag, created=self.status == 201)  # noqa: PLR2004 - 201 Created
        except (AttributeError, TypeError, ValueError):
            raise Unavailable(self.status, "unreadable", "the response is not a job") from None


class Transport:
    """Send requests, from any number of threads.

    Args:
        url: The API's root, such as ``http://127.0.0.1:7071/api``.
        key: Sent as ``x-functions-key``, for the host, and as ``Authorization``, for the API; nowhere else.
        pool: Of connections.
        monotonic: Seconds that never go back.
        sleep: Pauses; by default until the transport is closed, if that is sooner.

    Attributes:
        closed: Set when no further request may be sent.

    Raises:
        ValueError: The key does not fit into a header.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        pool: urllib3.PoolManager,
        monotonic: Callable[[], float],
        sleep: Callable[[float], object] | None,
    ) -> None:
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ValueError("key must be printable ASCII")  # http.client would raise too, with the key in its message
        self._url, self._key, self._pool = url.rstrip("/"), key, pool
        self._headers = {"Accept": "application/json", "User-Agent": "darkroom-client"}
        self._headers |= {"x-functions-key": key, "Authorization": f"Bearer {key}"} if key else {}
        self.monotonic = monotonic
        self.closed = threading.Event()
        self.sleep = sleep or self.closed.wait

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        seconds: float = REQUEST_SECONDS,
    ) -> Response:
        """Send once. Redirects are not followed: they would take the key elsewhere.

        Args:
            method: Of HTTP.
            path: After the API's root; encoded already, with its query.
            body: Becomes JSON, without the values that are None.
            etag: For ``If-Match``.
            seconds: The most that the request may take.

        Raises:
            ApiError: No response came, or one that is not 2xx.
            ValueError: The body has no form in JSON.
        """
        if self.closed.is_set():
            raise Unavailable(0, "closed", "the client is closed")
        headers = self._headers | ({} if etag is None else {"If-Match": etag})
        data = None
        if body is not None:
            headers |= {"Content-Type": "application/json"}
            data = json.dumps({name: value for name, value in body.items() if value is not None}, allow_nan=False)
        timeout = urllib3.Timeout(total=seconds)
        try:
            response = self._pool.request(
                method, self._url + path, body=data, headers=headers, timeout=timeout, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(0, "unreachable", f"{method} {path}: {type(error).__name__}") from error
        return self._read(response.status, response.headers, response.data)

    def get(self, path: str) -> Response:
        """Read, and repeat that for a while."""
        return self.repeat(lambda: self.send("GET", path))

    def pages(self, path: str, filters: query.Fields) -> Iterator[Any]:
        """Yield the items of a list; each page is one request, sent when it is needed."""
        cursor: str | None = None
        while True:
            page = self.get(f"{path}?{query.encode({**filters, 'cursor': cursor})}").body
            yield from page["items"]
            cursor = page.get("cursor")
            if not cursor:
                return

    def repeat(self, send: Callable[[], Response]) -> Response:
        """Send what may safely be sent again, for a while."""
        return self.send_until(self.monotonic() + PATIENCE_SECONDS, send)

    def send_until(self, deadline: float, send: Callable[[], Response]) -> Response:
        """Send at least once, and again with growing pauses while the outcome is unknown and time is left.

        Args:
            deadline: Monotonic second after which nothing more is sent.
            send: Sends once.

        Raises:
            ApiError: The last failure.
        """
        failures = 0
        while True:
            try:
                return send()
            except Unavailable as error:
                pause = pause_seconds(error, failures)
                if self.closed.is_set() or self.monotonic() + pause >= deadline:
                    raise
            self.sleep(pause)
            failures += 1

    def _read(self, status: int, headers: Mapping[str, str], data: bytes) -> Response:
        seconds = headers.get("Retry-After", "")
        retry_after = float(seconds) if seconds.isascii() and seconds.isdigit() else None
        success = 200 <= status < 300  # noqa: PLR2004 - 2xx
        try:
            body = json.loads(data) if data else None
        except ValueError:
            if success:
                raise Unavailable(status, "unreadable", "the response is not JSON") from None
            body = None
        if success:
            return Response(status, body, headers.get("ETag"), retry_after)
        problem = body if isinstance(body, dict) else {}
        code, detail = (str(problem.get(name) or "") for name in ("code", "detail"))
        if self._key:  # a proxy may send back what it received
            code, detail = code.replace(self._key, "***"), detail.replace(self._key, "***")
        raise error_type(status)(status, code, detail, retry_after)


def pause_seconds(error: Unavailable, failures: int, chance: Callable[[], float] = random.random) -> float:
    """Return how many seconds to wait: what the service asks for, and more after several failures.

    Args:
        error: The last failure.
        failures: In a row before this one.
        chance: A random number from [0, 1), so that workers that failed together do not return together.
    """
    bound = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
    return (error.retry_after or 0.0) + bound * (1 + chance()) / 2
