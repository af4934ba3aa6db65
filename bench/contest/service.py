"""One Azurite for all contestants: in memory, with an access log of which requests are counted."""

import contextlib
import re
import select
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from bench.contest.processes import cpu_ms
from localhost.azurite import Azurite
from shared import clock

API_VERSION = "2024-11-04"
_REQUEST = re.compile(r'"([A-Z]+) /\w+([^ "]*) HTTP/1')
_TABLE = re.compile(r"^(\$batch|Tables|\w+\()")
_MESSAGES = re.compile(r"/messages(/|$)")
_READS = frozenset({"GET", "HEAD"})


def until(look: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look again and again until it is so.

    Raises:
        TimeoutError: It did not become so in time.
    """
    stop = clock.monotonic() + seconds
    while not look():
        if clock.monotonic() > stop:
            raise TimeoutError(f"{what} did not come within {seconds:g} s.")
        select.select([], [], [], 0.003)


class Service:
    """Azurite, and what tells about it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._azurite = Azurite(access=self._lines.append)
        self.connection = self._azurite.connection
        self.blobs = BlobServiceClient.from_connection_string(self.connection, api_version=API_VERSION)
        self.queues = QueueServiceClient.from_connection_string(self.connection, api_version=API_VERSION)
        self.tables = TableServiceClient.from_connection_string(self.connection)

    def part(self, name: str) -> str:
        """Return a part of the connection string: ``AccountKey``, ``QueueEndpoint``."""
        return dict(part.split("=", 1) for part in self.connection.split(";") if part)[name]

    def cpu_ms(self) -> float:
        """Return the processor time of Azurite so far, in milliseconds."""
        return cpu_ms([self._azurite.pid])

    def mark(self) -> int:
        """Return how many lines the access log has, all requests so far among them. Costs: 1 request."""
        mark = f"mark-{uuid.uuid4().hex}"
        list(self.queues.list_queues(name_starts_with=mark))
        until(lambda: any(mark in line for line in self._lines[-200:]), seconds=30, what="The end of the access log")
        return len(self._lines)

    def requests(self, begin: int, end: int) -> Counter[str]:
        """Count requests between two marks by ``kind_of``, the marks themselves left out."""
        return Counter(kind for kind in map(kind_of, self._lines[begin:end]) if kind)

    def insert_blobs(self, container: str, names: Iterable[str], data: bytes) -> None:
        """Put the same bytes under names that are new."""
        client = self.blobs.get_container_client(container)
        with contextlib.suppress(ResourceExistsError):
            client.create_container()
        for name in names:
            client.upload_blob(name, data, overwrite=True)

    def close(self) -> None:
        """End it."""
        for client in (self.blobs, self.queues, self.tables):
            client.close()
        self._azurite.close()

    def __enter__(self) -> Self:
        """Return itself, already listening."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()


def kind_of(line: str) -> str | None:
    """Say what the request of an access log's line is billed as; None for a mark, or for a line of another kind.

    The log has no ports: the form of the path says which service it is.

    Returns:
        ``queue``, ``table``, ``blob read``, or ``blob write``, which lists are billed as too.
    """
    request = _REQUEST.search(line)
    if request is None or "prefix=mark-" in line:
        return None
    method, (place, _, query) = request[1], request[2].strip("/").partition("?")
    place = place.strip("/")
    if _TABLE.match(place) or (method == "POST" and "/" not in place):
        return "table"
    if _MESSAGES.search(place) or ("/" not in place and "restype=container" not in query):
        return "queue"
    return "blob read" if method in _READS and "comp=list" not in query else "blob write"
