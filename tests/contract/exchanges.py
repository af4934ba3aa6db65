"""The same requests to a service in process and to Azurite, and what of their answers must be the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from azure.core.pipeline import Pipeline
from azure.core.pipeline.transport import HttpRequest

from shared.storage.clients import API_VERSION

#: What differs with the server, the connection and the moment, and says nothing of the service.
_OF_THE_SERVER = {
    *("server", "connection", "keep-alive", "transfer-encoding", "date", "x-ms-version"),
    *("x-ms-request-id", "x-ms-client-request-id"),
}
_LEFT_OUT = {"ServerEncrypted"}
_DRAWN = re.compile(r"0x[0-9A-F]{10,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_KEPT = "11111111-"


@dataclass(frozen=True)
class Ask:
    """A request.

    In its headers ``{1}`` stands for the first ETag or lease id that the service has drawn, ``{}`` for the last, and
    ``{modified}`` for the last ``Last-Modified``.

    Attributes:
        method: In capitals.
        path: Behind the account, encoded, with its query.
        headers: Beside those that every request has.
        body: Its bytes.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Side:
    """One of the two.

    Args:
        pipeline: Signs a request and sends it.
        url: Of the account.
        container: Stands for ``{c}`` in paths.
    """

    pipeline: Pipeline[Any, Any]
    url: str
    container: str
    ids: list[str] = field(default_factory=list)
    last_change: str = ""

    def answers(self, asks: Sequence[Ask]) -> list[object]:
        """Send one request after the other; return what must be the same."""
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> tuple[object, ...]:
        headers = {name: self._fill(value) for name, value in ask.headers.items()}
        request = HttpRequest(ask.method, self.url + ask.path.replace("{c}", self.container))
        request.headers.update({"x-ms-version": API_VERSION, "Content-Length": str(len(ask.body)), **headers})
        if ask.method in ("PUT", "POST"):
            request.set_bytes_body(ask.body)
        reply = self.pipeline.run(request, stream=True).http_response
        body = reply.internal_response.raw.read(decode_content=False)
        self.last_change = reply.headers.get("Last-Modified", self.last_change)
        facts = {
            name.lower(): self._label(value)
            for name, value in reply.headers.items()
            if name.lower() not in _OF_THE_SERVER
        }
        if "x-ms-lease-time" in facts:  # Azurite's time goes on from request to request
            facts["x-ms-lease-time"] = str(round(int(facts["x-ms-lease-time"]), -1))
        if facts.get("content-type") == "application/xml":
            facts.pop("content-length", None)
        return ask.method, ask.path, reply.status_code, sorted(facts.items()), self._body(body, facts)

    def _fill(self, value: str) -> str:
        value = value.replace("{modified}", self.last_change)
        ids = self.ids or ["0x1"]
        return re.sub(r"\{(\d*)\}", lambda number: ids[(int(number[1] or 0) - 1) % len(ids)], value)

    def _label(self, text: str) -> str:
        """Put numbers in the place of what is drawn, and a word in that of each date."""

        def number(match: re.Match[str]) -> str:
            if match[0].startswith(_KEPT):
                return match[0]
            if match[0] not in self.ids:
                self.ids.append(match[0])
            return f"<{self.ids.index(match[0]) + 1}>"

        return _DATE.sub("<date>", _DRAWN.sub(number, text)).replace(self.container, "<container>")

    def _body(self, body: bytes, headers: Mapping[str, str]) -> object:
        if headers.get("content-type") != "application/xml" or not body:
            return body
        root = ET.fromstring(body)  # noqa: S314 - of our own two services
        if root.tag == "Error":  # what else it says is for people
            return root.findtext("Code")
        return self._lines(root)

    def _lines(self, element: ET.Element) -> object:
        children = [self._lines(child) for child in element if child.tag not in _LEFT_OUT]
        attributes = {name: value for name, value in element.attrib.items() if name != "ServiceEndpoint"}
        return element.tag, attributes, self._label(element.text or ""), children
