"""Azurite, Functions hosts and eyes on both: what the tiers with real processes are built from."""

import json
import os
import select
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient
from typer.testing import CliRunner

from localhost.azurite import Azurite
from shared import wiring
from shared.cli.main import app
from shared.rules.ids import job_id
from shared.rules.images import version_of
from shared.views import job_json
from tests.place import place_of
from tests.request_log import count_transitions
from tests.sdk_clients import table_of

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
API_VERSION = "2024-11-04"
START_SECONDS = 60.0
T = TypeVar("T")

#: Short times, so that what waits for a lease or a tick is over soon; each test says what else it needs.
QUICK = {
    "SCHEDULE": "* * * * * *",
    "LEASE_SECONDS": "5",
    "LEASE_MARGIN_SECONDS": "1",
    "DISPATCH_GRACE_SECONDS": "3",
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
    "FUNCTIONS_WORKER_RUNTIME": "python",
}


def until(look: Callable[[], T | None], *, seconds: float = 60.0, what: str = "it") -> T:
    """Look again and again until there is something to see; fail with what was seen last."""
    stop = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > stop:
            raise AssertionError(f"{what} did not come within {seconds:g} s")
        select.select([], [], [], 0.05)


class HostProcess:
    """One Functions host, ready."""

    def __init__(
        self, environ: dict[str, str], log: Path, options: Sequence[str] = (), *, app: Path | None = None
    ) -> None:
        self.log = log
        self._log_file = log.open("wb")
        place = place_of()
        words = ["--app", str(app or place.app), "--port", "0", "--fast", *options]
        self.process = subprocess.Popen(
            [place.python, "-m", "localhost.host", *words],
            cwd=place.folder,
            env={**environ, **place.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log_file,
            start_new_session=True,  # a group of its own: paused with all that it may have started
        )
        line = self.read()
        assert line, log.read_text("utf-8", "replace")[-4000:]
        self.ready: dict[str, Any] = json.loads(line)  # its port, and its keys if it requires any
        self.port: int = self.ready["port"]

    def read(self) -> str:
        """Return the next line of its stdout; an empty one when it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()

    def kill(self) -> None:
        """End it and its children as ``kill -9`` does; harmless when it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stop it and its children as ``kill -STOP`` does; return when all of them stand still."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"ended by {status} instead"
        until(lambda: all(stands_still(pid) for pid in children(self.process.pid)), what="the halt of its worker")

    @property
    def worker(self) -> int:
        """The process id of its worker process: its only child."""
        (pid,) = children(self.process.pid)
        return pid

    def resume(self) -> None:
        """Let it go on where it stood; harmless when it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGCONT)

    def drain(self) -> int:
        """End it as an operator does; return its exit status."""
        self.resume()  # one that stands still would never hear of it
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log_file.close()
        return status


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, and that live."""
    folders = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for folder in folders for child in folder.read_text().split()]


def stands_still(pid: int) -> bool:
    """Whether a process is stopped, or has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "TtZX"


@dataclass(frozen=True)
class AzuriteWithLog:
    """An Azurite, and the file that it writes its request log to."""

    azurite: Azurite
    log: Path


@contextmanager
def azurite_with_log(folder: Path) -> Iterator[AzuriteWithLog]:
    """Start Azurite with a request log in a folder."""
    log = folder / "azurite.log"
    with Azurite(debug=log) as azurite:
        yield AzuriteWithLog(azurite, log)


class Rig:
    """An empty storage service, hosts on it, and the user's side of both."""

    def __init__(self, service: AzuriteWithLog, folder: Path) -> None:
        self.azurite = azurite = service.azurite
        self.folder = folder
        #: Of this rig alone; it is there when everything has ended.
        self.request_log = folder / "requests.log"
        self._service_log = service.log
        self.hosts: list[HostProcess] = []
        self.started = 0
        self.environ = {"AzureWebJobsStorage": azurite.connection}
        # With the heartbeat's thread: a sweep over all types of a session may take longer than its lease of the lock.
        self.darkroom = wiring.build({**self.environ, **QUICK})
        self.blobs = BlobServiceClient.from_connection_string(azurite.connection, api_version=API_VERSION)
        self.queues = QueueServiceClient.from_connection_string(azurite.connection, api_version=API_VERSION)
        empty(azurite)
        self._begin = service.log.stat().st_size if service.log.exists() else 0
        self._begin = self._end_of_log()
        self.darkroom.storage.create()

    def start(self, *options: str, **settings: str) -> HostProcess:
        """Start a host with these options and settings over the quick ones; ``Disabled="a,b"`` disables triggers."""
        disabled = settings.pop("Disabled", "")
        switches = {f"AzureWebJobs.{name}.Disabled": "true" for name in disabled.split(",") if name}
        environ = {**os.environ, **QUICK, **self.environ, **settings, **switches}
        self.started += 1
        host = HostProcess(environ, self.folder / f"host-{self.started}.log", options)
        self.hosts.append(host)
        return host

    def upload(self, name: str, data: bytes) -> str:
        """Upload an image; return the id of the job that its version will have."""
        reply = self.blobs.get_blob_client("images", name).upload_blob(data, overwrite=True)
        return job_id("image-analysis", f"images/{name}", version_of(reply["etag"]))

    def job(self, identity: str) -> dict[str, Any] | None:
        """Return a job as users see it."""
        row = self.darkroom.storage.jobs.get(identity)
        return None if row is None else job_json(row)

    def in_state(self, identity: str, *states: str) -> dict[str, Any] | None:
        """Return a job if it is in one of these states."""
        job = self.job(identity)
        return job if job is not None and job["state"] in states else None

    def ended(self, identity: str, *, seconds: float = 60.0) -> dict[str, Any]:
        """Wait for the end of a job."""
        return until(lambda: self.in_state(identity, "COMPLETED", "FAILED", "CANCELED"), seconds=seconds, what=identity)

    def end_of(self, identity: str, *, seconds: float = 60.0) -> tuple[str, int]:
        """Wait for the end of a job; return its state and how many attempts it took."""
        job = self.ended(identity, seconds=seconds)
        return job["state"], job["attempts"]

    def send(self, text: str, queue: str = "image-jobs") -> None:
        """Put a message in with the plain SDK, as anyone may."""
        self.queues.get_queue_client(queue).send_message(text)

    def attempts(self) -> list[dict[str, Any]]:
        """Return the rows of all attempts."""
        rows = table_of(self.darkroom.storage.jobs).list_entities()
        return [dict(row) for row in rows if row["RowKey"].startswith("try:")]

    def log_lines(self, event: str, host: HostProcess | None = None) -> list[dict[str, Any]]:
        """Return what a host, the newest by default, has told of an event: its own, or the app's with its fields."""
        whole = (host or self.hosts[-1]).log.read_text("utf-8").split("\n")[:-1]  # the last may be half a line
        lines = [json.loads(line) for line in whole if line.startswith("{")]
        told = [{**line, **line.get("fields", {})} for line in lines]
        return [line for line in told if line["event"] == event]

    def lost_lines(self) -> list[str]:
        """Return what the app has logged in vain, in all hosts so far: lines that name no running invocation."""
        logs = [path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("host-*.log"))]
        return [line for log in logs for line in log.splitlines() if '"app log dropped"' in line]

    def waiting(self, queue: str = "image-jobs") -> int:
        """Count the messages of a queue, those in a host's hands included."""
        return self.queues.get_queue_client(queue).get_queue_properties().approximate_message_count or 0

    def command(self, *words: str) -> list[str]:
        """Run ``darkroom`` as an operator does, in this process; return the lines that it prints when all is well."""
        told = CliRunner().invoke(app, words, env={**self.environ})
        assert told.exit_code == 0, told.output
        return told.stdout.splitlines()

    def verify(self) -> str:
        """Run ``darkroom verify``; return its last line when it finds no violation."""
        return self.command("verify")[-1]

    def count_transitions(self) -> tuple[Counter[str], Counter[str]]:
        """End all hosts and cut out the request log; return claims and commits by job id, as it has them."""
        self._drain()
        self._end_of_log()
        self.request_log.write_bytes(self._log())
        return count_transitions(self.request_log)

    def _log(self) -> bytes:
        """Return what the service has logged since this rig began."""
        with self._service_log.open("rb") as log:
            log.seek(self._begin)
            return log.read()

    def _end_of_log(self) -> int:
        """Wait for the log of all that was answered so far, which is written late but in order; return its length."""
        mark = f"mark-{uuid.uuid4().hex}"
        list(self.queues.list_queues(name_starts_with=mark))
        until(lambda: mark.encode() in self._log(), what="the end of the log")
        return self._service_log.stat().st_size

    def _drain(self) -> None:
        while self.hosts:
            self.hosts.pop().drain()

    def close(self) -> None:
        """End all hosts; harmless when done before."""
        self._drain()
        self.blobs.close()
        self.queues.close()


@contextmanager
def rig(folder: Path, service: AzuriteWithLog | None = None) -> Iterator[Rig]:
    """Empty a storage service, a new one where none is given, and end everything at the end."""
    with nullcontext(service) if service else azurite_with_log(folder) as storage:
        made = Rig(storage, folder)
        try:
            yield made
        finally:
            made.close()
        assert made.lost_lines() == [], "the Functions host would have dropped these lines"


def empty(azurite: Azurite) -> None:
    """Delete all that a storage service holds."""
    with (
        BlobServiceClient.from_connection_string(azurite.connection, api_version=API_VERSION) as blobs,
        QueueServiceClient.from_connection_string(azurite.connection, api_version=API_VERSION) as queues,
        TableServiceClient.from_connection_string(azurite.connection) as tables,
    ):
        for container in blobs.list_containers():
            blobs.delete_container(container.name)
        for queue in queues.list_queues():
            queues.delete_queue(queue.name)
        for table in tables.list_tables():
            tables.delete_table(table.name)
