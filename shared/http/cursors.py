"""Cursors: where a list continues, bound to its filters and opaque to clients."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from shared.http.problems import Problem, invalid

_VERSION = 2
#: Characters of a cursor at most.
MAX_CURSOR = 4096
#: Its characters: URL-safe base64.
PATTERN = "^[A-Za-z0-9_-]*$"


def encode(place: Sequence[int | str], query: object) -> str:
    """Return a cursor.

    Args:
        place: Where the next page begins: numbers and short strings.
        query: The filters, as JSON; a list with others refuses the cursor.
    """
    content = json.dumps([_VERSION, _digest(query), list(place)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(cursor: str, query: object, kinds: Sequence[type]) -> list[int | str]:
    """Return the place that a cursor names.

    Args:
        cursor: As the client sent it.
        query: The filters of this request.
        kinds: The types of the values of a place, in order.

    Raises:
        Problem: 422: it is not a cursor of this list.
    """
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, digest, place = json.loads(content)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise refusal() from None
    if version != _VERSION or digest != _digest(query) or not isinstance(place, list):
        raise refusal()
    if [type(value) for value in place] != list(kinds):
        raise refusal()
    return place


def refusal() -> Problem:
    """Refuse a cursor that this list has not written."""
    return invalid("query.cursor", "must be a cursor of this list with the same filters. Start again without a cursor.")


def _digest(query: object) -> str:
    return hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()[:16]
