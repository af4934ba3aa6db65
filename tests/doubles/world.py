"""Darkroom over doubles of its ports: all else is as in production."""

import itertools
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace

from shared.analysis.analyst import Analyst
from shared.handlers import Handler
from shared.heartbeat import Heartbeat
from shared.ports.jobs import Row
from shared.ports.storage import Storage
from shared.rules.images import ImageRef
from shared.rules.jobs import SCHEMA, Event, Job, Move
from shared.rules.moves import claim
from shared.runtime import Runtime
from shared.settings.settings import Settings
from shared.wiring.analyst import build_analyst
from shared.wiring.patience import Patience
from shared.wiring.steps import Darkroom
from tests.doubles.actions import MemoryActions
from tests.doubles.audit import EmptyAudit
from tests.doubles.clock import FakeClock
from tests.doubles.ended import MemoryEnded
from tests.doubles.images import MemoryImages
from tests.doubles.index import MemoryIndex
from tests.doubles.jobs import MemoryJobs
from tests.doubles.listing import MemoryListing
from tests.doubles.locks import MemoryLocks
from tests.doubles.marks import MemoryMarks
from tests.doubles.poison import MemoryPoison
from tests.doubles.queue import MemoryQueue
from tests.doubles.rejections import MemoryRejections

#: Images are analysed in the caller's own thread, and thumbnails are PNG, which every reader has.
_QUICK = {"ANALYSIS_ISOLATION": "off", "THUMBNAIL_FORMAT": "png"}


def png(width: int = 3, height: int = 2) -> bytes:
    """Return a grey PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x7f" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


class World:
    """Darkroom in memory, and its users.

    Args:
        handlers: Work of types besides the images'.
        analyst: Analyses images; as the settings want it without it.
        environ: App settings; defaults for the rest.

    Attributes:
        darkroom: The steps.
        journal: Every call of every port, in order: ``jobs.insert``, ``queue.send`` …
    """

    def __init__(
        self, handlers: Mapping[str, Handler] | None = None, analyst: Analyst | None = None, /, **environ: str
    ) -> None:
        self.settings = settings = Settings.read({**_QUICK, **environ})
        self.clock = clock = FakeClock()
        self._numbers = itertools.count(1)
        self.runtime = Runtime(monotonic=clock, pause=clock.advance, draw=self.draw, chance=lambda: 0.5)
        self._keep()
        self.darkroom = Darkroom(
            settings=settings,
            storage=self.storage,
            clock=clock.server,
            runtime=self.runtime,
            heartbeat=Heartbeat(margin=settings.margin, runtime=self.runtime, threaded=False),
            analyst=analyst or build_analyst(settings, clock),
            works=handlers or {},
            patience=Patience(self.runtime),
        )

    def _keep(self) -> None:
        """Make the doubles, and the storage of them."""
        clock, settings, journal = self.clock, self.settings, list[str]()
        self.journal = journal
        self.jobs = MemoryJobs(clock, buckets=settings.job_buckets, journal=journal)
        self.ended = MemoryEnded(self.jobs.table, buckets=settings.job_buckets, journal=journal)
        self.locks = MemoryLocks(clock, journal=journal)
        self.index = MemoryIndex(self.jobs.table, clock, buckets=settings.job_buckets, journal=journal)
        self.images = MemoryImages(clock, journal=journal)
        self.listing = MemoryListing(self.images, clock, container=settings.images_container, journal=journal)
        self.marks = MemoryMarks(clock, journal=journal)
        self.queue = MemoryQueue(clock, journal=journal)
        self.rejections = MemoryRejections(clock, journal=journal)
        self.actions = MemoryActions(clock, self.draw, journal=journal)
        self.poison = MemoryPoison("poison", journal=journal)
        self.blob_poison = MemoryPoison("blob poison", journal=journal)
        self.storage = Storage(
            jobs=self.jobs,
            index=self.index,
            ended=self.ended,
            locks=self.locks,
            images=self.images,
            listing=self.listing,
            marks=self.marks,
            queue=self.queue,
            rejections=self.rejections,
            actions=self.actions,
            poison=self.poison,
            blob_poison=self.blob_poison,
            audit=EmptyAudit(),
            create=lambda: journal.append("prepare"),
            check=lambda: None,
        )

    def draw(self) -> str:
        """Return 32 hex digits, never the same, not even the first eight of them."""
        return f"{next(self._numbers):032x}"[::-1]

    def another(self) -> Darkroom:
        """Return another instance over the same storage, which has seen nothing yet."""
        return replace(self.darkroom)

    def upload(self, name: str = "cat.png", data: bytes | None = None, content_type: str = "image/png") -> ImageRef:
        """Put an image into the watched container."""
        ref = ImageRef(self.settings.images_container, name)
        self.images.upload(ref, png() if data is None else data, content_type=content_type)
        return ref

    def record_image(self, name: str = "cat.png", data: bytes | None = None) -> str:
        """Upload and record an image; return its job's id."""
        return self.darkroom.record.record(self.upload(name, data)).job_id

    def job(self, job_id: str) -> Job:
        """Return a job as it stands, past the journal."""
        return self.jobs.table.jobs[job_id].job

    def rival_claims(self, job_id: str) -> Row:
        """Claim a job as another worker does, whatever waits at the door."""

        def rival_claim(row: Row) -> Move:
            now, lease = self.clock.server.now(), self.settings.lease
            return claim(row.job, owner="rival/1", claim_id=self.draw(), now=now, lapsed=True, lease=lease)

        return self.jobs.behind(job_id, rival_claim)

    def worker_dies(self, job_id: str) -> None:
        """Claim a job as another worker does, who dies then."""
        self.rival_claims(job_id)
        self.lapse()

    def newer_release_writes(self, job_id: str) -> None:
        """Write a job as a release does that is newer than this one."""
        self.jobs.behind(job_id, lambda row: Move(Event.RENEW, replace(row.job, schema=SCHEMA + 1), row.seen_at))

    def lapse(self) -> None:
        """Let the longest lease lapse, for everybody."""
        self.clock.advance((self.settings.lease + self.settings.margin).total_seconds() + 1.5)
