"""An API with jobs in memory, which may die at any moment of a call; a job that is opened fails again at once."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.cli.service import Reply, ServiceRefused
from shared.errors import Outage
from shared.rules.timestamps import rfc3339

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Death(Outage):
    """The process has died here."""


class Countdown:
    """Die at a moment of many.

    Args:
        moment: The number of the moment; None never to die.
    """

    def __init__(self, moment: int | None = None) -> None:
        self._moment = moment
        self.count = 0

    def __call__(self) -> None:
        """Pass a moment, or die at it, and at all that follow."""
        self.count += 1
        if self._moment is not None and self.count > self._moment:
            raise Death


class JobsService:
    """Failed jobs, lists of them in small pages, and actions on them.

    Args:
        count: Of the jobs; the last of them can't be acted on, since it is outdated.
        page: Entries of a page.

    Attributes:
        ended: When each job ended; each call takes a second.
        acts: How often each job was opened again.
        moment: Called at each moment at which the caller may die.
        calls: Each with its path and body.
        unknown: How often the service can't decide on a job.
        most_bytes: Of an image; it takes none.
    """

    most_bytes = 0

    def __init__(self, count: int, *, page: int = 2) -> None:
        self.ids = [f"t-{number:032x}" for number in range(count)]
        self.ended = dict.fromkeys(self.ids, NOON - timedelta(days=1))
        self.acts: Counter[str] = Counter()
        self.moment: Callable[[], None] = Countdown()
        self.calls: list[tuple[str, Any]] = []
        self.unknown: Counter[str] = Counter()
        self.now = NOON
        self._page = page

    def call(
        self,
        method: str,  # noqa: ARG002
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,  # noqa: ANN401 - as the protocol has it
        data: bytes | Path | None = None,  # noqa: ARG002
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Reply:
        """Answer, with three moments at the least: before the call, after it, and after the reply."""
        self.now += timedelta(seconds=1)
        self.calls.append((path, body))
        self.moment()
        answers: Mapping[str, Callable[[], dict[str, Any]]] = {
            "/actions": lambda: {"items": [], "cursor": None, "as_of": rfc3339(self.now)},
            "/jobs": lambda: self._list(query or {}),
            "/images": lambda: {"items": self._images(query or {})},
            "/jobs/actions": lambda: self._act(body),
        }
        content = answers[path]()
        self.moment()
        return Reply(status=200, headers={}, content=json.dumps(content).encode())

    def _list(self, query: Mapping[str, Any]) -> dict[str, Any]:
        begin = query["cursor"] or ""
        if begin == "of an old release":
            raise ServiceRefused(422, "invalid", "A field is not valid.")
        until = query["until"]
        ids = [each for each in self.ids if self.ended[each] < until and each > begin]
        shown = ids[: self._page]
        items = [{"id": each, "ref": f"{each}.png", "state": "FAILED", "error": {"code": "odd"}} for each in shown]
        return {"items": items, "cursor": shown[-1] if ids[len(shown) :] else None}

    def _images(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"name": query["name"], "job": {"id": each}} for each in self.ids if query["name"] == f"{each}.png"]

    def _act(self, body: Mapping[str, Any]) -> dict[str, Any]:
        as_of = datetime.fromisoformat(body["as_of"])
        return {"results": [self._act_on(each, as_of) for each in body["ids"]]}

    def _act_on(self, identity: str, as_of: datetime) -> dict[str, Any]:
        self.moment()
        if self.unknown[identity]:
            self.unknown[identity] -= 1
            return {"id": identity, "outcome": "unknown", "code": "storage_out", "detail": "Storage is out."}
        refusal = "outdated" if identity == self.ids[-1] else "mismatch" if self.ended[identity] >= as_of else None
        if refusal:
            return {"id": identity, "outcome": "refused", "code": refusal, "detail": f"{refusal}."}
        self.acts[identity] += 1
        self.ended[identity] = self.now
        return {"id": identity, "outcome": "done", "code": None, "detail": None}
