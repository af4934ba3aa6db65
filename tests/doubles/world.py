"""All steps over doubles, wired as ``shared.wiring`` wires them over Azure."""

import itertools
import struct
import zlib

from shared import analysis
from shared.analysis.admission import Admission
from shared.analysis.isolation import Analyst, Inline
from shared.heartbeat import Heartbeat
from shared.images import ImageRef
from shared.jobs import Job, Move
from shared.moves import claim
from shared.ports import Row
from shared.settings import Settings
from shared.steps.admit import Admit
from shared.steps.analyze import Analyze
from shared.steps.attempt import Attempts
from shared.steps.bury import Bury
from shared.steps.drain import Drain
from shared.steps.follow import Follow
from shared.steps.locking import TableLock
from shared.steps.operate import Operate
from shared.steps.overflow import Overflow
from shared.steps.purge import Purge
from shared.steps.receive import Receive
from shared.steps.reconcile import Reconcile
from shared.steps.record import Record
from shared.steps.rejected import Readmit
from shared.steps.sweep import Sweep, Work
from tests.doubles.clock import FakeClock
from tests.doubles.ended import MemoryEnded
from tests.doubles.images import MemoryImages
from tests.doubles.jobs import MemoryJobs
from tests.doubles.listing import MemoryListing
from tests.doubles.locks import MemoryLocks
from tests.doubles.marks import MemoryMarks
from tests.doubles.poison import MemoryPoison
from tests.doubles.queue import MemoryQueue
from tests.doubles.rejections import MemoryRejections


def png(width: int = 3, height: int = 2) -> bytes:
    """Return a grey PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x7f" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


class World:
    """Darkroom in memory.

    Args:
        environ: App settings; defaults for the rest.

    Attributes:
        journal: Every call of every port, in order: ``jobs.insert``, ``queue.send`` …
    """

    def __init__(self, **environ: str) -> None:
        self.settings = settings = Settings.read(environ)
        self.clock = clock = FakeClock()
        self.journal: list[str] = []
        self.jobs = MemoryJobs(clock, buckets=settings.job_buckets, journal=self.journal)
        self.ended = MemoryEnded(self.jobs.kept, buckets=settings.job_buckets, journal=self.journal)
        self.locks = MemoryLocks(clock, journal=self.journal)
        self.images = MemoryImages(clock, journal=self.journal)
        self.listing = MemoryListing(self.images, clock, container=settings.images_container, journal=self.journal)
        self.marks = MemoryMarks(clock, journal=self.journal)
        self.queue = MemoryQueue(clock, journal=self.journal)
        self.rejections = MemoryRejections(clock, journal=self.journal)
        self.poison = MemoryPoison("poison", journal=self.journal)
        self.blob_poison = MemoryPoison("blob poison", journal=self.journal)
        self.heartbeat = Heartbeat(margin=settings.margin, monotonic=clock, threaded=False)
        self._drawn = itertools.count(1)
        self.lock = self.another_lock()
        self._wire_work()
        self._wire_inlets()
        self._wire_timers()

    def _wire_work(self) -> None:
        clock, settings = self.clock, self.settings
        limits = analysis.Limits(max_bytes=settings.max_bytes)
        self.record = Record(
            jobs=self.jobs,
            images=self.images,
            queue=self.queue,
            rejections=self.rejections,
            settings=settings,
            clock=clock.server,
            draw=self.draw,
        )
        self.attempts = Attempts(
            jobs=self.jobs,
            queue=self.queue,
            heartbeat=self.heartbeat,
            settings=settings,
            clock=clock.server,
            monotonic=clock,
            draw=self.draw,
            chance=lambda: 0.5,
        )
        self.analyze = Analyze(
            attempts=self.attempts,
            images=self.images,
            record=self.record,
            settings=settings,
            limits=limits,
            analyst=Analyst(
                Inline(limits=limits, thumbnail=analysis.ThumbnailSpec(format="png"), monotonic=clock),
                limits=limits,
                admission=Admission(10**9),
            ),
            monotonic=clock,
        )

    def _wire_inlets(self) -> None:
        settings = self.settings
        follow = Follow(rejections=self.rejections, images_container=settings.images_container)
        self.receive = Receive(record=self.record, analyze=self.analyze, follow=follow)
        self.bury = Bury(attempts=self.attempts, record=self.record, follow=follow)
        self.bury_event = Admit(jobs=self.jobs, queue=self.queue, settings=settings, record=self.record, follow=follow)
        self.readmit = Readmit(rejections=self.rejections, admit=self.bury_event)
        inlets = ((self.poison, self.bury), (self.blob_poison, self.bury_event))
        self.drain = Drain(inlets, maximum=settings.max_dequeue_count)
        self.operate = Operate(jobs=self.jobs, queue=self.queue, settings=settings, clock=self.clock.server)

    def _wire_timers(self) -> None:
        clock, settings = self.clock, self.settings
        self.works: dict[str, Work] = {settings.image_type: self.analyze}
        self.reconcile = Reconcile(
            listing=self.listing,
            marks=self.marks,
            jobs=self.jobs,
            lock=self.lock,
            record=self.record,
            settings=settings,
            monotonic=clock,
        )
        self.sweep = Sweep(
            jobs=self.jobs,
            lock=self.lock,
            works=self.works,
            overflow=Overflow(jobs=self.jobs, queue=self.queue, settings=settings, clock=clock.server),
            drain=self.drain,
            settings=settings,
            clock=clock.server,
            monotonic=clock,
            prepare=lambda: self.journal.append("prepare"),
        )
        self.purge = Purge(
            jobs=self.jobs,
            ended=self.ended,
            thumbnails=self.images,
            lock=self.lock,
            settings=settings,
            clock=clock.server,
            monotonic=clock,
        )

    def draw(self) -> str:
        """Return 32 hex digits, never the same, not even the first eight of them."""
        return f"{next(self._drawn):032x}"[::-1]

    def another_lock(self) -> TableLock:
        """Return a lock as another instance holds it, over the same table."""
        return TableLock(
            self.locks,
            heartbeat=self.heartbeat,
            lease=self.settings.lease,
            margin=self.settings.margin,
            monotonic=self.clock,
            draw=self.draw,
            chance=lambda: 0.5,
            pause=self.clock.advance,
        )

    def upload(self, name: str = "cat.png", data: bytes | None = None, content_type: str = "image/png") -> ImageRef:
        """Put an image into the watched container."""
        ref = ImageRef(self.settings.images_container, name)
        self.images.upload(ref, png() if data is None else data, content_type=content_type)
        return ref

    def recorded(self, name: str = "cat.png", data: bytes | None = None) -> str:
        """Upload and record an image; return its job's id."""
        return self.record(self.upload(name, data)).job_id

    def job(self, job_id: str) -> Job:
        """Return a job as it stands, past the journal."""
        return self.jobs.kept.jobs[job_id].job

    def rival_claims(self, job_id: str, *, lapsed: bool = True) -> Row:
        """Claim a job as another worker does, whatever waits at the door."""

        def claimed(row: Row) -> Move:
            now, lease = self.clock.server.now(), self.settings.lease
            return claim(row.job, owner="rival/1", claim_id=self.draw(), now=now, lapsed=lapsed, lease=lease)

        return self.jobs.behind(job_id, claimed)

    def lapse(self) -> None:
        """Let the longest lease lapse, for everybody."""
        self.clock.advance((self.settings.lease + self.settings.margin).total_seconds() + 1.5)
