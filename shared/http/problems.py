"""Every refusal as a problem, RFC 9457: what is wrong and in which field, and nothing about the code behind the API.

What a client has sent is never sent back: a field is named, and its value described by its type and size, so that no
response grows with its request or repeats a secret.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from shared import errors
from shared.analysis.validation import ReportInvalid
from shared.http.error_codes import ErrorCode

MEDIA_TYPE = "application/problem+json"
#: Of every response that does not set its own: browsers show it as what it is, run nothing in it, and keep nothing.
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
}
#: Limits of one problem: fields, characters of a field's name and of an instance.
MAX_FIELDS, MAX_NAME, MAX_INSTANCE = 20, 64, 1024
#: Statuses after which a client may try again, and in how many seconds.
_PASSING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_RETRY = {"Retry-After": "5"}
_RESERVED = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class FieldError:
    """One field that is not valid.

    Attributes:
        field: As the client knows it: ``body.ttl_seconds``, ``query.limit``, ``header.if-match``, ``path.id``.
        message: What it must be.
    """

    field: str
    message: str


class Problem(Exception):
    """A refusal of a request.

    Args:
        code: What is wrong.
        detail: One sentence for a person; the meaning of the code by default.
        fields: Those that are not valid.
        headers: More headers of the response.
    """

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        fields: Sequence[FieldError] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or code.meaning
        self.fields = fields
        self.headers = {**(_RETRY if code.status in _PASSING else {}), **headers}


def invalid(field: str, message: str) -> Problem:
    """Refuse one field."""
    return Problem(ErrorCode.INVALID, fields=[FieldError(field, message)])


def of_error(error: Exception) -> Problem | None:
    """Translate an error; None for one that no request should cause: that is a bug."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, errors.Refused):
        return Problem(ErrorCode[error.code.upper()], str(error))
    if isinstance(error, errors.TooLarge):
        return invalid(f"body.{error.field}", f"{error.problem}.")
    if isinstance(error, ReportInvalid):
        return invalid(f"body.result.{error.field}".rstrip("."), f"{error.problem}.")
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
    return None if code is None else Problem(code, str(error) if error.args and code in _EXPLAINED else "")


def document(problem: Problem, path: str) -> dict[str, Any]:
    """Return the JSON of a problem.

    Args:
        problem: The refusal.
        path: Of the request, decoded, without its query, which may hold a key.
    """
    return {
        "type": problem.code.type,
        "title": problem.code.heading,
        "status": problem.code.status,
        "detail": problem.detail,
        "instance": quote(path.encode(errors="replace"), safe=_RESERVED)[:MAX_INSTANCE],
        "code": problem.code,
    } | ({"errors": [asdict(field) for field in problem.fields[:MAX_FIELDS]]} if problem.fields else {})


def encode(problem: Problem, path: str) -> bytes:
    """Return the bytes of a problem: JSON in ASCII, so that no client's text is read as anything but text."""
    return json.dumps(document(problem, path)).encode()


def of_validation(failures: Sequence[Mapping[str, Any]]) -> Problem:
    """Translate the errors of Pydantic."""
    return Problem(ErrorCode.INVALID, fields=list(map(_field_error, failures)))


def _field_error(failure: Mapping[str, Any]) -> FieldError:
    """Translate Pydantic's ``Input should be …``, and ``Value error, must be …`` of our validators."""
    name = ".".join(map(str, failure["loc"]))
    name = name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
    if failure["type"] in _REQUIREMENTS:
        return FieldError(name, _REQUIREMENTS[failure["type"]])
    requirement = re.sub(r"^\w+ should ", "must ", failure["msg"].removeprefix("Value error, "))
    requirement = re.sub(r" after validation, not \d+$", "", requirement)  # the shape says how many there are
    return FieldError(name, f"{requirement}; got {_shape(failure['input'])}.")


def _shape(value: object) -> str:
    """Say what a value looks like, and never what it is."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return "a number"
    size = f" of length {len(value)}" if hasattr(value, "__len__") else ""
    kind = "a string" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"
    return f"{kind}{size}"


_REQUIREMENTS = {"missing": "must be present.", "extra_forbidden": "must be a known field."}
_CODES: Mapping[type[errors.DarkroomError], ErrorCode] = {
    errors.NoSuchJob: ErrorCode.NO_SUCH_JOB,
    errors.NoSuchMessage: ErrorCode.NO_SUCH_MESSAGE,
    errors.NoSuchImage: ErrorCode.NO_SUCH_IMAGE,
    errors.BlobGone: ErrorCode.NO_SUCH_BLOB,
    errors.BlobUnreadable: ErrorCode.BLOB_UNREADABLE,
    errors.FolderMarker: ErrorCode.FOLDER_MARKER,
    errors.NewerSchema: ErrorCode.NEWER_RELEASE,
    errors.RowDamaged: ErrorCode.ROW_DAMAGED,
    errors.Stale: ErrorCode.STALE,
    errors.Mismatch: ErrorCode.MISMATCH,
    errors.InvalidReference: ErrorCode.INVALID,
    errors.ContentRefused: ErrorCode.CONTENT_REFUSED,
    errors.StorageOut: ErrorCode.STORAGE_OUT,
    errors.Undecided: ErrorCode.STORAGE_OUT,
    errors.ClockUnset: ErrorCode.STORAGE_OUT,
}
#: Codes whose errors have a message that says more than the code, and nothing that a client must not know.
_EXPLAINED = {ErrorCode.BLOB_UNREADABLE, ErrorCode.STALE, ErrorCode.INVALID, ErrorCode.CONTENT_REFUSED}
