"""How the steps are put together over the adapters; ``wiring`` says of what."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.analysis.isolation import Analyst
from shared.clock import ServerClock
from shared.handlers import Handler
from shared.heartbeat import Heartbeat
from shared.runtime import Runtime
from shared.settings import Settings
from shared.steps import bounds
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
from shared.steps.overflow import Overflow
from shared.steps.purge import Purge
from shared.steps.receive import Receive
from shared.steps.reconcile import Reconcile
from shared.steps.record import Record
from shared.steps.refusals import Refusals
from shared.steps.remove import Remove
from shared.steps.statistics import Count
from shared.steps.sweep import Sweep
from shared.steps.upkeep.forget import Forget
from shared.steps.upkeep.types import Types
from shared.steps.work import Work
from shared.storage.adapters import Storage


@dataclass(frozen=True)
class Assembly:
    """What every step is built of.

    Attributes:
        settings: As read.
        storage: The adapters.
        server: The service's time.
        heartbeat: Renews leases.
        runtime: Time, chance and threads.
        handlers: Work of each type but the images'.
        analyst: Analyses images.
    """

    settings: Settings
    storage: Storage
    server: ServerClock
    heartbeat: Heartbeat
    runtime: Runtime
    handlers: Mapping[str, Handler]
    analyst: Analyst

    def announce(self) -> Announce:
        """Build what sends messages."""
        handled = {self.settings.image_type, *self.handlers}
        return Announce(queue=self.storage.queue, settings=self.settings, handled=handled)

    def record(self, announce: Announce) -> Record:
        """Build what records images."""
        return Record(
            jobs=self.storage.jobs,
            images=self.storage.images,
            announce=announce,
            rejections=self.storage.rejections,
            settings=self.settings,
            clock=self.server,
            draw=self.runtime.draw,
        )

    def claims(self, announce: Announce) -> Claims:
        """Build what claims jobs and writes under a claim."""
        return Claims(
            jobs=self.storage.jobs,
            announce=announce,
            settings=self.settings,
            clock=self.server,
            draw=self.runtime.draw,
            chance=self.runtime.chance,
        )

    def refusals(self) -> Refusals:
        """Build what notes reports that came too late."""
        return Refusals(jobs=self.storage.jobs, marks=self.storage.marks, clock=self.server)

    def receive(self, record: Record, work: Work, admit: Admit, follow: Follow, announce: Announce) -> Receive:
        """Build what takes in messages, and what it knows of their flows."""
        share = FairShare(slots=bounds.places(self.settings), monotonic=self.runtime.monotonic)
        return Receive(record=record, work=work, admit=admit, follow=follow, announce=announce, share=share)

    def work(self, claims: Claims, record: Record) -> Work:
        """Build what works on jobs; images are worked on like any others."""
        settings = self.settings
        analyze = Analyze(
            images=self.storage.images,
            record=record,
            settings=settings,
            limits=bounds.limits(settings),
            analyst=self.analyst,
            monotonic=self.runtime.monotonic,
        )
        attempts = Attempts(
            claims=claims,
            refusals=self.refusals(),
            heartbeat=self.heartbeat,
            lease=settings.lease,
            monotonic=self.runtime.monotonic,
        )
        handlers: dict[str, Handler] = {**self.handlers, settings.image_type: analyze}
        return Work(attempts=attempts, handlers=handlers, dispatch=settings.dispatch)

    def drain(self, bury: Bury, admit: Admit) -> Drain:
        """Build what empties the poison queues."""
        storage = self.storage
        of_events = () if storage.blob_poison is None else ((storage.blob_poison, admit),)
        return Drain(((storage.poison, bury), *of_events), maximum=self.settings.max_dequeue_count)

    def sweep(self, work: Work, claims: Claims, announce: Announce, drain: Drain) -> Sweep:
        """Build the sweep and its lock."""
        storage, settings = self.storage, self.settings
        overflow = Overflow(
            jobs=storage.jobs, queue=storage.queue, announce=announce, settings=settings, clock=self.server
        )
        return Sweep(
            jobs=storage.jobs,
            lock=self._lock(),
            work=work,
            kinds=storage.index.types,
            expire=Expire(claims=claims, index=storage.index, settings=settings),
            overflow=overflow,
            drain=drain,
            settings=settings,
            clock=self.server,
            runtime=self.runtime,
            prepare=storage.create,
        )

    def reconcile(self, record: Record) -> Reconcile:
        """Build the walk through the container of images, and its lock."""
        return Reconcile(
            listing=self.storage.listing,
            marks=self.storage.marks,
            jobs=self.storage.jobs,
            lock=self._lock(),
            record=record,
            settings=self.settings,
            runtime=self.runtime,
        )

    def purge(self, lookup: Lookup) -> Purge:
        """Build the purge and its lock."""
        return Purge(
            jobs=self.storage.jobs,
            ended=self.storage.ended,
            thumbnails=self.storage.images,
            forget=self.forget(),
            types=self.types(),
            lock=self._lock(),
            settings=self.settings,
            clock=self.server,
            runtime=self.runtime,
            kinds=lookup.types,
        )

    def forget(self) -> Forget:
        """Build what forgets rejected messages."""
        return Forget(rejections=self.storage.rejections, clock=self.server)

    def lookup(self) -> Lookup:
        """Build what looks jobs and images up."""
        return Lookup(
            jobs=self.storage.jobs,
            index=self.storage.index,
            images=self.storage.images,
            settings=self.settings,
            kinds=lambda: tuple(self.handlers),
            pool=self.runtime.pool,
        )

    def count(self, lookup: Lookup) -> Count:
        """Build what counts."""
        storage = self.storage
        return Count(
            jobs=storage.jobs,
            index=storage.index,
            marks=storage.marks,
            locks=storage.locks,
            poisons=[queue for queue in (storage.poison, storage.blob_poison) if queue is not None],
            settings=self.settings,
            clock=self.server,
            kinds=lookup.types,
            pool=self.runtime.pool,
        )

    def now(self) -> Now:
        """Build what tells the service's time from the first call on."""
        return Now(self.server, self.storage.index.types)

    def types(self) -> Types:
        """Build what knows the types of jobs."""
        return Types(index=self.storage.index, settings=self.settings, now=self.now())

    def add(self, announce: Announce) -> Add:
        """Build what adds jobs."""
        return Add(
            jobs=self.storage.jobs,
            types=self.types(),
            announce=announce,
            settings=self.settings,
            now=self.now(),
            draw=self.runtime.draw,
        )

    def hold(self, claims: Claims, announce: Announce) -> Hold:
        """Build what external workers call."""
        return Hold(
            claims=claims,
            refusals=self.refusals(),
            attempts=self.storage.index.attempts,
            announce=announce,
            settings=self.settings,
            now=self.now(),
            chance=self.runtime.chance,
        )

    def remove(self) -> Remove:
        """Build what deletes one job."""
        storage = self.storage
        return Remove(
            jobs=storage.jobs,
            ended=storage.ended,
            index=storage.index,
            thumbnails=storage.images,
            settings=self.settings,
        )

    def _lock(self) -> TableLock:
        """Build a step's own hand on the table of locks."""
        return TableLock(
            self.storage.locks,
            heartbeat=self.heartbeat,
            lease=self.settings.lease,
            margin=self.settings.margin,
            runtime=self.runtime,
        )
