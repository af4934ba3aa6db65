"""What a walk through the container has seen: up to its watermark each image is recorded, or named in its mark.

The next walk looks at nothing that was modified before the watermark: what is not recorded by then is lost to it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.ledger import Ledger
from tests.simulation.operations import writes
from tests.simulation.rules import code_of
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

_STEP = timedelta(seconds=1)


@dataclass
class Walks:
    """All walks.

    Attributes:
        container: Of images.
        ledger: What was really written.
        clock: The services'.
        tell: Takes what is wrong.
    """

    container: str
    ledger: Ledger
    clock: ServiceClock
    tell: Callable[[Iterable[str]], object]
    _times: dict[str, datetime] = field(default_factory=dict)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in what the services have obeyed: images that come and go, and marks of walks."""
        request = passage.request
        if request.service == "blob" and request.segments[:1] == (self.container,) and len(request.segments) > 1:
            ref = "/".join(request.segments)
            if request.method == "PUT" and reply.ok and "ETag" in reply.headers:
                self._times[ref] = self.clock.now()
            elif request.method == "DELETE" and reply.ok:
                self._times.pop(ref, None)
        elif request.service == "table" and request.method != "GET":
            for each in writes(request, reply):
                if each.row.startswith("mark:reconcile") and "value" in each.columns:
                    self.tell(self._judge(json.loads(each.columns["value"])))

    def neglects(self) -> Iterator[str]:
        """Say which images could not be read for a while, and no walk has opened their jobs again since.

        One that was opened before is left to operators, unless its blob has left the archive once more.
        """
        for job_id, row in self.ledger.jobs().items():
            newest = self.ledger.contents.versions.get(row["ref"], [""])[-1]
            stands = row["ref"] in self._times and row.get("version") == newest
            unread = row["state"] == "FAILED" and code_of(row) == "blob_unreadable"
            if stands and unread and not row["attempts_base"]:
                yield f"{job_id}: its blob can be read, and no walk has opened it again"

    def _judge(self, mark: Mapping[str, Any]) -> Iterator[str]:
        if not mark.get("watermark"):
            return
        watermark, again = datetime.fromisoformat(mark["watermark"]), mark.get("again", ())
        named = {(row["ref"], row["version"]) for place, row in self.ledger.rows.items() if place[2].startswith("key:")}
        for ref, modified in self._times.items():
            known = (ref, self.ledger.contents.versions[ref][-1]) in named or ref in self.ledger.forgotten_refs
            if modified < watermark - _STEP and not known and ref.partition("/")[2] not in again:
                yield f"{ref}: modified at {modified}, not recorded, and the walk's watermark is {watermark}"
