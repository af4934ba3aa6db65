"""The flows of what is set aside: rejected texts and what the host has given up on."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from localhost.host.blobs import BlobMessage
from shared.rules.ids import digest
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.operators.rejected import ADMITTED
from tests.faults.enumeration import Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_flows import Analysis, Flow, LiveRival, Poison, Receiving
from tests.faults.enumeration_workers import Worker
from tests.sdk_clients import queue_of

NOBODYS = "nobody's.png"
#: Said of a text that is rejected once more.
AGAIN = "Gone again."


def _rejections(case: Case) -> list[Mapping[str, Any]]:
    return [row for key, row in case.rows().items() if key.startswith("rejected:")]


def _has_job(case: Case) -> bool:
    return any(key.startswith("job:") for key in case.rows())


class RejectingAgain(Receiving):
    """A message that was rejected before is rejected once more: it is kept once, and its row has moved on."""

    ends = ()
    etag = ""

    def prepare(self, case: Case) -> None:
        """Reject it once, and send it again."""
        case.user.darkroom.receive.receive(NOBODYS.encode(), owner="queue/0")
        self.etag = _rejections(case)[0]["odata.etag"]
        case.put(NOBODYS)
        case.fetch()

    def check(self, case: Case) -> None:
        """See that it is there, whole, and that nobody who read it before may delete it."""
        (row,) = _rejections(case)
        assert (row["code"], row["text"]) == ("blob_not_found", NOBODYS)
        assert row["odata.etag"] != self.etag


class RejectingItems(Receiving):
    """A list of an image and of what can't be followed: the image is analysed, and the rest is kept in one row."""

    messages = 1

    def prepare(self, case: Case) -> None:
        """Upload, and send the list."""
        case.upload()
        case.put(json.dumps([case.ref.ref, NOBODYS, 5]))
        case.fetch()

    def check(self, case: Case) -> None:
        """See that one row is there, with all that could not be followed."""
        (row,) = _rejections(case)
        assert (row["code"], row["message"].partition(" items")[0]) == ("bad_items", "2 of 3")


class Forgetting(Flow):
    """An operator, or a purge, forgets rejected texts, several in one transaction."""

    ends = ()

    def prepare(self, case: Case) -> None:
        """Reject three texts."""
        for text in (NOBODYS, "[]", "{}"):
            case.user.darkroom.receive.receive(text.encode(), owner="queue/0")
        assert len(_rejections(case)) == 3

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Forget them."""
        forget = worker.darkroom.forget
        forget.forget(forget.find())

    def rival(self, case: Case, worker: Worker) -> None:
        """Forget them as well."""
        self.run(case, worker)

    def afterwards(self, case: Case) -> None:
        """Forget what an error has left."""
        self.run(case, case.user)

    def check(self, case: Case) -> None:
        """See that nothing is left."""
        assert _rejections(case) == []


class ForgettingOvertaken(LiveRival, Forgetting):
    """The same, while one of them is rejected once more: unless that was read, it alone stays."""

    read = True

    def run(self, case: Case, worker: Worker) -> None:
        """Forget them."""
        self.line = worker.line
        super().run(case, worker)

    def rival(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - it is the pause that counts
        """Reject one once more."""
        paused_before = self.line.hits[-1] is Strike.PAUSED_BEFORE
        self.read = paused_before and len(self.line.requests) == 1
        worker.darkroom.storage.rejections.reject("[]", code="empty", message=AGAIN)

    def afterwards(self, case: Case) -> None:
        """Leave what an error has left: no error is met here."""

    def check(self, case: Case) -> None:
        """See that it is there where nobody has seen it."""
        assert [row["message"] for row in _rejections(case)] == ([] if self.read else [AGAIN])


class Readmitting(Flow):
    """An operator redrives a rejected text whose image has come: recorded, or still kept; then forgotten."""

    messages = 1
    answer: tuple[StrEnum, ...] = ()

    def prepare(self, case: Case) -> None:
        """Reject the image's name, then upload it."""
        case.user.darkroom.receive.receive(case.ref.ref.encode(), owner="queue/0")
        assert len(_rejections(case)) == 1
        case.upload()

    def run(self, case: Case, worker: Worker) -> None:
        """Redrive it."""
        self.answer = tuple(worker.darkroom.readmit.readmit(digest(case.ref.ref)))

    def rival(self, case: Case, worker: Worker) -> None:
        """Redrive it as well, and work."""
        worker.darkroom.readmit.readmit(digest(case.ref.ref))
        super().rival(case, worker)

    def afterwards(self, case: Case) -> None:
        """See that nothing is lost at this moment; then let the operator ask once more."""
        kept = bool(_rejections(case))
        assert kept or _has_job(case), "neither recorded nor kept"
        again = case.user.darkroom.readmit.readmit(digest(case.ref.ref))
        assert set(again) <= ({*ADMITTED} if kept else {Disposition.UNKNOWN})

    def check(self, case: Case) -> None:
        """See that it is forgotten, and that the operator was told the truth."""
        assert _rejections(case) == []
        assert set(self.answer) <= {*ADMITTED, Disposition.UNKNOWN}


class ReadmitOvertaken(LiveRival, Readmitting):
    """The same, while the same text is rejected once more: unless the operator reads that rejection, it stays.

    Attributes:
        read: Whether the operator had read the text when it was rejected once more; None when it was not.
    """

    read: bool | None = None

    def run(self, case: Case, worker: Worker) -> None:
        """Redrive it."""
        self.line = worker.line
        super().run(case, worker)

    def rival(self, case: Case, worker: Worker) -> None:
        """Reject it once more."""
        paused_before = self.line.hits[-1] is Strike.PAUSED_BEFORE
        done = self.line.requests[:-1] if paused_before else self.line.requests
        self.read = any("'rejected'" in label for label in done)
        worker.darkroom.storage.rejections.reject(case.ref.ref, code="blob_not_found", message=AGAIN)

    def afterwards(self, case: Case) -> None:
        """See that it is listed where nobody has seen it; then let the operator ask once more, who sees it."""
        listed = [row.message for row in case.user.darkroom.storage.rejections.list(limit=10)]
        assert listed == ([AGAIN] if self.read else []), f"listed: {listed}"
        assert _has_job(case)
        assert self.answer == (Recording.RECORDED,)
        again = case.user.darkroom.readmit.readmit(digest(case.ref.ref))
        assert again == [Recording.DUPLICATE if self.read else Disposition.UNKNOWN], f"told: {again}"


class BuryingEvent(Flow):
    """A blob event that the host has given up on: its image is recorded, and no job ended."""

    messages = 1

    def prepare(self, case: Case) -> None:
        """Upload, and give the host up."""
        case.upload()
        case.poison.append(BlobMessage("Host.Functions.x", case.ref.container, case.ref.name, "0x1").dump())

    def run(self, case: Case, worker: Worker) -> None:
        """Take it in."""
        case.deliver(case.poison, worker.darkroom.admit.admit)

    def rival(self, case: Case, worker: Worker) -> None:
        """Take it in as well, and work."""
        self.run(case, worker)
        super().rival(case, worker)

    def afterwards(self, case: Case) -> None:
        """Deliver it again where it was not taken in."""
        assert case.poison or _has_job(case), "neither recorded nor brought back"
        self.run(case, case.user)


class BuryingWaiting(Poison, Analysis):
    """A poison message of a job with attempts left: the sweep looks at it next, long before its grace is over."""

    settings = {"DISPATCH_GRACE_SECONDS": "900"}  # noqa: RUF012 - read only

    def rival(self, case: Case, worker: Worker) -> None:
        """Bury as well, and sweep."""
        case.bury(worker)
        case.clock.go(3)
        worker.darkroom.sweep.sweep(owner="timer/1")


class Draining(Flow):
    """A poison message, which the host may show to nobody any more: it is taken in, or still there.

    When the reply that brings it is lost, it stays hidden for ten minutes: no message is promised.
    """

    def prepare(self, case: Case) -> None:
        """Upload, and let a message about it be received five times."""
        case.upload()
        queue = queue_of(case.user.darkroom.storage.poison)
        queue.create_queue()
        queue.send_message(case.ref.ref)
        for _ in range(5):
            (one,) = next(queue.receive_messages(messages_per_page=1, visibility_timeout=60).by_page())
            queue.update_message(one, visibility_timeout=0)

    def run(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Drain."""
        worker.darkroom.drain.drain()

    def rival(self, case: Case, worker: Worker) -> None:
        """Drain as well, and work."""
        self.run(case, worker)
        super().rival(case, worker)

    def afterwards(self, case: Case) -> None:
        """See that nothing is lost at this moment; what is hidden for ten minutes comes back as it was."""
        lies = queue_of(case.user.darkroom.storage.poison).get_queue_properties().approximate_message_count
        assert lies or _has_job(case), "neither recorded nor in the queue"
        case.user.darkroom.bury.bury(case.ref.ref.encode())
