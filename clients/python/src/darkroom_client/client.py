"""The calls of the API, one method each."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import urllib3

from darkroom_client.claimed import Claimed
from darkroom_client.errors import Unreachable
from darkroom_client.job import Job
from darkroom_client.wire import Answer, Wire

#: What can be sent again without harm, and is no holder's call, is sent again for so long.
PATIENCE_SECONDS = 60.0
#: How much longer than it was asked to wait the service may take over a claim.
CLAIM_SECONDS = 10.0
#: Between two looks at a job, where no Retry-After is told; the shortest time between two claims that find none.
POLL_SECONDS = 1.0
#: How long a pause goes on before ``stop`` is asked again.
STEP_SECONDS = 0.5


class Client:
    """Call Darkroom's jobs API, from any number of threads.

    Calls that change nothing twice are sent again for a while when no reply comes, or 429 or 5xx. The others raise
    ``Unreachable``, and the caller decides. All raise ``ApiError`` and its kinds.

    Args:
        url: The API's root, such as ``http://127.0.0.1:7071/api``.
        key: A function key, or one of the setting ``API_KEYS``.
        owner: Names this worker in the job, 1–128 characters; host and process by default.
        pool: Connections of the caller's own, who also closes them; else a pool that ends with the client. TLS is
            verified unless this pool does not.
        monotonic: Seconds that never go back.
        wait: Lets seconds pass; by default until the client is closed, if that is sooner.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        owner: str | None = None,
        pool: urllib3.PoolManager | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._pool, self._pool_is_own = pool or urllib3.PoolManager(maxsize=8), pool is None
        self._wire = Wire(url, key, self._pool, monotonic, wait)
        self.owner = (owner or f"{socket.gethostname()}/{os.getpid()}")[:128]

    def add(
        self,
        kind: str,
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
            kind: Its type.
            ref: What it is about.
            params: Facts for the worker.
            unique: Whether to add none where one of this type and ref was ever added; the answer is then that one.
                Only so it is sent again by itself: a second job would be no second one.
            ttl_seconds: How long it may be claimed.
            not_before: Earliest claim, aware.
            max_attempts: How many claims may count.

        Returns:
            The job, with ``created`` or, where a unique one is there, as it stands; ``purged`` when little is left.

        Raises:
            Unreachable: Not decided. Without ``unique`` nothing was repeated: whether the job was added is unknown.
            ValueError: ``not_before`` has no zone.
        """
        if not_before is not None and not_before.tzinfo is None:
            raise ValueError("not_before: want a time with a zone")
        body = {
            "type": kind,
            "ref": ref,
            "params": params,
            "unique": unique,
            "ttl_seconds": ttl_seconds,
            "not_before": not_before and _rfc3339(not_before),
            "max_attempts": max_attempts,
        }
        if not unique:
            return self._wire.send("POST", "/jobs", body).job()
        return self._patiently(lambda: self._wire.send("POST", "/jobs", body)).job()

    def get(self, job_id: str) -> Job:
        """Return a job as it stands."""
        return self._get(_path(job_id)).job()

    def list(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        ref: str | None = None,
        ended_from: datetime | None = None,
        ended_to: datetime | None = None,
        page_size: int | None = None,
    ) -> Iterator[Job]:
        """Yield jobs: live ones first, then by the moment of their end, newest first. One request a page, when needed.

        Args:
            kind: Of this type.
            state: In this state.
            ref: About this, exactly; needs ``kind``.
            ended_from: Ended then or later, aware.
            ended_to: Ended before, aware.
            page_size: Of one request; the service's own by default.
        """
        asked = {
            "type": kind,
            "state": state,
            "ref": ref,
            "ended_from": ended_from and _rfc3339(ended_from),
            "ended_to": ended_to and _rfc3339(ended_to),
            "limit": page_size,
        }
        while True:
            query = urlencode({name: value for name, value in asked.items() if value is not None})
            page = self._get(f"/jobs?{query}").body
            yield from (Job.read(told) for told in page["items"])
            if not page.get("cursor"):
                return
            asked["cursor"] = page["cursor"]

    def history(self, job_id: str) -> Sequence[Mapping[str, Any]]:
        """Return every attempt as the service tells it, refused late reports among them; oldest first."""
        attempts: Sequence[Mapping[str, Any]] = self._get(f"{_path(job_id)}/history").body["attempts"]
        return attempts

    def why(self, job_id: str) -> str:
        """Return one sentence: why the job is not done."""
        return str(self._get(f"{_path(job_id)}/why").body["why"])

    def cancel(self, job_id: str) -> None:
        """End a job that is not wanted any more; its worker, if it has one, is refused."""
        self._wire.send("POST", f"{_path(job_id)}/cancel")

    def redrive(self, job_id: str) -> None:
        """Open a failed or canceled job again, with all of its attempts."""
        self._wire.send("POST", f"{_path(job_id)}/redrive")

    def delete(self, job_id: str, *, forget: bool = False) -> None:
        """Delete a job that has ended; with ``forget`` its type and ref may be added anew."""
        self._wire.send("DELETE", _path(job_id) + ("?forget=true" if forget else ""))

    def wait(self, job_id: str, seconds: float) -> Job:
        """Look at a job, as often as its Retry-After asks, until it has ended.

        Args:
            job_id: Of the job.
            seconds: When to give up waiting.

        Returns:
            The job as last seen: ``ended`` tells whether it is over.
        """
        ends_at = self._wire.monotonic() + seconds
        while True:
            answer = self._get(_path(job_id))
            job, left = answer.job(), ends_at - self._wire.monotonic()
            if job.ended or left <= 0:
                return job
            self._wire.wait(min(left, answer.retry_after or POLL_SECONDS))

    def claim(self, kind: str, *, lease_seconds: int | None = None, wait_seconds: int = 20) -> Claimed | None:
        """Start one of the oldest due jobs of a type. Never sent again by itself: each claim is another job's.

        Args:
            kind: Type of the job.
            lease_seconds: Protection from each renewal to the next; the service's own by default.
            wait_seconds: How long the service may wait for a job to come due, up to 20.

        Returns:
            The job in hand, or None when there is none. After a lost reply it is nobody's until its lease is over.
        """
        body = {"type": kind, "owner": self.owner, "lease_seconds": lease_seconds, "wait_seconds": wait_seconds}
        return self._claimed("/jobs/claim", body, wait_seconds + CLAIM_SECONDS)

    def claim_job(self, job_id: str, *, lease_seconds: int | None = None) -> Claimed:
        """Start this job.

        Raises:
            Conflict: It is another's, has ended, or is not due.
        """
        held = self._claimed(f"{_path(job_id)}/claim", {"owner": self.owner, "lease_seconds": lease_seconds})
        if held is None:
            raise Unreachable(204, "unreadable", "a claim of one job was answered with none")
        return held

    def claims(
        self,
        kind: str,
        *,
        stop: Callable[[], bool] = lambda: False,
        until_empty: bool = False,
        lease_seconds: int | None = None,
        wait_seconds: int = 20,
    ) -> Iterator[Claimed]:
        """Yield jobs as they come due, for ever unless told: the loop of a worker. Enter each, by ``with``.

        Outages and 429 are waited out, with pauses that grow up to half a minute, or as long as the service asks.

        Args:
            kind: Type of the jobs.
            stop: Says whether to end; asked before each claim, twice a second in pauses, and once more when a job has
                come, which then is given back. A claim under way is not cut short, its job would be nobody's.
            until_empty: Whether to end when a claim finds none. An outage is no such answer.
            lease_seconds: As for ``claim``.
            wait_seconds: As for ``claim``, and so the longest that ``stop`` may have to wait.
        """
        failures = 0
        while not (stop() or self._wire.closed.is_set()):
            began_at = self._wire.monotonic()
            try:
                held = self.claim(kind, lease_seconds=lease_seconds, wait_seconds=wait_seconds)
            except Unreachable as error:
                self._rest(self._wire.pause(failures, error), stop)
                failures += 1
                continue
            failures = 0
            if held is None and until_empty:
                return
            if held is None:  # a service that can't wait says so at once
                self._rest(began_at + POLL_SECONDS - self._wire.monotonic(), stop)
            elif stop():
                with held:
                    return
            else:
                yield held

    def close(self) -> None:
        """End pauses under way, refuse further calls, and close the connections that are the client's own."""
        self._wire.closed.set()
        if self._pool_is_own:
            self._pool.clear()

    def _claimed(self, path: str, body: Mapping[str, Any], seconds: float = 30.0) -> Claimed | None:
        sent_at = self._wire.monotonic()
        answer = self._wire.send("POST", path, body, seconds=seconds)
        if answer.body is None:
            return None
        return Claimed(self._wire, answer, sent_at=sent_at, lease_seconds=body["lease_seconds"])

    def _get(self, path: str) -> Answer:
        return self._patiently(lambda: self._wire.send("GET", path))

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        return self._wire.until(self._wire.monotonic() + PATIENCE_SECONDS, send)

    def _rest(self, seconds: float, stop: Callable[[], bool]) -> None:
        while seconds > 0 and not (stop() or self._wire.closed.is_set()):
            self._wire.wait(min(seconds, STEP_SECONDS))
            seconds -= STEP_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
