"""What commands ask: the API, whether in this process or over HTTP."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from shared.errors import DarkroomError, Outage
from shared.rules.timestamps import rfc3339

#: Items that one page of a list may have.
PAGE = 200
NOTHING: Mapping[str, str] = MappingProxyType({})
#: Below it no status is a refusal; 304 is none either.
_LEAST_REFUSAL, _LEAST_FAILURE, _UNCHANGED = 300, 500, 304
_NOT_DARKROOM = "What answers is not Darkroom. Check the address."
#: What to do about a refusal, by its status or code.
_ADVICE: Mapping[int | str, str] = {
    401: "Set DARKROOM_KEY to a key of the app.",
    403: "Set DARKROOM_KEY to a key with that role.",
    414: "An option is too long.",
    "http_404": "There is no Darkroom at this address. Check it.",
    "no_such_path": "The app is of another release, or it is not Darkroom.",
}


class ServiceDown(Outage):
    """The app does not answer, or could not do what was asked. Try again later."""


class ServiceUnreachable(DarkroomError):
    """No request reaches the app, now or later: its address, a certificate or a setting of this machine is wrong."""


class FileRefused(DarkroomError):
    """A file is not sent, for the reason that it says."""


class ServiceRefused(DarkroomError):
    """The app refuses the request.

    Args:
        status: Of HTTP, 300–499.
        code: Of the problem; ``http_404`` and the like where a proxy has refused it.
        detail: One sentence for a person.
        errors: Sentences about single fields.
    """

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[str] = ()) -> None:
        super().__init__(" ".join(errors) or detail)  # the detail only says that there are errors
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Reply:
    """A response that is no refusal.

    Attributes:
        status: 200–299, or 304.
        headers: Their names in lower case.
        content: The body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self, **members: type) -> dict[str, Any]:
        """Return the body as an object.

        Args:
            members: Those that it must have, and their types: much answers with JSON that is not Darkroom.

        Raises:
            ServiceDown: It is none, or has others: something else answers at this address.
        """
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):  # no JSON, or nested thousands of levels deep
            value = None
        if not isinstance(value, dict) or not all(isinstance(value.get(name), members[name]) for name in members):
            raise ServiceDown(_NOT_DARKROOM)
        return value


class Service(Protocol):
    """The API; may be called by several threads at once."""

    @property
    def most_bytes(self) -> int:
        """Bytes that an image may have, as far as that is known without asking: the app may take fewer."""

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object | None = None,
        data: bytes | Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request.

        Args:
            method: Of HTTP.
            path: Below ``/api``, such as ``/jobs``; not escaped.
            query: Parameters; those that are None are left out.
            body: Is sent as JSON.
            data: Is sent as it is, in place of ``body``; the content of a file, where it is a path.
            headers: More of them.

        Raises:
            ServiceRefused: The answer is a refusal.
            ServiceDown: There is no answer, or the app has failed.
            ServiceUnreachable: There is no answer, and there would be none the next time.
            FileRefused: ``data`` is the path of a file that can't be read.
        """


def items(service: Service, path: str, query: Mapping[str, object], *, limit: int | None = None) -> Iterator[Any]:
    """Yield what a list has, page by page.

    Args:
        service: The API.
        path: Of the list.
        query: Its parameters, without limit and cursor.
        limit: So many at most.

    Raises:
        ServiceDown: A page has another form, or leads to itself: something else answers at this address.

    Costs:
        1 request for each page of up to 200 items; a page may be empty where a filter leaves little.
    """
    cursor, left = None, limit
    while left is None or left > 0:
        size = PAGE if left is None else min(left, PAGE)
        before = cursor
        found, cursor = _page(service.call("GET", path, query={**query, "limit": size, "cursor": before}).json())
        yield from found if left is None else found[:left]
        left = None if left is None else left - len(found)
        if cursor is None:
            return
        if cursor == before:
            raise ServiceDown(_NOT_DARKROOM)


def _page(reply: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """Return the items of a page, and where the next one begins."""
    found, cursor = reply.get("items"), reply.get("cursor")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ServiceDown(_NOT_DARKROOM)
    if cursor is not None and not isinstance(cursor, str):
        raise ServiceDown(_NOT_DARKROOM)
    return found, cursor


def target(path: str, query: Mapping[str, object] | None) -> tuple[str, str]:
    """Return path and query as a request line has them, escaped.

    Args:
        path: Not escaped.
        query: Parameters; those that are None are left out.

    Raises:
        ServiceRefused: A word of them is not valid Unicode, as an argument of the command line may be, or would lead
            to another path.
    """
    try:
        return _escape(path, query or {})
    except UnicodeEncodeError:
        raise ServiceRefused(422, "invalid", "A name or an option is not valid UTF-8.") from None


def _escape(path: str, query: Mapping[str, object]) -> tuple[str, str]:
    segments = path.split("/")
    if "." in segments or ".." in segments:  # escaped or not, the host would take them away: another path is meant then
        raise ServiceRefused(422, "invalid", "A name can't have . or .. between slashes.")
    pairs = {name: _word(value) for name, value in query.items() if value is not None}
    return "/".join(quote(segment, safe="") for segment in segments), urlencode(pairs, quote_via=quote)


def outcome(reply: Reply) -> Reply:
    """Return a reply that is no refusal.

    Raises:
        ServiceRefused: It is one.
        ServiceDown: The app has failed.
    """
    if reply.status < _LEAST_REFUSAL or reply.status == _UNCHANGED:
        return reply
    problem = _problem(reply)
    code = _text(problem.get("code")) or f"http_{reply.status}"
    detail = _text(problem.get("detail")) or f"The answer is HTTP {reply.status}."
    if reply.status >= _LEAST_FAILURE:
        raise ServiceDown(f"{code}: {detail}")
    if reply.status < 400:  # noqa: PLR2004 - redirections of HTTP
        detail = "The address redirects to another one, and keys go to no other. Give the address of the app itself."
    advice = next((words for known, words in _ADVICE.items() if known in (code, reply.status)), "")
    raise ServiceRefused(reply.status, code, f"{detail} {advice}".rstrip(), list(_fields(problem)))


def _problem(reply: Reply) -> Mapping[str, Any]:
    try:
        return reply.json()
    except ServiceDown:
        return {}


def _fields(problem: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with each field, as far as it has the form that the API gives it."""
    errors = problem.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            yield f"{_text(error.get('field'))} {_text(error.get('message'))}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(rfc3339(value)) if isinstance(value, datetime) else str(value)
