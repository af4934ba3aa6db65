"""The queue service's own protocol, on Azurite and on the double, and replies in a form that compares."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

from tests.contract.wires import Service, Wire

QUEUES = Service("Queue", 10001, {"x-ms-version": "2024-11-04"})
_SHAPES = {"MessageId": r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", "PopReceipt": r"[A-Za-z0-9+/]{16,}=*"}


class Operation(NamedTuple):
    """A request; in its path, ``{ids[n]}`` and ``{receipts[n]}`` stand for what earlier replies have said."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = {}


def text(content: str) -> bytes:
    """Return the body that sends a message; its content is markup."""
    return f"<QueueMessage><MessageText>{content}</MessageText></QueueMessage>".encode()


@dataclass
class Conversation:
    """Operations one after another, and what was said in their replies.

    Args:
        wire: To the service.
        queue: That the operations are about.
    """

    wire: Wire
    queue: str
    ids: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)

    def run(self, operations: Iterable[Operation]) -> list[object]:
        """Send each operation, and return the replies in a form that compares."""
        return [self.say(operation) for operation in operations]

    def say(self, operation: Operation) -> object:
        """Send one operation, and return its reply in a form that compares."""
        names = {"ids": self.ids, "receipts": [quote(receipt, safe="") for receipt in self.receipts]}
        method, path, body, sent_headers = operation
        reply = self.wire.send(method, path.format(q=self.queue, **names), body, sent_headers)
        headers = {key.lower(): value for key, value in reply.headers.items()}
        self._learn(headers, reply.body)
        said = {key: value for key, value in headers.items() if key.startswith("x-ms-meta-")}
        for key in ("x-ms-error-code", "x-ms-approximate-messages-count", "content-type"):
            said[key] = headers.get(key, "")
        if "x-ms-time-next-visible" in headers:
            said["hidden"] = str(_seconds(headers["x-ms-time-next-visible"], headers["date"]))
        return reply.status, said, _body(reply.body, headers.get("date", ""), self.queue)

    def _learn(self, headers: Mapping[str, str], body: bytes) -> None:
        if "x-ms-popreceipt" in headers:
            self.receipts.append(headers["x-ms-popreceipt"])
        self.ids += re.findall(r"<MessageId>(.*?)<", body.decode())
        self.receipts += re.findall(r"<PopReceipt>(.*?)<", body.decode())


def _body(body: bytes, date: str, queue: str) -> object:
    """Return an XML document nested: drawn values by shape, times as distances, refusals without details."""
    if not body:
        return None
    root = ET.fromstring(body)  # noqa: S314 - of a service that we run
    messages = {id(child) for child in root.iter("QueueMessage")}

    def convert(element: ET.Element) -> object:
        if id(element) in messages:
            return _message({child.tag: child.text or "" for child in element}, date)
        content = (element.text or "").split("\n")[0].replace(queue, "{q}")
        if element.tag == "NextMarker":
            content = str(bool(content))
        shown = [child for child in element if element.tag != "Error" or child.tag in ("Code", "Message")]
        return element.tag, content.strip(), [convert(child) for child in shown]

    return convert(root)


def _message(fields: dict[str, str], date: str) -> dict[str, str]:
    never = fields["ExpirationTime"].endswith("9999 23:59:59 GMT")
    lives = "never" if never else str(_seconds(fields["ExpirationTime"], fields["InsertionTime"]))
    compared = fields | {"ExpirationTime": lives, "InsertionTime": "time"}
    if "TimeNextVisible" in fields:
        compared["TimeNextVisible"] = str(_seconds(fields["TimeNextVisible"], date))
    for name, shape in _SHAPES.items():
        if name in fields:
            compared[name] = "drawn" if re.fullmatch(shape, fields[name]) else fields[name]
    return compared


def _seconds(later: str, earlier: str) -> int:
    return int((parsedate_to_datetime(later) - parsedate_to_datetime(earlier)).total_seconds())
