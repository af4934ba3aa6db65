"""The calls of operators on many jobs, on rejected messages, and on the list of who has done what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from darkroom_client import query
from darkroom_client.errors import Unavailable
from darkroom_client.transport import Response, Transport


@dataclass(frozen=True, kw_only=True)
class ActionResult:
    """What came of an action at one id.

    Attributes:
        outcome: ``done``; ``refused``, and it would be again; or ``unknown``: send this id again.
        code: Why it is not done; None if it is.
        detail: The same for a person.
    """

    id: str
    outcome: str
    code: str | None = None
    detail: str | None = None


class Operator:
    """Call what only a key of the role ``operator`` may; made by ``Client.operator``.

    What acts is sent once, and raises ``Unavailable`` if its outcome is unknown; only ``act_on_jobs`` with ``as_of`` is
    repeated. What reads is repeated, as by the client.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def act_on_jobs(
        self,
        action: str,
        ids: Sequence[str],
        *,
        as_of: datetime | None = None,
        forget: bool = False,
        operation: str | None = None,
        picked_by: Mapping[str, Any] | None = None,
    ) -> Sequence[ActionResult]:
        """Cancel, redrive or delete up to 100 jobs.

        Args:
            action: ``cancel``, ``redrive`` or ``delete``.
            ids: Of the jobs, each once.
            as_of: ``service_time``, from before you listed the jobs. Jobs that have ended, or were added, since are
                refused. So the call may be repeated, and is: a job that the first request has acted on may then be
                refused, as ``live`` or ``no_such_job``.
            forget: With ``delete``: whether their types and refs may be added again.
            operation: 32 hex digits, the same for all calls of one operation of yours.
            picked_by: How you picked the jobs, which is kept with the action.

        Returns:
            A result for each id, in their order.

        Raises:
            Unavailable: The outcome is unknown: send the call again, with the same ``as_of``.
            ValueError: ``as_of`` has no time zone.
        """
        if as_of is not None and as_of.tzinfo is None:
            raise ValueError("as_of must have a time zone")
        body = {
            "action": action,
            "ids": list(ids),
            "as_of": as_of and query.rfc3339(as_of),
            "forget": forget or None,
            "operation": operation,
            "filter": picked_by,
        }
        if as_of is None:
            return _results(self._transport.send("POST", "/jobs/actions", body))
        return _results(self._transport.repeat(lambda: self._transport.send("POST", "/jobs/actions", body)))

    def list_rejected(
        self, *, error: str | None = None, older_than_seconds: int | None = None, page_size: int | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """Yield messages that name nothing real, as JSON, in no order that means anything; long texts are cut.

        Args:
            error: Only with this code.
            older_than_seconds: Only those that were rejected longer ago.
            page_size: Messages in a page, which is one request; the service chooses by default.
        """
        yield from self._transport.pages(
            "/rejected", {"error": error, "older_than_seconds": older_than_seconds, "limit": page_size}
        )

    def get_rejected(self, rejected_id: str) -> Mapping[str, Any]:
        """Return a rejected message as JSON, with all of its text, which a stranger wrote."""
        message: Mapping[str, Any] = self._transport.get(f"/rejected/{quote(rejected_id, safe='')}").body
        return message

    def act_on_rejected(
        self,
        action: str,
        ids: Sequence[str],
        *,
        operation: str | None = None,
        picked_by: Mapping[str, Any] | None = None,
    ) -> Sequence[ActionResult]:
        """Redrive or delete up to 100 rejected messages. A redriven one is deleted once all that it names is recorded.

        Args:
            action: ``redrive`` or ``delete``.
            ids: Of the messages, each once.
            operation: As for ``act_on_jobs``.
            picked_by: How you picked the messages, which is kept with the action.

        Returns:
            A result for each id, in their order.
        """
        body = {"action": action, "ids": list(ids), "operation": operation, "filter": picked_by}
        return _results(self._transport.send("POST", "/rejected/actions", body))

    def list_actions(self, *, page_size: int | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield what operators have done as JSON, the newest first; ``result`` is None while it is under way."""
        yield from self._transport.pages("/actions", {"limit": page_size})

    def service_time(self) -> datetime:
        """Return the service's time, aware, for ``as_of``."""
        return datetime.fromisoformat(self._transport.get("/actions?limit=1").body["as_of"])


def _results(response: Response) -> Sequence[ActionResult]:
    """Read the results; raise ``Unavailable`` where something else than the service answered."""
    try:
        return [
            ActionResult(id=each["id"], outcome=each["outcome"], code=each.get("code"), detail=each.get("detail"))
            for each in response.body["results"]
        ]
    except (AttributeError, KeyError, TypeError):
        raise Unavailable(response.status, "unreadable", "the response has no results") from None
