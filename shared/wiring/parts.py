"""What steps share: each part is built once, over whatever keeps the rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.analysis.analyst import Analyst
from shared.clock import ServerClock
from shared.handlers import Handler
from shared.heartbeat import Heartbeat
from shared.ports.storage import Storage
from shared.runtime import Runtime
from shared.settings.settings import Settings
from shared.steps.intake.admit import Admit
from shared.steps.intake.announce import Announce
from shared.steps.intake.image_job import NewImageJob
from shared.steps.intake.record import Record
from shared.steps.intake.reopen import Reopen
from shared.steps.intake.resolve import Resolve
from shared.steps.intake.types import Types
from shared.steps.now import Now
from shared.steps.table_lock import TableLock
from shared.steps.work.analyze import Analyze
from shared.steps.work.claims import Claims
from shared.steps.work.fair_share import FairShare
from shared.steps.work.late_reports import LateReports
from shared.steps.work.read_blob import ReadBlob
from shared.tracing import OFF, Tracer
from shared.wiring.analyst import analysis_limits, analysis_places
from shared.wiring.part import Part
from shared.wiring.patience import Patience


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a Darkroom is given, and what its steps are built of.

    Attributes:
        settings: As read.
        storage: What is kept.
        clock: The service's time.
        runtime: Time, chance and threads.
        heartbeat: Renews leases.
        analyst: Analyses images.
        works: Handlers by type, of all types but the images'.
        patience: With writes that storage does not answer.
        tracer: Makes spans.
    """

    settings: Settings
    storage: Storage
    clock: ServerClock
    runtime: Runtime
    heartbeat: Heartbeat
    analyst: Analyst
    works: Mapping[str, Handler]
    patience: Patience
    tracer: Tracer = OFF

    @Part
    def announce(self) -> Announce:
        """Sends messages."""
        handled = {self.settings.image_type, *self.works}
        return Announce(queue=self.storage.queue, settings=self.settings, handled_types=handled)

    @Part
    def new_image_job(self) -> NewImageJob:
        """Makes the row of an image."""
        return NewImageJob(announce=self.announce, settings=self.settings, clock=self.clock, draw=self.runtime.draw)

    @Part
    def record(self) -> Record:
        """Records an image."""
        return Record(
            jobs=self.storage.jobs,
            images=self.storage.images,
            new_job=self.new_image_job,
            announce=self.announce,
            reopen=Reopen(jobs=self.storage.jobs, announce=self.announce, clock=self.clock),
            rejections=self.storage.rejections,
            settings=self.settings,
            clock=self.clock,
        )

    @Part
    def resolve(self) -> Resolve:
        """Finds out what a message asks for."""
        return Resolve(
            rejections=self.storage.rejections,
            images_container=self.settings.images_container,
            tracer=self.tracer,
        )

    @Part
    def admit(self) -> Admit:
        """Takes in a blob event that the host has given up on."""
        return Admit(jobs=self.storage.jobs, announce=self.announce, record=self.record, resolve=self.resolve)

    @Part
    def now(self) -> Now:
        """Tells the service's time from the first call on."""
        return Now(clock=self.clock, ask=self.storage.index.types)

    @Part
    def types(self) -> Types:
        """Knows the types of jobs."""
        return Types(index=self.storage.index, settings=self.settings, now=self.now)

    @Part
    def late_reports(self) -> LateReports:
        """Notes reports that came too late."""
        return LateReports(jobs=self.storage.jobs, marks=self.storage.marks, clock=self.clock)

    @Part
    def claims(self) -> Claims:
        """Claims jobs."""
        return Claims(
            jobs=self.storage.jobs,
            announce=self.announce,
            late_reports=self.late_reports,
            read_blob=ReadBlob(blobs=self.storage.images, max_bytes=self.settings.max_bytes),
            settings=self.settings,
            clock=self.clock,
            chance=self.runtime.chance,
            heartbeat=self.heartbeat,
            draw=self.runtime.draw,
            monotonic=self.runtime.monotonic,
        )

    @Part
    def analyze(self) -> Analyze:
        """Is the handler of images, which are worked on like anything else."""
        return Analyze(
            images=self.storage.images,
            record=self.record,
            settings=self.settings,
            limits=analysis_limits(self.settings),
            analyst=self.analyst,
            monotonic=self.runtime.monotonic,
        )

    @Part
    def share(self) -> FairShare:
        """Knows the flows of this process's messages."""
        return FairShare(slots=analysis_places(self.settings), monotonic=self.runtime.monotonic)

    @Part
    def lock(self) -> TableLock:
        """Keeps the timers of several instances apart."""
        settings = self.settings
        return TableLock(
            self.storage.locks,
            heartbeat=self.heartbeat,
            lease=settings.lease,
            margin=settings.margin,
            runtime=self.runtime,
        )
