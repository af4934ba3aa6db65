"""Requests and replies: send once, or until something is decided."""

import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from darkroom_client.errors import Unreachable, refusal
from darkroom_client.job import Job

#: What one request may take, connecting and each silence of the other side.
REQUEST_SECONDS = 30.0
#: Pauses after failures double from the first to the longest; half of each is drawn.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0


@dataclass(frozen=True)
class Answer:
    """A reply of 2xx."""

    status: int
    body: Any
    etag: str | None
    retry_after: float | None

    def job(self) -> Job:
        """Read the job in it.

        Raises:
            Unreachable: There is none: who answered is not the service.
        """
        try:
            return Job.read(self.body, etag=self.etag, created=self.status == 201)  # noqa: PLR2004 - 201 Created
        except (AttributeError, TypeError, ValueError):
            raise Unreachable(self.status, "unreadable", "the reply is no job") from None


class Wire:
    """Send requests, from any number of threads.

    Args:
        url: The API's root, such as ``http://127.0.0.1:7071/api``.
        key: Goes into the headers ``x-functions-key``, where the host asks for it, and ``Authorization``, where the API
            does; and into nothing else.
        pool: Of connections.
        monotonic: Seconds that never go back.
        wait: Lets seconds pass; by default until the wire is closed, if that is sooner.

    Attributes:
        closed: Set once no request is wanted any more.

    Raises:
        ValueError: The key can't be a header.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        pool: urllib3.PoolManager,
        monotonic: Callable[[], float],
        wait: Callable[[float], object] | None,
    ) -> None:
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ValueError("key: want printable ASCII")  # http.client would say so too, with the key in its message
        self._url, self._key, self._pool = url.rstrip("/"), key, pool
        self._headers = {"Accept": "application/json", "User-Agent": "darkroom-client"}
        self._headers |= {"x-functions-key": key, "Authorization": f"Bearer {key}"} if key else {}
        self.monotonic = monotonic
        self.closed = threading.Event()
        self.wait = wait or self.closed.wait

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        seconds: float = REQUEST_SECONDS,
    ) -> Answer:
        """Send once. No redirect is followed: it would take the key elsewhere.

        Args:
            method: Of HTTP.
            path: After the API's root; parts and query are encoded already.
            body: What to tell in JSON; values of None are left out.
            etag: For ``If-Match``.
            seconds: What it may take.

        Raises:
            ApiError: There was no reply, or one that is not 2xx.
            ValueError: The body can't be told in JSON.
        """
        if self.closed.is_set():
            raise Unreachable(0, "closed", "the client is closed")
        headers = self._headers | ({} if etag is None else {"If-Match": etag})
        data = None
        if body is not None:
            headers |= {"Content-Type": "application/json"}
            data = json.dumps({name: value for name, value in body.items() if value is not None}, allow_nan=False)
        timeout = urllib3.Timeout(total=seconds)
        try:
            reply = self._pool.request(
                method, self._url + path, body=data, headers=headers, timeout=timeout, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(0, "unreachable", f"{method} {path}: {type(error).__name__}") from error
        return self._read(reply.status, reply.headers, reply.data)

    def until(self, ends_at: float, send: Callable[[], Answer]) -> Answer:
        """Send at least once, and again with growing pauses while nothing is decided and there is time.

        Args:
            ends_at: Monotonic second at which nothing more may be sent.
            send: Sends once.

        Raises:
            ApiError: The last answer, or the lack of one.
        """
        failures = 0
        while True:
            try:
                return send()
            except Unreachable as error:
                pause = self.pause(failures, error)
                if self.closed.is_set() or self.monotonic() + pause >= ends_at:
                    raise
            self.wait(pause)
            failures += 1

    def pause(self, failures: int, error: Unreachable, chance: Callable[[], float] = random.random) -> float:
        """Return how many seconds to wait: as many as the service asks for, more if there were many failures.

        Args:
            failures: In a row before this one.
            error: This one.
            chance: Draws evenly from [0, 1), so that workers that failed together don't come back together.
        """
        bound = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
        return (error.retry_after or 0.0) + bound * (1 + chance()) / 2

    def _read(self, status: int, headers: Mapping[str, str], data: bytes) -> Answer:
        told = headers.get("Retry-After", "")
        retry_after = float(told) if told.isascii() and told.isdigit() else None
        good = 200 <= status < 300  # noqa: PLR2004 - 2xx
        try:
            body = json.loads(data) if data else None
        except ValueError:
            if good:
                raise Unreachable(status, "unreadable", "the reply is no JSON") from None
            body = None
        if good:
            return Answer(status, body, headers.get("ETag"), retry_after)
        problem = body if isinstance(body, dict) else {}
        code, detail = (str(problem.get(name) or "") for name in ("code", "detail"))
        if self._key:  # what stands between may send back what it was sent
            code, detail = code.replace(self._key, "***"), detail.replace(self._key, "***")
        raise refusal(status)(status, code, detail, retry_after)
