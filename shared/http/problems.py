"""Every refusal as a problem, RFC 9457: what is wrong, in which field, and never what stands behind it.

``code`` is what programs look at. What a client has sent is not sent back: a field is named, and its value told by its
shape, so that no answer grows with its request or carries a secret on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from shared import errors
from shared.analysis.validation import ReportInvalid
from shared.http.error_codes import HEADINGS

MEDIA_TYPE = "application/problem+json"
#: Of every answer that says nothing else: a browser shows it as what it is, runs nothing in it, keeps nothing.
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
}
#: Seconds after which a client may try again when storage is out.
RETRY_SECONDS = 5
#: Of one answer: fields told, characters of a field's name, of an instance.
MAX_FIELDS, MAX_NAME, MAX_INSTANCE = 20, 64, 1024
_RETRY = {"Retry-After": str(RETRY_SECONDS)}
_RESERVED = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class Wrong:
    """One field that can't be used.

    Attributes:
        field: As the client knows it: ``body.ttl_seconds``, ``query.limit``, ``header.if-match``, ``path.id``.
        message: One sentence.
    """

    field: str
    message: str


class Problem(Exception):
    """A refusal, ready to be told.

    Args:
        status: Of HTTP.
        code: Stable, lower case with underscores.
        detail: One sentence for a person.
        wrong: The fields, for 422.
        headers: To send along.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        wrong: Sequence[Wrong] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.wrong = wrong
        self.headers = headers


def invalid(name: str, message: str) -> Problem:
    """Refuse one field."""
    return Problem(422, "invalid", "The request can't be used as it is.", (Wrong(name, message),))


def unexpected() -> Problem:
    """Tell of a bug, without anything of it."""
    return Problem(500, "internal", "Something went wrong here; it is logged.")


def of_error(error: errors.DarkroomError) -> Problem | None:
    """Translate what a step refuses; None where nothing is known about it: that is a bug."""
    if isinstance(error, errors.Refused):
        return Problem(409, error.code, str(error))
    if isinstance(error, errors.TooLarge):
        return invalid(f"body.{error.field}", str(error))
    if isinstance(error, ReportInvalid):
        return invalid(f"body.result.{error.field}".rstrip("."), f"It {error.problem}.")
    for kind, (status, code) in _ERRORS.items():
        if isinstance(error, kind):
            outage = status == HTTPStatus.SERVICE_UNAVAILABLE
            detail = _OUT if outage else _DETAILS.get(code, str(error))
            return Problem(status, code, detail, headers=_RETRY if outage else {})
    return None


def title(code: str) -> str:
    """Return the title of a code: our own, since Python's names of statuses change with its version."""
    return HEADINGS.get(code, "Request refused")


def document(problem: Problem, path: str) -> dict[str, Any]:
    """Return the JSON of a problem.

    Args:
        problem: The refusal.
        path: Of the request, decoded, without its query: that may hold a key.
    """
    told = {
        "type": f"urn:darkroom:problem:{problem.code}",
        "title": title(problem.code),
        "status": problem.status,
        "detail": problem.detail,
        "instance": quote(path.encode(errors="replace"), safe=_RESERVED)[:MAX_INSTANCE],
        "code": problem.code,
    }
    wrong = [{"field": each.field, "message": each.message} for each in problem.wrong[:MAX_FIELDS]]
    return told | ({"errors": wrong} if wrong else {})


def encoded(problem: Problem, path: str) -> bytes:
    """Return the bytes of a problem; JSON in ASCII, so that no text of a client's is anything but text."""
    return json.dumps(document(problem, path)).encode()


def of_validation(found: Sequence[Mapping[str, Any]]) -> Problem:
    """Translate what Pydantic has found."""
    wrong = tuple(Wrong(_name(each["loc"]), f"{each['msg']}; {shape(each)}.") for each in found)
    return Problem(422, "invalid", "The request can't be used as it is.", wrong)


def shape(found: Mapping[str, Any]) -> str:
    """Say what a value looks like, and never what it is."""
    if found["type"] == "missing":
        return "got nothing"
    value = found.get("input")
    if value is None or isinstance(value, bool):
        return f"got {json.dumps(value)}"
    if isinstance(value, int | float):
        return "got a number"
    size = f" of {len(value)}" if hasattr(value, "__len__") else ""
    word = "text" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"
    return f"got {word}{size}"


def _name(loc: Sequence[str | int]) -> str:
    parts = [str(part) for part in loc]
    if parts and parts[0] == "header":
        parts[1:] = [part.lower() for part in parts[1:]]
    name = ".".join(parts)
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


_OUT = "Storage is out, or has not said in time whether it has obeyed. Ask again; a write may have been applied."
_DETAILS = {
    "no_such_job": "There is no job of that id.",
    "no_such_image": "No image of that id is recorded, or it has no thumbnail.",
    "no_such_blob": "There is no blob of that name in the container of images.",
    "newer_release": "The job was written by a newer release.",
    "row_damaged": "A row of this job or image can't be read; `darkroom verify` names it.",
    "mismatch": "What was to be changed is no longer the version that If-Match names.",
}
_ERRORS: Mapping[type[errors.DarkroomError], tuple[int, str]] = {
    errors.NoSuchJob: (404, "no_such_job"),
    errors.NoSuchImage: (404, "no_such_image"),
    errors.BlobGone: (404, "no_such_blob"),
    errors.BlobUnreadable: (409, "blob_unreadable"),
    errors.FolderMarker: (409, "folder_marker"),
    errors.NewerSchema: (409, "newer_release"),
    errors.RowDamaged: (409, "row_damaged"),
    errors.Stale: (412, "stale"),
    errors.Mismatch: (412, "mismatch"),
    errors.InvalidReference: (422, "invalid"),
    errors.ContentRefused: (422, "content_refused"),
    errors.StorageOut: (503, "storage_out"),
    errors.Undecided: (503, "storage_out"),
    errors.ClockUnset: (503, "storage_out"),
}
