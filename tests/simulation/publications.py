"""Which thumbnails were published, and by whom: what a loser leaves behind without need is wrong.

A crash or an outage may leave a thumbnail that no report names. A worker that lives and was always answered must not.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.faults import Fault
from tests.simulation.scheduler import Task
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage


@dataclass
class Publications:
    """All thumbnails that stand.

    Attributes:
        container: Where they are.
        publishers: The thread that has written each, by name.
        in_trouble: Threads of which a request was not answered, or by an outage.
    """

    container: str
    publishers: dict[str, Task] = field(default_factory=dict)
    in_trouble: set[str] = field(default_factory=set)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in a request that the services have obeyed."""
        request = passage.request
        if request.service != "blob" or request.segments[:1] != (self.container,) or not reply.ok:
            return
        if request.method == "PUT" and len(request.segments) > 1:
            self.publishers[request.segments[1]] = passage.sender
            if not passage.waits:  # it arrives once more, or too late: its sender can't know
                self.in_trouble.add(passage.sender.name)
        if request.method == "DELETE":
            self.publishers.pop(request.segments[-1], None)

    def ended(self, passage: Passage, end: str) -> None:
        """Take in how a request has ended for its sender."""
        if end[:1] not in ("2", "4") or end == "429" or passage.fault is Fault.REPLY_CUT:
            self.in_trouble.add(passage.sender.name)

    def leftovers(self, jobs: Mapping[str, Mapping[str, Any]], gone: Collection[str]) -> Iterator[str]:
        """Say which thumbnails are left over that nobody had to leave.

        Args:
            jobs: As they stand, by id.
            gone: Ids of jobs that were deleted.
        """
        for name, task in self.publishers.items():
            job_id, _, rest = name.partition("/")
            row = jobs.get(job_id, {})
            shown = row.get("state") == "COMPLETED" and str(row["token"]) == rest.partition(".")[0]
            excused = task.home.dead or task.name in self.in_trouble or job_id in gone
            if not shown and not excused:
                yield f"{name}: left behind by {task.name}"
