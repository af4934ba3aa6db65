"""One schedule: an image, storage of its own, the host's part, and what must be true when all is quiet."""

import contextlib
import pickle
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from azure.storage.blob import BlobServiceClient

from shared import wiring
from shared.rules import ids
from shared.rules.images import ImageRef, version_of
from shared.rules.invariants import Finding
from tests.doubles.world import png
from tests.faults.enumeration import GRACE, LAPSE_SECONDS, SETTINGS
from tests.faults.enumeration_wire import Ledger, Line
from tests.faults.enumeration_workers import Build, Worker, start
from tests.sdk_clients import blobs_of, queue_of
from tests.simulation.reader import rows_of
from tests.simulation.rules import LIVE
from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.exchange import Request
from tests.simulation.service.transport import InProcess

#: More rounds of recovery than this and something goes in circles.
ROUNDS = 5
#: App settings of every case.
ENVIRON = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "ANALYSIS_ISOLATION": "off",
    "JOB_BUCKETS": "1",
    "SWEEP_PARALLELISM": "1",
    "DISPATCH_GRACE_SECONDS": str(GRACE.seconds),
}


class Case:
    """An account of its own, and what a host keeps for its workers.

    Args:
        build: Wires a process.
        settings: App settings beside the usual ones.

    Attributes:
        account: The storage account.
        clock: Its time, and everybody's.
        events: Images whose event a host would deliver (again).
        inbox: Messages that a host would deliver (again).
        poison: Messages of the poison queue, likewise.
        versions: Ids of the jobs of all versions that were uploaded.
        newest: Of each name that was uploaded, the last of them.
    """

    def __init__(self, build: Build = wiring.build, /, **settings: str) -> None:
        self._build = build
        self._environ = {**ENVIRON, **settings}
        self.account, self.ledger = _empty(), Ledger()
        self.events: list[ImageRef] = []
        self.inbox: list[bytes] = []
        self.poison: list[bytes] = []
        self.versions: list[str] = []
        self.newest: dict[str, str] = {}
        self.ref = self.image("cat.png")
        self._begin()

    def __getstate__(self) -> dict[str, Any]:
        """Tell what stands; processes can't be copied."""
        return {name: value for name, value in vars(self).items() if name not in ("user", "clock", "_wire")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Stand as the one did that this is a copy of, with processes of its own."""
        vars(self).update(state)
        self._begin()

    def _begin(self) -> None:
        self.clock, self._wire = self.account.clock, InProcess(self.account)
        self.user = self.worker()

    def worker(self) -> Worker:
        """Start a process."""
        return start(self._build, self._environ, Line(self._wire, self.clock, self.ledger), self.clock)

    def image(self, name: str) -> ImageRef:
        """Return the image of a name."""
        return ImageRef(SETTINGS.images_container, name)

    def upload(self, data: bytes | None = None, *, name: str = "cat.png") -> str:
        """Put a new version of an image there, a sound one without ``data``; return the id of its job."""
        ref = self.image(name)
        blob = self._images.get_blob_client(ref.container, ref.name)
        etag = blob.upload_blob(data or png(3 + len(self.versions)), overwrite=True)["etag"]
        self.newest[name] = ids.job_id(SETTINGS.image_type, ref.ref, version_of(etag))
        self.versions.append(self.newest[name])
        return self.versions[-1]

    def touch(self) -> str:
        """Change the image's metadata and nothing else; return its new version."""
        etag = self._images.get_blob_client(self.ref.container, self.ref.name).set_blob_metadata({"seen": "yes"})[
            "etag"
        ]
        return version_of(str(etag))

    def remove(self) -> None:
        """Delete the image."""
        self._images.get_blob_client(self.ref.container, self.ref.name).delete_blob()

    def record(self, data: bytes | None = None, *, name: str = "cat.png") -> str:
        """Upload an image and record it; its message lies in the queue."""
        self.upload(data, name=name)
        return self.user.darkroom.record.record(self.image(name)).job_id

    def record_without_message(self) -> str:
        """Record an image whose message is lost; return its job."""
        identity = self.record()
        self.fetch()
        self.inbox.clear()
        return identity

    def put(self, text: str) -> None:
        """Put in a message, as anyone may."""
        queue_of(self.user.darkroom.storage.queue).send_message(text)

    def fetch(self) -> None:
        """Take what is visible in the queue into the host's hands."""
        queue = queue_of(self.user.darkroom.storage.queue)
        messages = next(queue.receive_messages(messages_per_page=32, visibility_timeout=3600).by_page(), ())
        self.inbox += [message.content.encode() for message in messages]

    def tell(self, worker: Worker) -> None:
        """Deliver the events."""
        self.deliver(self.events, lambda ref: worker.darkroom.record.record_event(ref.ref))

    def hand(self, worker: Worker) -> None:
        """Deliver the messages."""
        self.fetch()
        self.deliver(self.inbox, lambda body: worker.darkroom.receive.receive(body, owner="queue/1"))

    def bury(self, worker: Worker) -> None:
        """Deliver the poison messages."""
        self.deliver(self.poison, worker.darkroom.bury.bury)

    @staticmethod
    def deliver(pending: list[Any], act: Callable[[Any], object]) -> None:
        """Act on each; only what has succeeded is not delivered again."""
        for one in list(pending):
            act(one)
            with contextlib.suppress(ValueError):
                pending.remove(one)  # a rival may have had it as well

    def recover(self) -> dict[str, Mapping[str, Any]]:
        """Let leases lapse, and let new processes do what hosts make them do, until all is quiet; return the rows.

        A tick that would find nothing to do is left out: it takes as long as all the rest.
        """
        for _ in range(ROUNDS):
            self.clock.go(LAPSE_SECONDS)
            worker = self.worker()
            self.tell(worker)
            self.hand(worker)
            self.bury(worker)
            rows = self.rows()
            if live(rows):
                worker.darkroom.sweep.sweep(owner="timer/2")
                rows = self.rows()
            if not (self.events or self.inbox or self.poison or live(rows)):
                return rows
        raise AssertionError(f"not quiet after {ROUNDS} rounds: {self.events} {self.inbox} {live(rows)}")

    def rows(self) -> dict[str, Mapping[str, Any]]:
        """Return every row of the job table, checked: each job has one index row, of the kind that its state wants."""
        rows: dict[str, Mapping[str, Any]] = {row["RowKey"]: row for row in rows_of(self.account, SETTINGS.jobs_table)}
        for identity, row in jobs_in(rows).items():
            index = [key.partition(":")[0] for key in rows if key.startswith(("due:", "end:")) and identity in key]
            wanted = ["due"] if row["state"] in LIVE else ["end"]
            assert index == wanted, f"{identity} is {row['state']} and has {index}"
        return rows

    def violations(self) -> list[Finding]:
        """Hold the invariants against all that is kept, as a process that nothing has ever struck."""
        found: list[Finding] = []
        self.user.darkroom.verify.verify(found.append, repair=False, blobs=True)
        return [finding for finding in found if finding.violation]

    def prove(self) -> None:
        """See that all invariants hold."""
        violations = self.violations()
        assert violations == [], f"verify: {violations}"

    def thumbnails(self) -> set[str]:
        """Return the names of all thumbnails."""
        asked = Request("GET", "blob", (SETTINGS.thumbnails_container,), {"restype": "container", "comp": "list"}, {})
        return {name.decode() for name in re.findall(rb"<Name>([^<]*)</Name>", self.account.serve(asked).body)}

    @property
    def _images(self) -> BlobServiceClient:
        return blobs_of(self.user.darkroom.storage.images)


@cache
def _created() -> bytes:
    """Make an account with all that the app needs in it."""
    account = storage_account()
    wiring.build(ENVIRON, transport=InProcess(account), threaded=False).storage.create()
    return pickle.dumps(account)


def _empty() -> Account:
    account: Account = pickle.loads(_created())  # noqa: S301 - our own
    return account


def jobs_in(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the job rows by job id."""
    return {key.removeprefix("job:"): row for key, row in rows.items() if key.startswith("job:")}


def live(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the jobs that have not ended."""
    return [identity for identity, row in jobs_in(rows).items() if row["state"] in LIVE]
