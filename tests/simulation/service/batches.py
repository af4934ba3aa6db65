"""Entity group transactions as they are sent: ``multipart/mixed`` read and written by hand, for speed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from tests.simulation.service.exchange import Reply, Unreadable

_BOUNDARY = re.compile(rb'boundary="?([^"\r\n;]+)')
#: The same in every reply: the client compiles a pattern for each that is new to it, a tenth of its time.
_OUTER, _INNER = "batchresponse_1", "changesetresponse_1"
_BLANK = b"\r\n\r\n"
_JSON = "Content-Type: application/json;odata=minimalmetadata;charset=utf-8"
_PART = "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 "


@dataclass(frozen=True, slots=True)
class Operation:
    """One request of a transaction.

    Attributes:
        method: In capitals.
        address: The path behind the account, decoded: a table, or an entity of it.
        url: As it was sent.
        headers: Keys in lower case.
        body: Its bytes.
    """

    method: str
    address: str
    url: str
    headers: dict[str, str]
    body: bytes


def read(body: bytes) -> list[Operation]:
    """Read a transaction.

    Raises:
        Unreadable: It is not one.
    """
    body = body if b"\r\n" in body else body.replace(b"\n", b"\r\n")
    found = _BOUNDARY.search(body)
    parts = body.split(b"--" + found[1])[1:-1] if found is not None else []
    if not parts:
        raise Unreadable(status=500)
    return [_operation(part) for part in parts]


def _operation(part: bytes) -> Operation:
    _, _, request = part.partition(_BLANK)
    head, _, body = request.partition(_BLANK)
    line, *lines = head.decode().split("\r\n")
    words = line.split(" ")
    if len(words) < 2:
        raise Unreadable(status=500)
    headers = {}
    for one in lines:
        name, _, value = one.partition(":")
        headers[name.lower()] = value.strip()
    url = words[1]
    return Operation(words[0], _address(url), url, headers, body.removesuffix(b"\r\n"))


def _address(url: str) -> str:
    """Return what stands behind the account; a real account's name is in the host."""
    parts = urlsplit(url)
    path = parts.path.removeprefix("/")
    return unquote(path if ".table." in parts.netloc else path.partition("/")[2])


def write(answers: Sequence[str]) -> Reply:
    """Write the reply: the answers to each operation, or the only one to the one that failed."""
    parts = "".join(f"--{_INNER}{answer}" for answer in answers)
    head = f"--{_OUTER}\r\nContent-Type: multipart/mixed; boundary={_INNER}\r\n\r\n"
    text = f"{head}{parts}--{_INNER}--\r\n--{_OUTER}--\r\n"
    return Reply(202, {"Content-Type": f"multipart/mixed; boundary={_OUTER}"}, text.encode())


def write_success(operation: Operation, reply: Reply, location: str) -> str:
    """Write the answer to one operation that was applied."""
    lines = [_status(reply.status), "X-Content-Type-Options: nosniff", "Cache-Control: no-cache"]
    lines.append(f"DataServiceVersion: {'1.0' if operation.method == 'DELETE' else '3.0'};")
    if operation.method == "POST":
        lines += [f"Location: {location}", f"DataServiceId: {location}"]
    if "ETag" in reply.headers:
        lines.append(f"ETag: {reply.headers['ETag']}")
    return _PART + "\r\n".join(lines) + "\r\n\r\n\r\n"


def write_refusal(index: int, status: int, document: str) -> str:
    """Write the answer to the operation for whose sake none was applied."""
    lines = [_status(status), f"Content-ID: {index + 1}", "DataServiceVersion: 3.0;", _JSON]
    return _PART + "\r\n".join(lines) + f"\r\n\r\n{document}\r\n"


def write_refusal_of_all(document: str) -> str:
    """Write the answer that concerns no operation more than another, as Azurite does: it can't be read."""
    lines = [_status(400), "X-Content-Type-Options: nosniff", "DataServiceVersion: 3.0;", _JSON]
    stray = f"{_INNER}\r\nHTTP/1.1 "
    return _PART.replace("HTTP/1.1 ", stray) + "\r\n".join(lines) + f"\r\n\r\n{document}\r\n"


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
