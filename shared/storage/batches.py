"""Transactions on the wire: many operations in one request, and the answers to them in one reply.

The SDK writes such a request, and reads its reply, by the package for mail and in pools of threads. This takes an
eighth of its processor time (measured in one run, the services in process included). The same is asked, in fewer words:
the service gives no row back that it has just been sent, and is told no type that the value tells.

Source:
    learn.microsoft.com, "Performing entity group transactions", "Payload format for Table service operations", "Setting
    the Prefer header"; OData 3.0, batch processing; read 2026-11.
"""

import hashlib
import json
import math
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.data.tables import TableTransactionError, UpdateMode

Operation = tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], Mapping[str, Any]]

#: Status, headers and the one line of JSON, if there is any, of each answer. This and the next begin with the end of a
#: line, which is looked for faster than its beginning.
_ANSWER = re.compile(rb"\nHTTP/1\.[01] (\d{3})[^\r\n]*\r?(\n(?:[^\r\n]+\r?\n)*)\r?\n([^\r\n]*)")
_ETAG = re.compile(rb"\n[Ee][Tt][Aa][Gg]:[ \t]*([^\r\n]*)")
_REFUSAL = 400
_METHODS = {"create": "POST", "delete": "DELETE", "update": "PATCH", "upsert": "PATCH"}
_LARGEST_WHOLE = 2**31
#: ``quote`` of each character of a plain key; it goes through them in Python.
_ASCII = {number: quote("''" if chr(number) == "'" else chr(number), safe="") for number in range(128)}


def write(operations: Sequence[Operation], *, url: str, version: str) -> tuple[str, bytes]:
    """Put operations into one body; return the boundary around it, and the body.

    Boundaries are a hash of the operations: no text that somebody has a row hold can hold that of its own transaction.

    Args:
        operations: As the SDK has them: ``create``, ``update``, ``upsert`` or ``delete``, the columns, and options.
        url: Of the table.
        version: Of the service's API.

    Raises:
        TypeError: A value is of a type that no column has.
    """
    common = f"x-ms-version: {version}\r\nDataServiceVersion: 3.0\r\nAccept: application/json;odata=minimalmetadata\r\n"
    parts = [_part(number, operation, url, common) for number, operation in enumerate(operations)]
    digest = hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()
    batch, changes = f"batch_{digest}", f"changeset_{digest}"
    head = f"--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n"
    body = "".join(f"--{changes}\r\n{part}" for part in parts)
    return batch, f"{head}{body}--{changes}--\r\n\r\n--{batch}--\r\n".encode()


def read(body: bytes, number: int) -> list[Mapping[str, Any]]:
    """Read the answers to as many operations.

    Returns:
        Of each operation the ``etag`` of what it has written; None where it has deleted.

    Raises:
        TableTransactionError: One operation was refused, and so all were.
        ServiceResponseError: These are not the answers: nobody knows whether the transaction was applied.
    """
    answers = _ANSWER.findall(body)
    for status, lines, content in answers:
        if int(status) >= _REFUSAL:
            raise refusal(TableTransactionError, int(status), content, _headers(lines))
    if len(answers) != number:
        raise ServiceResponseError("The reply to a transaction does not answer each of its operations.")
    return [
        {"etag": found and found[1].decode("latin-1").rstrip(" \t")}
        for found in (_ETAG.search(lines) for _, lines, _ in answers)
    ]


def address(url: str, entity: Mapping[str, Any]) -> str:
    """Return the address of a row in the table of that address."""
    return f"{url}(PartitionKey='{_key(entity['PartitionKey'])}',RowKey='{_key(entity['RowKey'])}')"


def _key(key: str) -> str:
    """Write a key into an address, its quotes doubled."""
    return key.translate(_ASCII) if key.isascii() else quote(key.replace("'", "''"), safe="")


def _part(number: int, operation: Operation, url: str, common: str) -> str:
    what, entity = operation[0], operation[1]
    options: Mapping[str, Any] = operation[2] if len(operation) > 2 else {}  # noqa: PLR2004 - the SDK's own form
    method = "PUT" if options.get("mode") is UpdateMode.REPLACE else _METHODS[what]
    target = url if what == "create" else address(url, entity)
    head = f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {number}\r\n\r\n"
    lines = f"{head}{method} {target} HTTP/1.1\r\n{common}{_condition(what, options)}"
    if what == "delete":
        return f"{lines}\r\n\r\n"
    content = json.dumps(_columns(entity))
    silent = "Prefer: return-no-content\r\n" if what == "create" else ""
    return f"{lines}{silent}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}\r\n"


def _condition(what: str, options: Mapping[str, Any]) -> str:
    """Return the header that says which version of a row may be written over."""
    if options.get("match_condition") is MatchConditions.IfNotModified:
        return f"If-Match: {options['etag']}\r\n"
    return "If-Match: *\r\n" if what in ("update", "delete") else ""


def _columns(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entity as JSON has it: each value whose type JSON does not tell has its type beside it."""
    columns: dict[str, Any] = {}
    for name, value in entity.items():
        if value is None:
            continue
        try:
            columns[name], kind = _WRITE[type(value)](value)
        except KeyError:
            raise TypeError(
                f"{name}: must be text, a number, a flag, a time or bytes, not {type(value).__name__}"
            ) from None
        if kind is not None:
            columns[f"{name}@odata.type"] = kind
    return columns


def _whole(value: int) -> tuple[int, None]:
    if not -_LARGEST_WHOLE <= value < _LARGEST_WHOLE:
        raise TypeError(f"a whole number must be within 32 bits, not {value}")
    return value, None


def _real(value: float) -> tuple[object, str]:
    names = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return "NaN" if math.isnan(value) else names.get(value, value), "Edm.Double"


#: What JSON holds of a value, and its type where that does not tell it.
_WRITE: Mapping[type, Callable[[Any], tuple[object, str | None]]] = {
    str: lambda value: (value, None),
    bool: lambda value: (value, None),
    int: _whole,
    float: _real,
    bytes: lambda value: (b64encode(value).decode(), "Edm.Binary"),
    datetime: lambda value: (f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", "Edm.DateTime"),
}


def _headers(lines: bytes) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in lines.decode("latin-1").splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def refusal(
    kind: type[HttpResponseError], status: int, content: bytes, headers: Mapping[str, str]
) -> HttpResponseError:
    """Make the error that the SDK makes, of what the service says in JSON or in a header."""
    code, message = headers.get("x-ms-error-code"), ""
    try:
        said = json.loads(content)["odata.error"]
        code, message = said["code"], said["message"]["value"]
    except (ValueError, TypeError, KeyError):
        message = f"The service answers {status}."
    error = kind(message=message)  # its index is read from the message
    error.status_code = status
    error.error_code = code  # type: ignore[attr-defined] # the SDK sets it so
    return error
