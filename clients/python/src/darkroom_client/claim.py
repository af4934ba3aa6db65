"""The claim of a job: its lease is renewed while the worker works, and it ends once."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from darkroom_client.errors import ApiError, Conflict, InvalidRequest, NotFound, Stale
from darkroom_client.job import Job
from darkroom_client.transport import REQUEST_SECONDS, Response, Transport

log = logging.getLogger("darkroom_client")

#: Kept back from every lease for clocks that drift; a fifth of a short lease.
MARGIN_SECONDS = 2.0
#: For a service that does not say how long its lease is.
LEASE_SECONDS = 60.0


class Claim:
    """A job that this worker has claimed; returned by ``Client.claim``, ``claim_job`` and ``claims``.

    Use it in a ``with`` statement: a thread renews the lease whenever a third of it is gone. End the claim once, by
    ``complete``, ``fail``, ``retry`` or ``abandon``. When the block ends without one of them, or by KeyboardInterrupt
    or SystemExit, the job is abandoned; when an Exception ends it, the job is retried. The exception is raised again.

    Attributes:
        job: As of the last response; its ``etag`` is None, since the claim keeps it.
    """

    def __init__(
        self, transport: Transport, response: Response, *, sent_at: float, lease_seconds: float | None
    ) -> None:
        self._transport = transport
        self._requested_seconds = lease_seconds
        self.job = _job_without_etag(response)
        self._etag = response.etag
        self._path = f"/jobs/{quote(self.job.id, safe='')}"
        self._mutex = threading.Lock()
        self._ended = threading.Event()
        self._is_refused = False
        self._report: Mapping[str, Any] = {}
        self._thread: threading.Thread | None = None
        self._start_lease(sent_at)

    @property
    def params(self) -> Mapping[str, Any]:
        """The worker's input."""
        return self.job.params

    @property
    def cursor(self) -> str | None:
        """Where this attempt can continue, as an earlier one wrote it; None for the beginning."""
        return self.job.cursor

    @property
    def idempotency_key(self) -> str:
        """A key for other services, so that they do once what several attempts ask of them.

        It is the same at every attempt. A job that is forgotten and added again has the same id and another key.
        """
        created = self.job.created_at
        return self.job.id if created is None else f"{self.job.id}:{created.timestamp() * 1000:.0f}"

    @property
    def lost(self) -> bool:
        """Whether to stop working: the service refused a renewal, or the lease is nearly over by the local clock."""
        return self._is_refused or self._transport.monotonic() >= self._stop_at

    def progress(self, share: float, *, cursor: str | None = None) -> None:
        """Report progress with the next renewal. Call ``renew`` to send it at once.

        Args:
            share: How much is done, 0 to 1.
            cursor: Where another attempt can continue; None keeps the last one.

        Raises:
            ValueError: The share is not from 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError("progress must be a number from 0 to 1")
        self._report = {"progress": share, "cursor": self._report.get("cursor") if cursor is None else cursor}

    def renew(self) -> float | None:
        """Renew the lease now. In a ``with`` block a thread does so by itself.

        This sends a request even when the lease is over by the local clock: until another worker claims the job, the
        service still accepts the renewal.

        Returns:
            Seconds until the next renewal; None when no renewal should follow.
        """
        with self._mutex:  # no renewal overtakes an end, and an end waits for the renewal in progress
            if self._ended.is_set() or self._is_refused:
                return None
            sent_at = self._transport.monotonic()
            body = {**self._report, "lease_seconds": self._requested_seconds}
            try:
                response = self._send("renew", body, max(0.1, self._lease_seconds / 6))
                self.job, self._etag = _job_without_etag(response), response.etag or self._etag
            except (Stale, NotFound, Conflict):
                self._is_refused = True
                return None
            except ApiError as error:
                log.warning("lease could not be renewed", extra={"job": self.job.id, "why": str(error)})
                return None if self.lost else self._lease_seconds / 6
            self._start_lease(sent_at)
        return max(0.0, sent_at + self._lease_seconds / 3 - self._transport.monotonic())

    def complete(self, result: Mapping[str, Any]) -> None:
        """End the job with its result, a JSON object.

        Raises:
            Stale: Another worker has the job by now; the service did not take the result.
            InvalidRequest: The result is too large or not valid. You still hold the job: call ``fail``, for example.
            Unavailable: The outcome was unknown until the lease was over; the service may have taken the result.
            ApiError: The service refused for another reason.
            RuntimeError: The claim has ended before.
        """
        self._end("complete", {"result": result})

    def fail(self, code: str, message: str) -> None:
        """End the job as failed: another attempt would fail too. Raises the errors of ``complete``."""
        self._end("fail", {"error": {"code": code, "message": message}})

    def retry(self, code: str, message: str, delay_seconds: float | None = None) -> None:
        """Leave the job to another attempt; this one counts. Raises the errors of ``complete``.

        Args:
            code: Why, lower case with underscores.
            message: One sentence for a person.
            delay_seconds: Until the next attempt; chosen by the service when None.
        """
        self._end("retry", {"error": {"code": code, "message": message}, "delay_seconds": delay_seconds})

    def abandon(self) -> None:
        """Give the job back as if it had not been claimed: this attempt does not count. Raises as ``complete``."""
        self._end("abandon", None)

    def _end(self, call: str, body: Mapping[str, Any] | None, *, patient: bool = True) -> None:
        """Send the end until the lease is over: the service recognizes a repeated end by its token."""
        sent = 0

        def send() -> Response:
            nonlocal sent
            sent += 1
            return self._send(call, body, min(REQUEST_SECONDS, max(1.0, self._stop_at - self._transport.monotonic())))

        with self._mutex:
            if self._ended.is_set():
                raise RuntimeError("this claim has ended already")
            try:
                self.job = self._transport.send_until(self._stop_at if patient else 0.0, send).job()
            except InvalidRequest:
                raise
            except Conflict as error:
                self._ended.set()
                if call == "complete" or error.code != "wrong_state" or sent == 1:
                    raise  # otherwise the service took the first request, and its response was lost
            except ApiError:
                self._ended.set()
                raise
            self._ended.set()

    def _send(self, call: str, body: Mapping[str, Any] | None, seconds: float) -> Response:
        return self._transport.send("POST", f"{self._path}/{call}", body, etag=self._etag, seconds=seconds)

    def _start_lease(self, sent_at: float) -> None:
        """Count from before the request was sent: the service cannot have started the lease earlier."""
        self._lease_seconds = self.job.lease_seconds or self._requested_seconds or LEASE_SECONDS
        self._stop_at = sent_at + self._lease_seconds - min(MARGIN_SECONDS, self._lease_seconds / 5)
        self._renew_at = sent_at + self._lease_seconds / 3

    def _keep_renewing(self) -> None:
        pause: float | None = max(0.0, self._renew_at - self._transport.monotonic())
        while pause is not None and not self._ended.wait(pause):
            pause = self.renew()

    def _give_back(self, error: BaseException | None) -> None:
        """Send the end that the worker has not sent; a refusal must not hide the worker's own exception."""
        try:
            if isinstance(error, Exception):
                message = type(error).__name__  # its text may be confidential
                self._end("retry", {"error": {"code": "worker_error", "message": message}})
            else:  # the process shall exit now: no second try
                self._end("abandon", None, patient=error is None)
        except ApiError as refusal:
            log.warning("job could not be given back", extra={"job": self.job.id, "why": str(refusal)})

    def __enter__(self) -> Self:
        """Start renewing; before the work, when a long claim has used up a third of the lease."""
        if self._transport.monotonic() >= self._renew_at:
            self.renew()
        self._thread = threading.Thread(target=self._keep_renewing, name=f"renew {self.job.id}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._ended.is_set():
                self._give_back(error)
        finally:
            self._ended.set()
            if self._thread is not None:
                self._thread.join()


def _job_without_etag(response: Response) -> Job:
    """Return the job of a claim or renewal; its ETag is the lease, which only the claim may send."""
    return replace(response.job(), etag=None)
