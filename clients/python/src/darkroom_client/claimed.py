"""A job in hand: its lease is renewed while the worker works, and its end is told once."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from darkroom_client.errors import ApiError, Conflict, Invalid, NotFound, Stale
from darkroom_client.job import Job
from darkroom_client.wire import REQUEST_SECONDS, Answer, Wire

log = logging.getLogger("darkroom.client")

#: Kept back from every lease for clocks that drift; of short leases a fifth.
MARGIN_SECONDS = 2.0
#: Where the service does not say how long its lease is.
LEASE_SECONDS = 60.0


class Claimed:
    """A job that this worker holds. Made by ``Client.claim``, ``claim_job`` and ``claims``.

    Inside ``with`` a thread renews the lease whenever a third of it is gone. Who leaves the context without having
    told an end gives the job back, uncounted; who leaves it by an error has it tried again, and the error goes on.

    Attributes:
        job: As the service last told it; without its ETag, which is the lease and nobody else's business.
    """

    def __init__(self, wire: Wire, answer: Answer, *, sent_at: float, lease_seconds: float | None) -> None:
        self._wire = wire
        self._asked_seconds = lease_seconds
        self.job = _apart(answer)
        self._lease = answer.etag
        self._path = f"/jobs/{quote(self.job.id, safe='')}"
        self._mutex = threading.Lock()
        self._over = threading.Event()
        self._refused = False
        self._news: Mapping[str, Any] = {}
        self._thread: threading.Thread | None = None
        self._held_since(sent_at)

    @property
    def params(self) -> Mapping[str, Any]:
        """Facts for the worker."""
        return self.job.params

    @property
    def cursor(self) -> str | None:
        """Where an earlier attempt says that this one may go on."""
        return self.job.cursor

    @property
    def idempotency_key(self) -> str:
        """What to hand to others so that they do once what several attempts ask of them.

        The same at every attempt; another where type and ref were forgotten and added anew, though that job has the id.
        """
        created = self.job.created_at
        return self.job.id if created is None else f"{self.job.id}:{created.timestamp() * 1000:.0f}"

    @property
    def lost(self) -> bool:
        """Whether to stop: a renewal was refused, or by this process's clock the lease is over but for a margin."""
        return self._refused or self._wire.monotonic() >= self._stop_at

    def progress(self, share: float, *, cursor: str | None = None) -> None:
        """Note what the next renewal shall carry; ``renew`` carries it at once.

        Args:
            share: Done, 0 to 1.
            cursor: Where another attempt may go on; None leaves what was told before.

        Raises:
            ValueError: The share is not from 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError("progress: want a number from 0 to 1")
        self._news = {"progress": share, "cursor": self._news.get("cursor") if cursor is None else cursor}

    def renew(self) -> float | None:
        """Renew once, now. The thread of the context does so by itself.

        A lease that is over by our clock is asked for all the same: while nobody has taken the job, it is still ours.

        Returns:
            Seconds until the next renewal; None when there shall be none.
        """
        with self._mutex:  # an end that has begun keeps renewals out, and one under way keeps the end waiting
            if self._over.is_set() or self._refused:
                return None
            sent_at = self._wire.monotonic()
            body = {**self._news, "lease_seconds": self._asked_seconds}
            try:
                answer = self._send("renew", body, max(0.1, self._lease_seconds / 6))
                self.job, self._lease = _apart(answer), answer.etag or self._lease
            except (Stale, NotFound, Conflict):
                self._refused = True
                return None
            except ApiError as error:
                log.warning("lease could not be renewed", extra={"job": self.job.id, "why": str(error)})
                return None if self.lost else self._lease_seconds / 6
            self._held_since(sent_at)
        return max(0.0, sent_at + self._lease_seconds / 3 - self._wire.monotonic())

    def complete(self, result: Mapping[str, Any]) -> None:
        """End the job with its result, an object of JSON.

        Raises:
            Stale: Another has the job by now; the result was not taken.
            Invalid: The result is too large, or not of JSON; the job is still held, another end may be told.
            Unreachable: Not decided before the lease was over; it may have been taken.
            ApiError: Any other refusal.
            RuntimeError: An end was told before.
        """
        self._end("complete", {"result": result})

    def fail(self, code: str, message: str) -> None:
        """End the job for good: no attempt can do better. Raises as ``complete``."""
        self._end("fail", {"error": {"code": code, "message": message}})

    def retry(self, code: str, message: str, delay_seconds: float | None = None) -> None:
        """Give the job up to another attempt, counted; the service chooses the delay unless told. As ``complete``."""
        self._end("retry", {"error": {"code": code, "message": message}, "delay_seconds": delay_seconds})

    def abandon(self) -> None:
        """Give the job back, uncounted, as if it had never been claimed. Raises as ``complete``."""
        self._end("abandon", None)

    def _end(self, call: str, body: Mapping[str, Any] | None, *, patient: bool = True) -> None:
        """Tell the end, again and again until the lease is over: the service knows a repeated end by its token."""
        sent = 0

        def send() -> Answer:
            nonlocal sent
            sent += 1
            return self._send(call, body, min(REQUEST_SECONDS, max(1.0, self._stop_at - self._wire.monotonic())))

        with self._mutex:
            if self._over.is_set():
                raise RuntimeError("an end was told before")
            try:
                self.job = self._wire.until(self._stop_at if patient else 0.0, send).job()
            except Invalid:
                raise
            except Conflict as error:
                self._over.set()
                if call == "complete" or error.code != "wrong_state" or sent == 1:
                    raise  # else the first one was taken, and its reply was lost
            except ApiError:
                self._over.set()
                raise
            self._over.set()

    def _send(self, call: str, body: Mapping[str, Any] | None, seconds: float) -> Answer:
        return self._wire.send("POST", f"{self._path}/{call}", body, etag=self._lease, seconds=seconds)

    def _held_since(self, sent_at: float) -> None:
        """Count from before the request was sent: the service can't have begun the lease earlier."""
        self._lease_seconds = self.job.lease_seconds or self._asked_seconds or LEASE_SECONDS
        self._stop_at = sent_at + self._lease_seconds - min(MARGIN_SECONDS, self._lease_seconds / 5)
        self._renew_at = sent_at + self._lease_seconds / 3

    def _renewals(self) -> None:
        pause: float | None = max(0.0, self._renew_at - self._wire.monotonic())
        while pause is not None and not self._over.wait(pause):
            pause = self.renew()

    def _leave(self, error: BaseException | None) -> None:
        """Tell the end that the worker has not told; what stands against it must not hide why the worker left."""
        try:
            if isinstance(error, Exception):
                message = type(error).__name__  # its text may hold what is nobody's business
                self._end("retry", {"error": {"code": "worker_error", "message": message}})
            else:  # somebody wants an end now: no patience
                self._end("abandon", None, patient=error is None)
        except ApiError as refusal:
            log.warning("job could not be given back", extra={"job": self.job.id, "why": str(refusal)})

    def __enter__(self) -> Self:
        """Begin to renew; at once, and before the work, where a long claim has used up a third of the lease."""
        if self._wire.monotonic() >= self._renew_at:
            self.renew()
        self._thread = threading.Thread(target=self._renewals, name=f"renew {self.job.id}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._over.is_set():
                self._leave(error)
        finally:
            self._over.set()
            if self._thread is not None:
                self._thread.join()


def _apart(answer: Answer) -> Job:
    """Return the job that a claim or a renewal has answered with, without its lease."""
    return replace(answer.job(), etag=None)
