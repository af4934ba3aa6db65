"""HTTP/1.1 requests and replies, each read whole: what the proxy takes in and passes on."""

import socket
from email.message import Message
from http import HTTPStatus
from http.client import HTTPResponse, parse_headers
from io import BytesIO
from typing import Any, BinaryIO, Self

from requests.structures import CaseInsensitiveDict

from tests.faults.enumeration_wire import REFUSED_PART, label_of, rows_of
from tests.simulation.service import exchange
from tests.simulation.service.account import Account

THROTTLED = 429
#: A service says whole seconds; nobody has these here, and zero is one of them.
RETRY_AFTER = 0


class Request:
    """A request; ``Ledger`` takes it for one of the SDK's transport.

    Attributes:
        head: Its first line and headers, as they came.
        method: In capitals.
        url: Its path and query.
        content: Its body.
        rows: What a transaction writes.
    """

    def __init__(self, head: bytes, content: bytes) -> None:
        self.head = head
        self.method, self.url, _ = head.partition(b"\r\n")[0].decode("ascii").split(" ")
        self.content = content
        self.rows: list[dict[str, Any]] = rows_of(self)

    @classmethod
    def read(cls, stream: BinaryIO) -> Self | None:
        """Read the next request; None at the end of the connection."""
        lines = [stream.readline()]
        while lines[-1] not in (b"", b"\r\n"):
            lines.append(stream.readline())
        if not lines[-1]:
            return None
        headers = parse_headers(BytesIO(b"".join(lines[1:])))
        assert "Transfer-Encoding" not in headers, "no client of Darkroom sends chunks"
        return cls(b"".join(lines), stream.read(int(headers.get("Content-Length", 0))))

    @property
    def reads(self) -> bool:
        """Whether it leaves nothing behind."""
        return self.method in ("GET", "HEAD")

    @property
    def claims(self) -> bool:
        """Whether it opens an attempt."""
        return any("claim_nonce" in row for row in self.rows)

    @property
    def ends(self) -> bool:
        """Whether it closes the sender's own attempt: a commit, or another end."""
        return not self.claims and any("end_nonce" in row for row in self.rows)

    def __str__(self) -> str:
        return label_of(self)

    def answered_by(self, account: Account, address: tuple[str, int]) -> "Reply":
        """Give it to an account in process, whose services know themselves by their ports."""
        host, port = address
        sent = dict(parse_headers(BytesIO(self.head.partition(b"\r\n")[2])).items())
        return self._take(
            account.serve(exchange.decode(self.method, f"http://{host}:{port}{self.url}", sent, self.content))
        )

    def passed_on(self, address: tuple[str, int]) -> "Reply":
        """Send it to a service as it came, on a connection of its own, and read the reply."""
        with socket.create_connection(address, timeout=60) as service:
            service.sendall(self.head + self.content)
            with HTTPResponse(service, method=self.method) as reply:
                reply.begin()
                return Reply(self, f"{reply.status} {reply.reason}", reply.headers, reply.read())

    def refuse(self, service: str, status: int) -> "Reply":
        """Answer in the name of a service that is busy."""
        retry_after = RETRY_AFTER if status == THROTTLED else None
        return self._take(exchange.refusal(service, status, "ServerBusy", retry_after=retry_after))

    def _take(self, reply: exchange.Reply) -> "Reply":
        """Return a reply of a service in process, as it is sent."""
        headers = Message()
        for name, text in reply.headers.items():
            headers[name] = text
        body = b"" if self.method == "HEAD" else reply.body
        return Reply(self, f"{reply.status} {HTTPStatus(reply.status).phrase}", headers, body)


class Reply:
    """A reply; ``Ledger`` takes it for one of the SDK's transport.

    Attributes:
        request: What it replies to.
        headers: Whatever their case.
        breaks_off: Whether the connection ends before all of it has come.
    """

    def __init__(self, request: Request, status: str, headers: Message, content: bytes) -> None:
        self.request = request
        self.headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(headers.items())
        self._status = status
        self._content = content
        self._bytes: bytes | None = None

    def cut(self, *, late: bool) -> Self:
        """Break it off: behind the first byte of its body or before the last one; without a body, in its head."""
        whole = bytes(self)
        early = len(whole) - len(self._content) + 1 if self._content else 20
        self._bytes = whole[:-1] if late else whole[:early]
        return self

    @property
    def breaks_off(self) -> bool:
        """See the attributes."""
        return self._bytes is not None

    @property
    def status_code(self) -> int:
        """Of the reply as a whole: a transaction that was refused is told with 202."""
        return int(self._status.partition(" ")[0])

    @property
    def content(self) -> bytes:
        """The body."""
        return self._content

    @property
    def internal_response(self) -> Self:
        """As the SDK's transport has it."""
        return self

    @property
    def has_effect(self) -> bool:
        """Whether the service has done what it was asked for."""
        return self.status_code < 300 and not REFUSED_PART.search(self._content)

    def __bytes__(self) -> bytes:
        """Write it in one piece; the length of what a HEAD is about stays as the service told it."""
        if self._bytes is not None:
            return self._bytes
        headers = {name: text for name, text in self.headers.items() if name.lower() != "transfer-encoding"}
        if self.request.method != "HEAD" and self.status_code not in (204, 304):
            headers = {name: text for name, text in headers.items() if name.lower() != "content-length"}
            headers["Content-Length"] = str(len(self._content))
        lines = [f"HTTP/1.1 {self._status}", *(f"{name}: {text}" for name, text in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self._content
