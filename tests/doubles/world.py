"""All steps over doubles, wired as ``shared.wiring`` wires them over Azure."""

import itertools
import struct
import zlib
from collections.abc import Mapping

from shared import analysis
from shared.analysis.admission import Admission
from shared.analysis.isolation import Analyst, Inline
from shared.handlers import Handler
from shared.heartbeat import Heartbeat
from shared.images import ImageRef
from shared.jobs import Job, Move
from shared.moves import claim
from shared.ports import Row
from shared.runtime import Runtime
from shared.settings import Settings
from shared.steps.add import Add
from shared.steps.admit import Admit
from shared.steps.analyze import Analyze
from shared.steps.announce import Announce
from shared.steps.attempt import Attempts
from shared.steps.bury import Bury
from shared.steps.claims import Claims
from shared.steps.drain import Drain
from shared.steps.expire import Expire
from shared.steps.fair_share import FairShare
from shared.steps.follow import Follow
from shared.steps.hold import Hold
from shared.steps.locking import TableLock
from shared.steps.lookup import Lookup
from shared.steps.now import Now
from shared.steps.operate import Operate
from shared.steps.overflow import Overflow
from shared.steps.purge import Purge
from shared.steps.receive import Receive
from shared.steps.reconcile import Reconcile
from shared.steps.record import Record
from shared.steps.refusals import Refusals
from shared.steps.rejected import Readmit
from shared.steps.remove import Remove
from shared.steps.statistics import Count
from shared.steps.sweep import Sweep
from shared.steps.upkeep.forget import Forget
from shared.steps.upkeep.types import Types
from shared.steps.upload import Upload
from shared.steps.work import Work
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
        handlers: Work of types besides the images'.
        environ: App settings; defaults for the rest.

    Attributes:
        journal: Every call of every port, in order: ``jobs.insert``, ``queue.send`` …
    """

    def __init__(self, handlers: Mapping[str, Handler] | None = None, **environ: str) -> None:
        self.handlers = handlers or {}
        self.settings = settings = Settings.read(environ)
        self.clock = clock = FakeClock()
        self.journal: list[str] = []
        self.jobs = MemoryJobs(clock, buckets=settings.job_buckets, journal=self.journal)
        self.ended = MemoryEnded(self.jobs.kept, buckets=settings.job_buckets, journal=self.journal)
        self.locks = MemoryLocks(clock, journal=self.journal)
        self.index = MemoryIndex(self.jobs.kept, clock, buckets=settings.job_buckets, journal=self.journal)
        self.images = MemoryImages(clock, journal=self.journal)
        self.listing = MemoryListing(self.images, clock, container=settings.images_container, journal=self.journal)
        self.marks = MemoryMarks(clock, journal=self.journal)
        self.queue = MemoryQueue(clock, journal=self.journal)
        self.rejections = MemoryRejections(clock, journal=self.journal)
        self.poison = MemoryPoison("poison", journal=self.journal)
        self.blob_poison = MemoryPoison("blob poison", journal=self.journal)
        self._drawn = itertools.count(1)
        self.runtime = Runtime(monotonic=clock, pause=clock.advance, draw=self.draw, chance=lambda: 0.5)
        self.heartbeat = Heartbeat(margin=settings.margin, runtime=self.runtime, threaded=False)
        self.lock = self.another_lock()
        self._wire_work()
        self._wire_inlets()
        self._wire_api()
        self._wire_timers()

    def _wire_work(self) -> None:
        clock, settings = self.clock, self.settings
        limits = analysis.Limits(max_bytes=settings.max_bytes)
        handled = {settings.image_type, *self.handlers}
        self.announce = Announce(queue=self.queue, settings=settings, handled=handled)
        self.record = Record(
            jobs=self.jobs,
            images=self.images,
            announce=self.announce,
            rejections=self.rejections,
            settings=settings,
            clock=clock.server,
            draw=self.draw,
        )
        self.claims = Claims(
            jobs=self.jobs,
            announce=self.announce,
            settings=settings,
            clock=clock.server,
            draw=self.draw,
            chance=lambda: 0.5,
        )
        self.refusals = Refusals(jobs=self.jobs, marks=self.marks, clock=clock.server)
        self.attempts = Attempts(
            claims=self.claims,
            refusals=self.refusals,
            heartbeat=self.heartbeat,
            lease=settings.lease,
            monotonic=clock,
        )
        self.analyze = Analyze(
            images=self.images,
            record=self.record,
            settings=settings,
            limits=limits,
            analyst=Analyst(
                Inline(limits=limits, thumbnail=analysis.ThumbnailSpec(format="png"), monotonic=clock),
                admission=Admission(2),
            ),
            monotonic=clock,
        )
        handlers: dict[str, Handler] = {**self.handlers, settings.image_type: self.analyze}
        self.work = Work(attempts=self.attempts, handlers=handlers, dispatch=settings.dispatch)

    def _wire_inlets(self) -> None:
        settings = self.settings
        follow = Follow(rejections=self.rejections, images_container=settings.images_container)
        self.share = FairShare(slots=2, monotonic=self.clock)
        self.bury = Bury(claims=self.claims, record=self.record, follow=follow)
        self.bury_event = Admit(jobs=self.jobs, announce=self.announce, record=self.record, follow=follow)
        self.receive = Receive(
            record=self.record,
            work=self.work,
            admit=self.bury_event,
            follow=follow,
            announce=self.announce,
            share=self.share,
        )
        self.forget = Forget(rejections=self.rejections, clock=self.clock.server)
        self.readmit = Readmit(rejections=self.rejections, admit=self.bury_event)
        inlets = ((self.poison, self.bury), (self.blob_poison, self.bury_event))
        self.drain = Drain(inlets, maximum=settings.max_dequeue_count)
        self.operate = Operate(jobs=self.jobs, announce=self.announce, clock=self.clock.server)

    def _wire_timers(self) -> None:
        clock, settings = self.clock, self.settings
        self.reconcile = Reconcile(
            listing=self.listing,
            marks=self.marks,
            jobs=self.jobs,
            lock=self.lock,
            record=self.record,
            settings=settings,
            runtime=self.runtime,
        )
        self.sweep = Sweep(
            jobs=self.jobs,
            lock=self.lock,
            work=self.work,
            kinds=self.index.types,
            expire=Expire(claims=self.claims, index=self.index, settings=settings),
            overflow=Overflow(
                jobs=self.jobs, queue=self.queue, announce=self.announce, settings=settings, clock=clock.server
            ),
            drain=self.drain,
            settings=settings,
            clock=clock.server,
            runtime=self.runtime,
            prepare=lambda: self.journal.append("prepare"),
        )
        self.purge = Purge(
            jobs=self.jobs,
            ended=self.ended,
            thumbnails=self.images,
            forget=self.forget,
            types=self.types,
            lock=self.lock,
            settings=settings,
            clock=clock.server,
            runtime=self.runtime,
            kinds=self.lookup.types,
        )

    def _wire_api(self) -> None:
        clock, settings = self.clock, self.settings
        now = Now(clock.server, self.index.types)
        self.lookup = Lookup(
            jobs=self.jobs,
            index=self.index,
            images=self.images,
            settings=settings,
            kinds=lambda: tuple(self.handlers),
            pool=self.runtime.pool,
        )
        self.types = Types(index=self.index, settings=settings, now=now)
        self.add = Add(
            jobs=self.jobs, types=self.types, announce=self.announce, settings=settings, now=now, draw=self.draw
        )
        self.hold = Hold(
            claims=self.claims,
            refusals=self.refusals,
            attempts=self.index.attempts,
            announce=self.announce,
            settings=settings,
            now=now,
            chance=lambda: 0.5,
        )
        self.remove = Remove(
            jobs=self.jobs, ended=self.ended, index=self.index, thumbnails=self.images, settings=settings
        )
        self.stats = Count(
            jobs=self.jobs,
            index=self.index,
            marks=self.marks,
            locks=self.locks,
            poisons=(self.poison, self.blob_poison),
            settings=settings,
            clock=clock.server,
            kinds=self.lookup.types,
            pool=self.runtime.pool,
        )
        self.upload_image = Upload(images=self.images, record=self.record)

    def draw(self) -> str:
        """Return 32 hex digits, never the same, not even the first eight of them."""
        return f"{next(self._drawn):032x}"[::-1]

    def another_add(self) -> Add:
        """Return what adds jobs in another instance, which has seen nothing yet."""
        now = self.clock.server.now
        types = Types(index=self.index, settings=self.settings, now=now)
        return Add(jobs=self.jobs, types=types, announce=self.announce, settings=self.settings, now=now, draw=self.draw)

    def another_lock(self) -> TableLock:
        """Return a lock as another instance holds it, over the same table."""
        return TableLock(
            self.locks,
            heartbeat=self.heartbeat,
            lease=self.settings.lease,
            margin=self.settings.margin,
            runtime=self.runtime,
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
