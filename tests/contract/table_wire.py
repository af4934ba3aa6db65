"""The table service's own protocol, on Azurite and on the double, and replies in a form that compares."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

from tests.contract.wires import Service, Wire

_ACCEPT = "application/json;odata=minimalmetadata"
TABLES = Service(
    "Table",
    10002,
    {
        "x-ms-version": "2019-02-02",
        "DataServiceVersion": "3.0",
        "Accept": _ACCEPT,
        "Content-Type": "application/json",
    },
)
_ETAG = re.compile(r"W/\\?\"datetime'(\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\d\.\d{7}Z)'\\?\"")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
_BOUNDARY = re.compile(r"boundary=(\w+)")
_COMPARED = ("x-ms-error-code", "content-type", "preference-applied")


class Operation(NamedTuple):
    """A request; ``<t>`` stands for a table, ``<root>`` for the service, ``<0>`` for the first ETag of a reply."""

    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = {}


Compare = Callable[[list[Operation]], None]
#: A reply in a form that compares: status, headers, and lines or JSON.
Said = tuple[int, dict[str, str], Any]


def batch(*parts: Operation) -> Operation:
    """Return the transaction of these operations."""
    kind = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary"
    texts = []
    for method, path, body, headers in parts:
        lines = [f"{method} <root>{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        if body:
            lines.append("Content-Type: application/json")
        lines.append(f"Accept: {_ACCEPT}")
        texts.append(f"--changeset_c\r\n{kind}\r\n\r\n" + "\r\n".join(lines) + f"\r\n\r\n{body}\r\n")
    inner = "".join(texts)
    text = (
        f"--batch_b\r\nContent-Type: multipart/mixed; boundary=changeset_c\r\n\r\n{inner}--changeset_c--\r\n\r\n"
        "--batch_b--\r\n"
    )
    return Operation("POST", "/$batch", text, {"Content-Type": "multipart/mixed; boundary=batch_b"})


@dataclass
class Conversation:
    """Operations one after another, and what was said in their replies.

    Args:
        wire: To the service.
        table: That the operations are about.
    """

    wire: Wire
    table: str
    etags: list[str] = field(default_factory=list)

    def run(self, operations: Iterable[Operation]) -> list[Said]:
        """Send each operation, and return the replies in a form that compares."""
        return [self.say(operation) for operation in operations]

    def say(self, operation: Operation) -> Said:
        """Send one operation, and return its reply in a form that compares."""
        method, path, body, headers = operation
        filled = {name: self._fill(value) for name, value in headers.items()}
        reply = self.wire.send(method, self._fill(path), self._fill(body).encode(), filled)
        said = {key.lower(): value for key, value in reply.headers.items()}
        text = reply.body.decode()
        self.etags += [f"W/\"datetime'{time}'\"" for time in _ETAG.findall(text) or _ETAG.findall(said.get("etag", ""))]
        for number, boundary in enumerate(_BOUNDARY.findall(said.get("content-type", "") + text)):
            said["content-type"], text = (one.replace(boundary, f"<{number}>") for one in (said["content-type"], text))
        compared = {key: said.get(key, "") for key in _COMPARED}
        compared |= {key: value for key, value in said.items() if key.startswith("x-ms-continuation")}
        compared["etag"] = "<etag>" if _ETAG.fullmatch(said.get("etag", "")) else said.get("etag", "")
        return reply.status, compared, self._body(text, said.get("content-type", ""))

    def _fill(self, text: str) -> str:
        text = text.replace("<t>", self.table).replace("<root>", self.wire.root)
        return re.sub(r"<(\d+)>", lambda number: self.etags[int(number[1])], text)

    def _mask(self, text: str) -> str:
        """Return a text without what differs each time.

        Azurite's ETags repeat within a tenth of a millisecond, so which is which is no part of it.
        """
        text = _ETAG.sub("<etag>", text)
        return (
            text.replace(self.table, "<t>")
            .replace(self.wire.root, "<root>")
            .replace(self.wire.root.rpartition("/")[2] + ".", "account.")
        )

    def _body(self, text: str, kind: str) -> object:
        if kind.startswith("multipart/"):
            return [self._line(line) for line in text.split("\r\n")]
        return self._document(text) if text.startswith("{") else self._mask(_first_line(text))

    def _line(self, line: str) -> object:
        return self._document(line) if line.startswith("{") else self._mask(line)

    def _document(self, text: str) -> object:
        return _walk(json.loads(text), [self._mask, lambda one: _TIME.sub("<time>", one), _first_line])


def _first_line(text: str) -> str:
    """Return the first line: a refusal goes on with the number and the time of the request."""
    return text.split("\nRequestId:", maxsplit=1)[0]


def _walk(value: Any, changes: list[Callable[[str], str]]) -> object:  # noqa: ANN401 - whatever JSON has
    if isinstance(value, dict):
        return {key: _walk(one, changes) for key, one in value.items()}
    if isinstance(value, list):
        return [_walk(one, changes) for one in value]
    if isinstance(value, str):
        return reduce(lambda text, change: change(text), changes, value)
    return type(value).__name__, value
