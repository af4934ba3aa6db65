"""The calls of the API, one method each."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import urllib3

from darkroom_client import query
from darkroom_client.claim import Claim
from darkroom_client.errors import Unavailable
from darkroom_client.job import Job
from darkroom_client.operators import Operator
from darkroom_client.transport import REQUEST_SECONDS, Transport, pause_seconds

#: What the response to a claim may take beyond the time that the service waits for a job.
CLAIM_SECONDS = 10.0
#: Between two requests for a job without Retry-After; the least between two claims that return nothing.
POLL_SECONDS = 1.0
#: Between two calls of ``stop`` in a pause.
STEP_SECONDS = 0.5


class Client:
    """Call Darkroom's jobs API, from any number of threads.

    Reads, ``add`` with ``unique``, actions with ``as_of``, and the ends of a claim are repeated for a while when no
    response comes, or 429 or 5xx. Every other call raises ``Unavailable``, and you decide. All calls raise ``ApiError``
    or one of its subclasses.

    Args:
        url: The API's root, such as ``http://127.0.0.1:7071/api``.
        key: A function key, or one of the setting ``API_KEYS``.
        owner: Names this worker in its jobs, 1–128 characters; host and process by default.
        pool: Your own connections, which you also close; by default a pool that the client closes. TLS certificates
            are verified unless this pool does not.
        monotonic: Seconds that never go back.
        sleep: Pauses; by default until the client is closed, if that is sooner.

    Raises:
        ValueError: The key is not printable ASCII.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        owner: str | None = None,
        pool: urllib3.PoolManager | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._pool, self._owns_pool = pool or urllib3.PoolManager(maxsize=8), pool is None
        self._transport = Transport(url, key, self._pool, monotonic, sleep)
        self.owner = (owner or f"{socket.gethostname()}/{os.getpid()}")[:128]

    @property
    def operator(self) -> Operator:
        """The calls on many jobs, on rejected messages and on the list of actions: the key must be an operator's."""
        return Operator(self._transport)

    def add(
        self,
        job_type: str,
        ref: str,
        *,
        params: Mapping[str, Any] | None = None,
        unique: bool = False,
        ttl_seconds: int | None = None,
        not_before: datetime | None = None,
        max_attempts: int | None = None,
    ) -> Job:
        """Add a job.

        Args:
            job_type: The type, which workers claim by.
            ref: What the job is about.
            params: The worker's input, a JSON object.
            unique: Whether at most one job of this type and ref is ever added. Only then is the call repeated by
                itself: without it, a repeated request could add a second job.
            ttl_seconds: How long workers may claim the job.
            not_before: Earliest claim, aware.
            max_attempts: How many attempts may count.

        Returns:
            The job, with ``created``; or the unique job that exists, with ``purged`` when only its uniqueness is left.

        Raises:
            Unavailable: The outcome is unknown. Without ``unique`` nothing was repeated; the job may have been added.
            ValueError: ``not_before`` has no time zone.
        """
        if not_before is not None and not_before.tzinfo is None:
            raise ValueError("not_before must have a time zone")
        body = {
            "type": job_type,
            "ref": ref,
            "params": params,
            "unique": unique,
            "ttl_seconds": ttl_seconds,
            "not_before": not_before and query.rfc3339(not_before),
            "max_attempts": max_attempts,
        }
        if not unique:
            return self._transport.send("POST", "/jobs", body).job()
        return self._transport.repeat(lambda: self._transport.send("POST", "/jobs", body)).job()

    def get(self, job_id: str) -> Job:
        """Return a job."""
        return self._transport.get(_path(job_id)).job()

    def list(
        self,
        *,
        job_type: str | None = None,
        state: str | None = None,
        ref: str | None = None,
        ref_prefix: str | None = None,
        error: str | None = None,
        flag: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        ended_from: datetime | None = None,
        ended_to: datetime | None = None,
        page_size: int | None = None,
    ) -> Iterator[Job]:
        """Yield jobs: first those that have not ended, then the others by their end, newest first.

        Each page is one request, sent when it is needed.

        Args:
            job_type: Only of this type.
            state: Only in this state.
            ref: Only with exactly this ref; needs ``job_type``.
            ref_prefix: Only with a ref that begins so.
            error: Only with this code of the last error.
            flag: Only with this flag in the report, such as ``blurred``.
            since: Only ended then or later, aware; what has not ended, only created then or later.
            until: Only ended, or created, before.
            ended_from: Only ended then or later, aware.
            ended_to: Only ended before, aware.
            page_size: Jobs in a page; the service chooses by default.
        """
        filters: query.Fields = {
            "type": job_type,
            "state": state,
            "ref": ref,
            "ref_prefix": ref_prefix,
            "error": error,
            "flag": flag,
            "since": since,
            "until": until,
            "ended_from": ended_from,
            "ended_to": ended_to,
            "limit": page_size,
        }
        yield from map(Job.from_json, self._transport.pages("/jobs", filters))

    def history(self, job_id: str) -> Sequence[Mapping[str, Any]]:
        """Return every attempt as JSON, oldest first; with the reports that came too late."""
        attempts: Sequence[Mapping[str, Any]] = self._transport.get(f"{_path(job_id)}/history").body["attempts"]
        return attempts

    def why(self, job_id: str) -> str:
        """Return one sentence that says why the job is not done."""
        return str(self._transport.get(f"{_path(job_id)}/why").body["why"])

    def cancel(self, job_id: str) -> None:
        """Cancel a job; the service refuses the result of a worker that holds it."""
        self._transport.send("POST", f"{_path(job_id)}/cancel")

    def redrive(self, job_id: str) -> None:
        """Open a failed or canceled job again, with all of its attempts."""
        self._transport.send("POST", f"{_path(job_id)}/redrive")

    def delete(self, job_id: str, *, forget: bool = False) -> None:
        """Delete a job that has ended; with ``forget`` its type and ref may be added again."""
        self._transport.send("DELETE", _path(job_id) + ("?forget=true" if forget else ""))

    def wait(self, job_id: str, timeout_seconds: float) -> Job:
        """Wait until a job has ended. Requests it as often as its Retry-After says.

        Args:
            job_id: Of the job.
            timeout_seconds: When to give up.

        Returns:
            The job as of the last request; ``ended`` says whether it is over.
        """
        deadline = self._transport.monotonic() + timeout_seconds
        while True:
            response = self._transport.get(_path(job_id))
            job, left = response.job(), deadline - self._transport.monotonic()
            if job.ended or left <= 0:
                return job
            self._transport.sleep(min(left, response.retry_after or POLL_SECONDS))

    def claim(self, job_type: str, *, lease_seconds: int | None = None, wait_seconds: int = 20) -> Claim | None:
        """Claim one of the oldest due jobs of a type. The call is never repeated: it would claim another job.

        Args:
            job_type: The type.
            lease_seconds: Protection from one renewal to the next; the service chooses by default.
            wait_seconds: How long the service may wait for a job to become due, up to 20.

        Returns:
            The claim, or None when no job is due. When the response is lost, the job is free once its lease is over.
        """
        body = {"type": job_type, "owner": self.owner, "lease_seconds": lease_seconds, "wait_seconds": wait_seconds}
        return self._claim("/jobs/claim", body, wait_seconds + CLAIM_SECONDS)

    def claim_job(self, job_id: str, *, lease_seconds: int | None = None) -> Claim:
        """Claim this job.

        Raises:
            Conflict: Another worker holds it, it has ended, or it is not due.
        """
        claim = self._claim(f"{_path(job_id)}/claim", {"owner": self.owner, "lease_seconds": lease_seconds})
        if claim is None:
            raise Unavailable(204, "unreadable", "the response to the claim has no job")
        return claim

    def claims(
        self,
        job_type: str,
        *,
        stop: Callable[[], bool] = lambda: False,
        until_empty: bool = False,
        lease_seconds: int | None = None,
        wait_seconds: int = 20,
    ) -> Iterator[Claim]:
        """Yield claims as jobs become due, without end by default: the loop of a worker. Use each in ``with``.

        Outages and 429 do not end the loop: it pauses for up to half a minute, or as long as the service asks.

        Args:
            job_type: The type.
            stop: Says whether to end. It is called before each claim, twice a second in pauses, and once after a
                claim, whose job is then given back. It does not interrupt a claim: nobody would work on that job.
            until_empty: Whether to end when no job is due. An outage does not end the loop.
            lease_seconds: As for ``claim``.
            wait_seconds: As for ``claim``; the longest time before ``stop`` is called again.
        """
        failures = 0
        while not (stop() or self._transport.closed.is_set()):
            started_at = self._transport.monotonic()
            try:
                claim = self.claim(job_type, lease_seconds=lease_seconds, wait_seconds=wait_seconds)
            except Unavailable as error:
                self._pause(pause_seconds(error, failures), stop)
                failures += 1
                continue
            failures = 0
            if claim is None and until_empty:
                return
            if claim is None:  # a service that can't wait answers at once
                self._pause(started_at + POLL_SECONDS - self._transport.monotonic(), stop)
            elif stop():
                with claim:
                    return
            else:
                yield claim

    def close(self) -> None:
        """End all pauses, refuse further calls, and close the client's own connections."""
        self._transport.closed.set()
        if self._owns_pool:
            self._pool.clear()

    def _claim(self, path: str, body: Mapping[str, Any], seconds: float = REQUEST_SECONDS) -> Claim | None:
        sent_at = self._transport.monotonic()
        response = self._transport.send("POST", path, body, seconds=seconds)
        if response.body is None:
            return None
        return Claim(self._transport, response, sent_at=sent_at, lease_seconds=body["lease_seconds"])

    def _pause(self, seconds: float, stop: Callable[[], bool]) -> None:
        while seconds > 0 and not (stop() or self._transport.closed.is_set()):
            self._transport.sleep(min(seconds, STEP_SECONDS))
            seconds -= STEP_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"
