"""The line between one worker and storage: it counts what storage has applied, and strikes where it is told to."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from requests import Response
from urllib3 import HTTPResponse

from tests.doubles.transports import Passing
from tests.faults.enumeration import Died, Strike, Time

READ_IMAGE = "read image"
_BUSY_JSON = b'{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"Busy."}}}'
_BUSY_XML = b"<?xml version='1.0'?><Error><Code>ServerBusy</Code><Message>Busy.</Message></Error>"
_REFUSED_PART = re.compile(rb"HTTP/1\.1 [45]\d\d")


class Ledger:
    """What storage has applied for all parties of a case, whatever replies they were given.

    Attributes:
        claims: By job: analyses started.
        commits: By job: results written.
    """

    def __init__(self) -> None:
        self.claims: Counter[str] = Counter()
        self.commits: Counter[str] = Counter()
        self._mutex = threading.Lock()

    def note(self, request: Any, reply: Any) -> None:  # noqa: ANN401 - as the transports have it
        """Read a transaction that storage has answered."""
        if not request.url.endswith("/$batch"):
            return
        if reply.status_code >= 300 or _REFUSED_PART.search(reply.internal_response.content):
            return
        for row in rows_of(request):
            kind, _, rest = row["RowKey"].partition(":")
            with self._mutex:
                self.commits[rest] += kind == "job" and row.get("state") == "COMPLETED"
                self.claims[rest.partition(":")[0]] += kind == "try" and "claim_nonce" in row


def rows_of(request: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as the transports have it
    """Return the rows that a transaction writes."""
    lines = request.content.decode().split("\r\n") if request.url.endswith("/$batch") else []
    return [json.loads(line) for line in lines if line.startswith("{")]


class Line(Passing):
    """One worker's own transport.

    Args:
        inner: The connections, shared by all.
        time: Of the case.
        ledger: Of the case.

    Attributes:
        sent: Every request that the worker has begun.
        hit: Whether the armed strike has come.
        interlude: Called once, before the image is read: when a heartbeat would fall.
    """

    def __init__(self, inner: HttpTransport[Any, Any], time: Time, ledger: Ledger) -> None:
        super().__init__(inner)
        self._time = time
        self._ledger = ledger
        self._point: tuple[int, Strike] | None = None
        self._meanwhile: Callable[[], object] = int
        self._dead = False
        self._lost_next = False
        self.sent: list[str] = []
        self.hit = False
        self.interlude: Callable[[], object] = int

    def arm(self, nth: int, strike: Strike, meanwhile: Callable[[], object]) -> None:
        """Strike at the nth request, from 1; ``meanwhile`` is the rival's turn in a pause."""
        self._point, self._meanwhile = (nth, strike), meanwhile

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the transports have it
        """Send, or not."""
        if self._dead:
            raise Died
        self.sent.append(_label(request))
        number = len(self.sent)
        if self.sent[-1] == READ_IMAGE:
            interlude, self.interlude = self.interlude, int
            interlude()
        if self._lost_next:
            self._lost_next = False
            raise ServiceRequestError("lost as well")
        if self._point is not None and self._point[0] == number:
            self.hit = True
            return self._struck(self._point[1], request, **kwargs)
        return self._through(request, **kwargs)

    def _struck(self, strike: Strike, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        reply = self._through(request, **kwargs) if strike.applies else None
        if strike.kills:
            self._dead = True
            raise Died
        if strike.pauses:
            self._meanwhile()
            return self._through(request, **kwargs) if reply is None else reply
        if strike in (Strike.REPLY_LOST, Strike.REPLY_AND_LOOK_LOST):
            self._lost_next = strike is Strike.REPLY_AND_LOOK_LOST
            raise ServiceResponseError("reply lost")
        if strike is Strike.UNREACHABLE:
            raise ServiceRequestError("no connection")
        return _refusal(request, 429 if strike is Strike.THROTTLED else 503)

    def _through(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        reply = super().send(request, **kwargs)
        _ = reply.internal_response.content  # the connection is free for others, whoever reads the reply
        self._ledger.note(request, reply)
        self._time.tell(reply)
        return reply


def _refusal(request: Any, status: int) -> RestRequestsTransportResponse:  # noqa: ANN401 - as above
    """Answer as the service does when it is busy: tables speak JSON, the others XML."""
    reply = Response()
    reply.status_code, reply.reason = status, "Server Busy"
    is_table = "Tables" in request.url or "(" in request.url or request.url.endswith("$batch")
    body = _BUSY_JSON if is_table else _BUSY_XML
    reply.raw = HTTPResponse(body=BytesIO(b"" if request.method == "HEAD" else body), preload_content=False)
    reply.headers["Content-Type"] = "application/json" if is_table else "application/xml"
    if status == 429:
        reply.headers["Retry-After"] = "0.01"  # a service says whole seconds; nobody has these here
    rest = RestRequestsTransportResponse(request=request, internal_response=reply)  # type: ignore[no-untyped-call]
    rest.read()
    return rest


def _label(request: Any) -> str:  # noqa: ANN401 - as above
    """Say what a request is about."""
    rows = rows_of(request)
    if rows:
        kinds = sorted({row["RowKey"].partition(":")[0] for row in rows})
        return f"write {'+'.join(kinds)}"
    path = unquote(urlsplit(request.url).path)
    name = re.sub(r"[0-9a-f]{12,}", "…", path.rpartition("darkroom/")[2])[:60]
    image = request.method == "GET" and name.startswith("images-")
    return READ_IMAGE if image else f"{request.method} {name}"


def reads(label: str) -> bool:
    """Whether a request, by its label, leaves nothing behind."""
    return label.startswith(("GET ", "HEAD ", READ_IMAGE))
