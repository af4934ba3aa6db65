"""The line between one worker and storage: it counts what storage has applied, and strikes where it is told to."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from urllib3 import HTTPResponse

from tests.doubles.transports import Passing
from tests.faults.enumeration import CUTS, PAUSES, Died, Strike
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.exchange import decode, refusal
from tests.simulation.service.transport import answer

READ_IMAGE = "read image"
_UNHEARD = (Strike.REPLY_LOST, Strike.REPLY_AND_LOOK_LOST, Strike.PAUSED_UNHEARD, Strike.OUT_AFTER)
#: In the reply to a transaction of which nothing was applied.
REFUSED_PART = re.compile(rb"HTTP/1\.1 [45]\d\d")


class Ledger:
    """What storage has applied for all parties of a case, whatever replies they were given.

    Attributes:
        claims: By job: analyses started.
        commits: By job: results written.
        reopenings: By job: how often it was opened again after its end.
        given_back: By job: claims that ended with the job waiting again.
        messages: Messages put into the queue.
        writes: Requests that were obeyed, but for reads.
    """

    def __init__(self) -> None:
        self.claims: Counter[str] = Counter()
        self.commits: Counter[str] = Counter()
        self.reopenings: Counter[str] = Counter()
        self.given_back: Counter[str] = Counter()
        self.messages = 0
        self.writes = 0

    @property
    def doubles(self) -> int:
        """Commits beyond the first of a version."""
        return sum(max(0, commits - 1) for commits in self.commits.values())

    def note(self, request: Any, reply: Any) -> None:  # noqa: ANN401 - as the transports have it
        """Read a request that storage has answered."""
        if reply.status_code >= 300:
            return
        self.writes += request.method not in ("GET", "HEAD")
        self.messages += request.method == "POST" and urlsplit(request.url).path.endswith("/messages")
        if request.url.endswith("/$batch") and not REFUSED_PART.search(reply.internal_response.content):
            self._transaction({row["RowKey"]: row for row in rows_of(request)})

    def _transaction(self, rows: dict[str, dict[str, Any]]) -> None:
        closes = any("end_nonce" in row for row in rows.values())
        for key, row in rows.items():
            kind, _, rest = key.partition(":")
            self.claims[rest.partition(":")[0]] += kind == "try" and "claim_nonce" in row
            if kind == "job":
                self.commits[rest] += row.get("state") == "COMPLETED" and "retagged" not in row
                waits = row.get("state") == "PENDING" and row["nonce"] != row["add_nonce"]
                self.given_back[rest] += waits and closes
                self.reopenings[rest] += waits and not closes


def rows_of(request: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as the transports have it
    """Return the rows that a transaction writes."""
    lines = request.content.decode().split("\r\n") if request.url.endswith("/$batch") else []
    return [json.loads(line) for line in lines if line.startswith("{")]


class Line(Passing):
    """One worker's own transport.

    Args:
        inner: The account beneath, shared by all.
        clock: Of the account.
        ledger: Of the case.

    Attributes:
        requests: Every request that the worker has begun.
        hits: The strikes that have come.
        interlude: Called once, before the image is read: when a heartbeat would fall.
    """

    def __init__(self, inner: HttpTransport[Any, Any], clock: ServiceClock, ledger: Ledger) -> None:
        super().__init__(inner)
        self._clock = clock
        self._ledger = ledger
        self._strikes: dict[int, Strike] = {}
        self._meanwhile: Callable[[], object] = int
        self._dead = False
        self._out = False
        self._lost_next = False
        self.requests: list[str] = []
        self.hits: list[Strike] = []
        self.interlude: Callable[[], object] = int

    def arm(self, strikes: Mapping[int, Strike], meanwhile: Callable[[], object]) -> None:
        """Strike at the nth requests from now on, from 1; ``meanwhile`` is the rival's turn in any pause."""
        self._strikes = {len(self.requests) + nth: strike for nth, strike in strikes.items()}
        self._meanwhile = meanwhile

    def mend(self) -> None:
        """End an outage; what has not come yet does not come any more."""
        self._strikes, self._out, self._lost_next, self.interlude = {}, False, False, int

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the transports have it
        """Send, or not."""
        if self._dead:
            raise Died
        self.requests.append(label_of(request))
        number = len(self.requests)
        if self.requests[-1] == READ_IMAGE:
            interlude, self.interlude = self.interlude, int
            interlude()
        if self._out:
            return self._drop(request, busy=number % 2 == 0)
        if self._lost_next:
            self._lost_next = False
            return self._drop(request, busy=False)
        strike = self._strikes.pop(number, None)
        if strike is None:
            return self._through(request, **kwargs)
        self.hits.append(strike)
        return self._strike(strike, request, **kwargs)

    def _strike(self, strike: Strike, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        reply = self._through(request, **kwargs) if strike.applies else None
        if strike.kills:
            self._dead = True
            raise Died
        if strike.pauses:
            self._meanwhile()
        if strike is Strike.ARRIVES_TWICE:
            return self._through(request, **kwargs)
        if strike in PAUSES:
            return self._through(request, **kwargs) if reply is None else reply
        self._out = strike.lasts
        self._lost_next = strike is Strike.REPLY_AND_LOOK_LOST
        if strike in _UNHEARD:
            raise ServiceResponseError("reply lost")
        if strike in CUTS:
            return _cut(reply, late=strike is Strike.CUT_LATE)
        if strike is Strike.THROTTLED:
            return _refuse(request, 429, retry_after=1)
        return self._drop(request, busy=strike in (Strike.BUSY_BEFORE, Strike.BUSY_AFTER))

    @staticmethod
    def _drop(request: Any, *, busy: bool) -> Any:  # noqa: ANN401 - as above
        """Answer without storage's having seen the request, or give no answer."""
        if busy:
            return _refuse(request, 503)
        raise ServiceRequestError("no connection")

    def _through(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        reply = super().send(request, **kwargs)
        self._ledger.note(request, reply)
        return reply


def _cut(reply: Any, *, late: bool) -> Any:  # noqa: ANN401 - as above
    """Break a reply off in its body, as the connection beneath would; one without a body is lost."""
    response = reply.internal_response
    body = response.content
    if not body:
        raise ServiceResponseError("reply cut")
    rest = BytesIO(body[: len(body) - 1 if late else 1])
    response._content, response._content_consumed = False, False
    response.raw = HTTPResponse(rest, headers={"Content-Length": str(len(body))}, preload_content=False)
    return reply


def _refuse(request: Any, status: int, *, retry_after: int | None = None) -> Any:  # noqa: ANN401 - as above
    """Answer as the service does when it is busy."""
    service = decode(request.method, request.url, request.headers, b"").service
    return answer(request, refusal(service, status, "ServerBusy", retry_after=retry_after))


def label_of(request: Any) -> str:  # noqa: ANN401 - as above
    """Say what a request is about."""
    rows = rows_of(request)
    if rows:
        kinds = sorted({row["RowKey"].partition(":")[0] for row in rows})
        return f"write {'+'.join(kinds)}"
    name = re.sub(r"[0-9a-f]{12,}", "…", unquote(urlsplit(request.url).path).split("/", 2)[-1])[:60]
    image = request.method == "GET" and name.startswith("images/")
    return READ_IMAGE if image else f"{request.method} {name}"


def reads(label: str) -> bool:
    """Whether a request, by its label, leaves nothing behind."""
    return label.startswith(("GET ", "HEAD ", READ_IMAGE))
