"""What requests of tables and rows carry, and how they are refused: keys in addresses, JSON, options, conditions."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from tests.simulation.service import filters
from tests.simulation.service.entities import FULL, MINIMAL, NONE, Order, Row, invalid_input, order_of
from tests.simulation.service.exchange import Refusal, Request

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")
_ENTITY = re.compile(r"([^(]*)\(PartitionKey='((?:[^']|'')*)',\s*RowKey='((?:[^']|'')*)'\)")
_ETAG = re.compile(r'[wW]/"([^"]|\\")*"')
_FORMATS = frozenset({NONE, MINIMAL, FULL})
_SHORTEST_NAME, _LONGEST_NAME = 3, 63


class Payload(Protocol):
    """A request, or one operation of a transaction."""

    headers: Mapping[str, str]
    body: bytes


def entity_of(address: str) -> tuple[str, str, str] | None:
    """Return the table and both keys that an address names; None where it names no entity."""
    match = _ENTITY.fullmatch(address)
    return match and (match[1], match[2].replace("''", "'"), match[3].replace("''", "'"))


def json_of(body: bytes) -> dict[str, Any]:
    """Read an object.

    Raises:
        Refusal: It is none.
    """
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise invalid_input() from None
    if not isinstance(value, dict):
        raise invalid_input()
    return value


def check_name(name: str) -> None:
    """Refuse what can't name a table."""
    if name.startswith("$"):
        return
    if not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        raise Refusal(400, "", "The specified resource name length is not within the permissible limits.")
    if not _NAME.fullmatch(name) or name.lower() == "tables":
        raise Refusal(400, "", "The specified resource name contains invalid characters.")


def metadata_of(payload: Payload) -> str:
    """Return how much the reply is to be annotated.

    Raises:
        Refusal: It is to be Atom.
    """
    accept = payload.headers.get("accept", "").replace(" ", "")
    accept = MINIMAL if accept == "application/json" else accept
    if accept not in _FORMATS:
        raise Refusal(415, "AtomFormatNotSupported", "Atom format is not supported.")
    return accept


def select_of(request: Request) -> frozenset[str] | None:
    """Return the properties that are asked for; None for all."""
    names = [name.strip() for name in request.query.get("$select", "").split(",") if name]
    return frozenset(names) if names else None


def filter_of(request: Request) -> filters.Filter:
    """Return the filter.

    Raises:
        Refusal: It can't be read.
    """
    try:
        return filters.read(request.query.get("$filter", ""))
    except filters.Malformed:
        raise invalid_input("The query condition specified in the request is invalid.") from None


def token_of(key: str) -> str:
    """Write a key as a continuation has it: headers are ASCII."""
    return base64.b64encode(key.encode()).decode()


def start_of(request: Request) -> Order:
    """Return the keys that a page begins with, by its continuation."""
    partition, row_key = (request.query.get(f"Next{name}Key", "") for name in ("Partition", "Row"))
    return order_of(base64.b64decode(partition).decode(), base64.b64decode(row_key).decode())


def check_condition(condition: str | None) -> None:
    """Refuse an ``If-Match`` that is no ETag."""
    if condition and condition != "*" and not _ETAG.fullmatch(condition):
        raise invalid_input()


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


def wrong_method() -> Refusal:
    """Return the answer to a method that nothing here has."""
    return Refusal(405, "MethodNotAllowed", "The resource doesn't support specified Http Verb.")
