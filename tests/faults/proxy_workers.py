"""Workers that are processes: started by a fork server, killed and paused by signals."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import StorageOut
from shared.storage.job_table import JobTable
from tests.faults.enumeration import Died
from tests.faults.proxy import Proxy
from tests.rig import ROOT

#: A process that has not done in this time what it was told to never will.
DEADLINE_SECONDS = 60.0


class Running:
    """One worker process, from its order to its end."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._facts: dict[str, Any] = {}

    def note(self, **facts: object) -> None:
        """Take in what the fork server says of it."""
        with self._condition:
            self._facts |= facts
            self._condition.notify_all()

    def kill(self) -> None:
        """End it as ``kill -9`` does; return when it has ended."""
        self._signal(signal.SIGKILL)
        self.ended()

    def pause(self) -> None:
        """Stop it as ``kill -STOP`` does; return when it stands still."""
        self._signal(signal.SIGSTOP)
        self._once(lambda: self._facts.get("stopped"), "stopped")

    def resume(self) -> None:
        """Let it go on, as ``kill -CONT`` does; return when it does."""
        self._signal(signal.SIGCONT)
        self._once(lambda: not self._facts.get("stopped"), "resumed")

    def ended(self) -> dict[str, Any]:
        """Wait for its end; return all that is known of it."""
        return self._once(lambda: "ended" in self._facts, "ended")

    def _signal(self, number: signal.Signals) -> None:
        pid = self._once(lambda: "pid" in self._facts, "started")["pid"]
        assert "ended" not in self._facts, f"a process that has ended can't be told {number.name}"
        os.kill(pid, number)

    def _once(self, true: Callable[[], object], what: str) -> dict[str, Any]:
        with self._condition:
            assert self._condition.wait_for(true, DEADLINE_SECONDS), f"not {what}: {self._facts}"
            return dict(self._facts)


class ForkServer:
    """Start workers, through one process that has imported everything."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.faults.worker_process"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._mutex = threading.Lock()
        self._orders: list[Running] = []
        self._started: dict[int, Running] = {}
        self._reader = threading.Thread(target=self._read, name="fork server", daemon=True)
        self._reader.start()

    def order(self, running: Running, **order: object) -> None:
        """Have a worker started that carries out an order."""
        with self._mutex:
            self._orders.append(running)
            words = json.dumps({"order": len(self._orders) - 1, **order})
            assert self._process.stdin is not None
            self._process.stdin.write(words + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """End it and all of its workers."""
        with self._process:  # closes the pipes at the end, and waits
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._reader.join(DEADLINE_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            facts = json.loads(line)
            running = self._orders[facts["order"]] if "order" in facts else self._started[facts["pid"]]
            if "order" in facts and "pid" in facts:
                self._started[facts["pid"]] = running
            running.note(**facts)


class Calls:
    """The verbs of every step, as they are done by another process."""

    def __init__(self, do: Callable[[str, str], object]) -> None:
        self._do = do

    def record_event(self, path: str) -> object:
        """See ``Record.record_event``."""
        return self._do("announce", path)

    def receive(self, body: bytes, *, owner: str) -> object:  # noqa: ARG002 - the worker names itself
        """See ``Receive``."""
        return self._do("receive", body.decode())

    def bury(self, body: bytes) -> object:
        """See ``Bury``."""
        return self._do("bury", body.decode())

    def sweep(self, *, owner: str) -> object:  # noqa: ARG002 - as above
        """See ``Sweep``."""
        return self._do("sweep", "")

    def cancel(self, job_id: str) -> str:
        """See ``Cancel``."""
        return str(self._do("cancel", job_id))

    def redrive(self, job_id: str) -> str:
        """See ``Redrive``."""
        return str(self._do("redrive", job_id))


class Elsewhere:
    """The calls of a ``Darkroom`` that a host makes, each carried out by a process of its own.

    Args:
        server: Starts the processes.
        proxy: Between them and storage.
        environ: App settings.
        table: The job table of the process, one that breaks a rule.
    """

    def __init__(
        self, server: ForkServer, proxy: Proxy, environ: Mapping[str, str], table: type[JobTable] = JobTable
    ) -> None:
        self._server, self._proxy, self._table = server, proxy, f"{table.__module__}:{table.__name__}"
        self._environ = {**environ, "AzureWebJobsStorage": proxy.connection, "ANALYSIS_ISOLATION": "off"}

    @property
    def record(self) -> Calls:
        """The step that ``record_event`` belongs to."""
        return Calls(self._do)

    receive = bury = sweep = cancel = redrive = record

    def _do(self, verb: str, text: str) -> object:
        """Have it done, and end as the process has ended."""
        self._proxy.victim = running = Running()
        self._server.order(running, table=self._table, environ=self._environ, verb=verb, text=text)
        facts = running.ended()
        self._proxy.settle()
        if facts["ended"] == -signal.SIGKILL:
            raise Died
        if "outage" in facts:
            raise StorageOut(facts["outage"])
        assert facts["ended"] == 0, facts
        assert "outcome" in facts, facts
        return facts["outcome"]
