"""Call functions in the worker process, which is started again whenever it ends.

Source:
    Azure/azure-functions-host, RpcFunctionInvocationDispatcher: the end of a worker fails what runs in it; another is
    started at once, and after that once in 10 s; calls wait meanwhile. A function timeout ends it too. Read 2026-11.
"""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from localhost.channel import Data
from localhost.host.app_settings import SettingsWrong
from localhost.host.clock import Clock
from localhost.host.index import Function
from localhost.host.log import Log
from localhost.host.worker_logs import WorkerLogs
from localhost.host.worker_process import WorkerProcess


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended."""

    success: bool
    #: What the function returned.
    value: Data | None = None
    error: str | None = None


@dataclass(frozen=True)
class Invocation:
    """A call that the worker has not ended yet."""

    function: str
    process: WorkerProcess
    end: "Future[InvocationResult]"


class Worker:
    """The one worker process of a host.

    Args:
        start: Starts a process.
        log: Where starts and ends are written.
        clock: Measures durations.
        timeout_seconds: ``functionTimeout``; None: no limit.
        restart_seconds: Between two restarts, at least.
    """

    def __init__(
        self,
        start: Callable[[], WorkerProcess],
        *,
        log: Log,
        clock: Clock,
        timeout_seconds: float | None,
        restart_seconds: float,
    ) -> None:
        self._start = start
        self._log = log
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._restart_seconds = restart_seconds
        self._change = threading.Condition()
        self._running: dict[str, Invocation] = {}
        self._ready: WorkerProcess | None = None
        self._closed = threading.Event()
        self._logs = WorkerLogs(log)
        self._process = start()
        self._thread = threading.Thread(target=self._supervise, name="worker", daemon=True)

    def open(self) -> Sequence[Mapping[str, Any]]:
        """Wait until the process has imported the app; return its functions by ``name`` and ``bindings``.

        Raises:
            SettingsWrong: The app cannot work, by the message.
        """
        functions = self._read_index(self._process)
        self._thread.start()
        return functions

    @property
    def drops(self) -> int:
        """How many lines of the app the real host would have dropped."""
        return self._logs.drops

    def invoke(self, function: Function, data: Data, metadata: Mapping[str, Any], *, reason: str) -> InvocationResult:
        """Call the function and wait for its end.

        Args:
            function: What to call.
            data: The trigger's value.
            metadata: Trigger metadata as plain values.
            reason: Stands in the log: what made the host call.
        """
        invocation = str(uuid.uuid4())
        fields = {"function": function.name, "invocation": invocation}
        self._log.event("function started", **fields, reason=reason)
        started = self._clock.monotonic()
        result = self._call(fields, data, metadata)
        self._log.event(
            "function ended",
            **fields,
            outcome="succeeded" if result.success else "failed",
            duration_ms=round((self._clock.monotonic() - started) * 1000, 1),
            error=result.error,
        )
        return result

    def close(self) -> None:
        """End the process without notice, as the real host does; nothing may be running any more."""
        with self._change:
            self._closed.set()
            self._change.notify_all()
        self._process.kill()
        if self._thread.ident is not None:
            self._thread.join()
        else:
            self._process.wait()
            self._process.channel.close()

    def _call(self, fields: Mapping[str, str], data: Data, metadata: Mapping[str, Any]) -> InvocationResult:
        end: Future[InvocationResult] = Future()
        until = None if self._timeout_seconds is None else self._clock.monotonic() + self._timeout_seconds
        process = self._await_process(until)
        if process is None:
            return InvocationResult(success=False, error="No worker process has come up in time.")
        digits = fields["invocation"].replace("-", "")
        head = {
            **fields,
            "type": data.type,
            "fields": data.fields,
            "metadata": metadata,
            "trace_parent": f"00-{digits}-{digits[:16]}-00",
        }
        self._running[fields["invocation"]] = Invocation(fields["function"], process, end)
        try:
            process.channel.send(head, data.body)
            return end.result(self._seconds_to(until))
        except TimeoutError:
            self._log.event("functionTimeout exceeded: the worker process is restarted", level="error", **fields)
            process.kill()
            return InvocationResult(success=False, error="functionTimeout exceeded")
        except OSError as error:
            return InvocationResult(success=False, error=f"The worker process ended: {error}")
        finally:
            self._running.pop(fields["invocation"], None)

    def _await_process(self, until: float | None) -> WorkerProcess | None:
        """Return the process as soon as one can be called; None when the time is up or the host ends first."""
        with self._change:
            self._change.wait_for(lambda: self._ready is not None or self._closed.is_set(), self._seconds_to(until))
            return self._ready

    def _seconds_to(self, until: float | None) -> float | None:
        return None if until is None else max(0.0, until - self._clock.monotonic())

    def _supervise(self) -> None:
        """Serve one process after the other."""
        restarted = float("-inf")
        while True:
            self._set_ready(self._process)
            self._serve(self._process)
            self._set_ready(None)
            self._end()
            while not self._closed.wait(max(0.0, restarted + self._restart_seconds - self._clock.monotonic())):
                restarted = self._clock.monotonic()
                if self._restart():
                    break
            else:
                return

    def _restart(self) -> bool:
        """Start another process; False when it does not come up."""
        self._process = self._start()
        if self._closed.is_set():  # `close` may have killed the one before
            self._process.kill()
        try:
            self._read_index(self._process)
        except SettingsWrong as error:
            self._log.event("worker not started", level="error", error=str(error))
            self._process.channel.close()
            return False
        self._log.event("worker started again")
        return True

    def _set_ready(self, process: WorkerProcess | None) -> None:
        with self._change:
            self._ready = process
            self._change.notify_all()

    def _serve(self, process: WorkerProcess) -> None:
        """Take what the process sends, until its end."""
        while (frame := process.channel.receive()) is not None:
            head, body = frame
            if head["frame"] == "log":
                running = self._running.get(head["invocation"])
                self._logs.write(head, None if running is None else running.function)
                continue
            running = self._running.get(head["invocation"])
            if running is not None:
                running.end.set_result(_result(head, body))

    def _end(self) -> None:
        """Fail what ran in the process."""
        how = self._process.wait()
        self._process.channel.close()
        lost = [running for running in list(self._running.values()) if running.process is self._process]
        if not self._closed.is_set():
            self._log.event("worker ended", level="error", how=how, invocations=len(lost))
        for running in lost:
            if not running.end.done():
                running.end.set_result(InvocationResult(success=False, error=f"The worker process ended: {how}"))

    def _read_index(self, process: WorkerProcess) -> Sequence[Mapping[str, Any]]:
        while (frame := process.channel.receive()) is not None:
            head, _ = frame
            if head["frame"] == "index":
                functions: Sequence[Mapping[str, Any]] = head["functions"]
                return functions
            if head["frame"] == "refusal":
                raise SettingsWrong(head["error"])
            self._logs.write(head, None)
        raise SettingsWrong(f"The worker process ended while it imported the app: {process.wait()}")


def _result(head: Mapping[str, Any], body: bytes) -> InvocationResult:
    if "error" in head:
        return InvocationResult(success=False, error=head["error"])
    value = Data(head["type"], body, head["fields"]) if "type" in head else None
    return InvocationResult(success=True, value=value)
