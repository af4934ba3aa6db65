"""What requests of tables and rows carry, and how they are refused: keys in addresses, JSON, options, conditions."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from tests.simulation.service import filters
from tests.simulation.service.entities import FULL, MINIMAL, NONE, Order, Row, invalid_input, order_of
from tests.simulation.service.exchange import Refusal, Request, Unreadable

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_ETAG = re.compile(r'[wW]/"([^"]|\\")*"')
_FORMATS = frozenset({NONE, MINIMAL, FULL})
_SHORTEST_NAME, _LONGEST_NAME = 3, 63


class Payload(Protocol):
    """A request, or one operation of a transaction."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Keys in lower case."""

    @property
    def body(self) -> bytes:
        """Its bytes."""


def entity_of(address: str) -> tuple[str, str, str] | None:
    """Return the table and both keys that an address names; None where it names no entity.

    Raises:
        Unreadable: It names neither an entity nor a table.
    """
    table, bracket, rest = address.partition("(")
    if not bracket or rest == ")":
        return None
    keys = _QUOTED.findall(rest)
    if ")" not in rest or "PartitionKey='" not in rest or "RowKey='" not in rest or len(keys) < 2:
        raise Unreadable(status=500)
    return table, keys[0][1:-1].replace("''", "'"), keys[1][1:-1].replace("''", "'")


def json_of(body: bytes) -> dict[str, Any]:
    """Read an object; another value has no properties.

    Raises:
        Unreadable: It is no JSON.
    """
    try:
        value = json.loads(body)
    except ValueError:
        raise Unreadable from None
    return value if isinstance(value, dict) else {}


def check_name(name: str) -> None:
    """Refuse what can't name a table."""
    if name.startswith("$"):
        return
    if name and not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        raise Refusal(400, "", "The specified resource name length is not within the permissible limits.")
    if not _NAME.fullmatch(name) or name.lower() == "tables":
        raise Refusal(400, "", "The specified resource name contains invalid characters.")


def format_of(payload: Payload) -> str | None:
    """Return how much a reply in JSON is to be annotated; None where it is to be Atom."""
    wanted = payload.query.get("$format") if isinstance(payload, Request) else None
    wanted = (wanted or payload.headers.get("accept", "")).replace(" ", "")
    wanted = MINIMAL if wanted == "application/json" else wanted
    return wanted if wanted in _FORMATS else None


def metadata_of(payload: Payload) -> str:
    """Return how much the reply is to be annotated.

    Raises:
        Refusal: It is to be Atom.
    """
    wanted = format_of(payload)
    if wanted is None:
        raise Refusal(415, "AtomFormatNotSupported", "Atom format is not supported.")
    return wanted


def select_of(request: Request) -> frozenset[str] | None:
    """Return the properties that are asked for; None for all."""
    names = [name.strip() for name in request.query.get("$select", "").split(",") if name]
    return frozenset(names) if names else None


def filter_of(request: Request, *, exact: bool = False) -> filters.Filter:
    """Return the filter; ``exact`` for times to 100 ns.

    Raises:
        Refusal: It can't be read.
    """
    try:
        return filters.read(request.query.get("$filter", ""), exact=exact)
    except filters.Malformed:
        raise invalid_input("The query condition specified in the request is invalid.") from None


def token_of(key: str) -> str:
    """Write a key as a continuation has it: headers are ASCII."""
    return base64.b64encode(key.encode()).decode()


def start_of(request: Request) -> Order:
    """Return the keys that a page begins with, by its continuation."""
    partition, row_key = (request.query.get(f"Next{name}Key", "") for name in ("Partition", "Row"))
    return order_of(base64.b64decode(partition).decode(), base64.b64decode(row_key).decode())


def top_of(request: Request) -> int | None:
    """Return how many are asked for at most; None for as many as a page has."""
    text = request.query.get("$top")
    if text is None:
        return None
    if not text.isdecimal():
        raise Unreadable
    return int(text)


def is_etag(condition: str | None) -> bool:
    """Whether ``If-Match`` names an ETag, any version, or none."""
    return not condition or condition == "*" or _ETAG.fullmatch(condition) is not None


def meet(row: Row, condition: str | None) -> None:
    """Refuse where a row is not of the version that ``If-Match`` names."""
    if condition not in (None, "*") and condition.replace(":", "%3A") != row.etag:
        raise unmet()


def unmet() -> Refusal:
    """Return the answer to a condition that does not hold."""
    message = "The update condition specified in the request was not satisfied."
    return Refusal(412, "UpdateConditionNotSatisfied", message)


def missing() -> Refusal:
    """Return the answer where there is no such table or row."""
    return Refusal(404, "ResourceNotFound", "The specified resource does not exist.")


def body_too_large() -> Refusal:
    """Return the answer to more than 4 MiB."""
    message = "The request body is too large and exceeds the maximum permissible limit."
    return Refusal(413, "RequestBodyTooLarge", message)
