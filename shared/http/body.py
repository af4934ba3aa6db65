"""Strict JSON, RFC 8259: what two parsers could read differently is refused."""

import json
import math
import re
from typing import Any

from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem, invalid

#: Limits of a JSON body: bytes, levels, values.
MAX_BYTES, MAX_DEPTH, MAX_VALUES = 256 * 1024, 32, 20_000
#: UTF-16 units that a property of a table row may have.
MAX_UNITS = 32_768
#: A string, closed or not, or what opens, separates or closes values: one pass over any text.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{,:]|[\]}]', re.DOTALL)
_JSON_TYPE = re.compile(r"application/(?:[^;\s/]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


def parse(body: bytes, content_type: str | None) -> Any:  # noqa: ANN401 - any JSON value
    """Parse a body.

    Args:
        body: As received.
        content_type: The header.

    Raises:
        Problem: 415 if it is not declared as JSON; 400 if it is not JSON; 422 if it has too many levels or values, a
            name twice in an object, a number beyond a double, or half of a surrogate pair.
    """
    if content_type is None or not _JSON_TYPE.fullmatch(content_type.strip()):
        raise Problem(ErrorCode.NOT_JSON)
    try:
        text = body.decode()
        _check_limits(text)
        value = json.loads(
            text, object_pairs_hook=_unique_members, parse_constant=_reject_constant, parse_float=_finite_float
        )
    except ValueError:  # not UTF-8, not JSON, or a number of thousands of digits
        raise Problem(ErrorCode.MALFORMED_JSON) from None
    if not is_unicode(value):
        raise invalid("body", "must be valid Unicode text; a string has half of a surrogate pair.")
    return value


def utf16_units(value: object) -> int:
    """Return the UTF-16 units of a value's compact JSON: what a table row counts."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-16-le")) // 2


def is_unicode(value: object) -> bool:
    """Say whether every string in a JSON value is valid Unicode."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_limits(text: str) -> None:
    """Refuse too many levels or values, before a parser sees them."""
    depth = values = 0
    for match in _TOKENS.finditer(text):
        sign = match[0]
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise invalid("body", f"must have at most {MAX_DEPTH} levels of arrays and objects.")
        elif sign in "]}":
            depth -= 1
        values += sign in "[{,"
        if values >= MAX_VALUES:
            raise invalid("body", f"must have at most {MAX_VALUES:,} values.")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise invalid("body", "must not have the same name twice in an object.")
    return members


def _reject_constant(_: str) -> float:
    raise ValueError


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise invalid("body", "must not have a number that is too large for a double.")
    return number
