"""Cursors: where a list goes on, bound to the list that it belongs to. Opaque to clients."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from shared.http.problems import Problem, invalid

_VERSION = 2
#: Characters of a cursor at most.
MAX_CURSOR = 4096
#: Its characters: of base64 as URLs have it.
PATTERN = "^[A-Za-z0-9_-]*$"


def encode(place: Sequence[int | str], query: object) -> str:
    """Return a cursor.

    Args:
        place: Where the next page begins: numbers and short texts.
        query: What was asked for, as JSON can say it; another query refuses the cursor.
    """
    content = json.dumps([_VERSION, _digest(query), list(place)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(cursor: str, query: object, kinds: Sequence[type]) -> list[int | str]:
    """Return the place that a cursor names.

    Args:
        cursor: As the client brings it.
        query: What it asks for now.
        kinds: Of the values of a place, in their order.

    Raises:
        Problem: 422: it is no cursor, or one of another list.
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
