"""What Darkroom consists of: each step is built here and nowhere else, over whatever keeps the rows.

``shared.wiring`` builds it for a process, over the clients of Azure; tests build it over doubles. It knows neither.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.handlers import Handler
from shared.steps.intake.admit import Admit
from shared.steps.work.attempt import Attempt
from shared.steps.work.receive import Receive
from shared.steps.work.rivals import Rivals
from shared.wiring.part import Part
from shared.wiring.parts import Parts

if TYPE_CHECKING:
    from shared.steps.intake.add import Add
    from shared.steps.intake.upload import Upload
    from shared.steps.operators.cancel import Cancel
    from shared.steps.operators.liveness import Liveness
    from shared.steps.operators.lookup import Lookup
    from shared.steps.operators.redrive import Redrive
    from shared.steps.operators.rejected import Readmit
    from shared.steps.operators.remove import Remove
    from shared.steps.operators.statistics import Count
    from shared.steps.operators.verify import Verify
    from shared.steps.upkeep.bury import Bury
    from shared.steps.upkeep.drain_poison import Drain
    from shared.steps.upkeep.forget import Forget
    from shared.steps.upkeep.purge import Purge
    from shared.steps.upkeep.reconcile import Reconcile
    from shared.steps.upkeep.sweep import Sweep
    from shared.steps.upkeep.ticks import Ticks
    from shared.steps.work.external import ExternalClaims


@dataclass(frozen=True, kw_only=True)
class Darkroom(Parts):
    """All steps: what the triggers and the API call, and what tools look into; built of the same as its parts."""

    # How work comes in

    @Part
    def upload(self) -> "Upload":
        """Takes in an image."""
        from shared.steps.intake.upload import Upload

        return Upload(images=self.storage.images, record=self.record)

    @Part
    def add(self) -> "Add":
        """Adds a job of any type."""
        from shared.steps.intake.add import Add

        return Add(
            jobs=self.storage.jobs,
            types=self.types,
            announce=self.announce,
            settings=self.settings,
            now=self.now,
            draw=self.runtime.draw,
        )

    @Part
    def admit(self) -> Admit:
        """Takes in a blob event that the host has given up on."""
        return Admit(jobs=self.storage.jobs, announce=self.announce, record=self.record, resolve=self.resolve)

    # How it is done

    @Part
    def attempt(self) -> Attempt:
        """Works on a job."""
        handlers: dict[str, Handler] = {**self.works, self.settings.image_type: self.analyze.analyze}
        return Attempt(claims=self.claims, handlers=handlers, dispatch=self.settings.dispatch, tracer=self.tracer)

    @Part
    def receive(self) -> Receive:
        """Takes in a message of the job queue."""
        return Receive(
            record=self.record,
            attempt=self.attempt,
            admit=self.admit,
            resolve=self.resolve,
            announce=self.announce,
            share=self.share,
            rivals=Rivals(
                jobs=self.storage.jobs,
                kinds=(self.settings.image_type, *self.works),
                settings=self.settings,
                clock=self.clock,
                runtime=self.runtime,
            ),
        )

    @Part
    def external(self) -> "ExternalClaims":
        """Claims jobs for workers outside."""
        from shared.steps.work.external import ExternalClaims

        return ExternalClaims(claims=self.claims, attempts=self.storage.index.attempts, now=self.now)

    # What timers do

    @Part
    def bury(self) -> "Bury":
        """Takes in a message of the poison queue."""
        from shared.steps.upkeep.bury import Bury

        return Bury(claims=self.claims, record=self.record, resolve=self.resolve)

    @Part
    def drain(self) -> "Drain":
        """Takes in what the host has given up on."""
        from shared.steps.upkeep.drain_poison import Drain

        events = self.storage.blob_poison
        blob_events = () if events is None else ((events, self.admit.admit),)
        return Drain(inlets=((self.storage.poison, self.bury.bury), *blob_events))

    @Part
    def sweep(self) -> "Sweep":
        """Looks at what is due."""
        from shared.steps.upkeep.backlog import Backlog
        from shared.steps.upkeep.expire import Expire
        from shared.steps.upkeep.sweep import Sweep

        storage, settings = self.storage, self.settings
        return Sweep(
            jobs=storage.jobs,
            lock=self.lock,
            attempt=self.attempt,
            kinds=storage.index.types,
            expire=Expire(claims=self.claims, index=storage.index, settings=settings),
            backlog=Backlog(
                jobs=storage.jobs, queue=storage.queue, announce=self.announce, settings=settings, clock=self.clock
            ),
            drain=self.drain,
            settings=settings,
            clock=self.clock,
            runtime=self.runtime,
            prepare=storage.create,
        )

    @Part
    def ticks(self) -> "Ticks":
        """Sweeps as often as there is work."""
        from shared.steps.upkeep.ticks import Ticks

        return Ticks(sweep=self.sweep, runtime=self.runtime)

    @Part
    def reconcile(self) -> "Reconcile":
        """Records what no event has announced."""
        from shared.steps.intake.record_many import RecordMany
        from shared.steps.upkeep.reconcile import Reconcile

        return Reconcile(
            name=self.settings.walk_mark,
            listing=self.storage.listing,
            marks=self.storage.marks,
            jobs=self.storage.jobs,
            lock=self.lock,
            record=self.record,
            record_many=RecordMany(
                jobs=self.storage.jobs,
                new_job=self.new_image_job,
                announce=self.announce,
                settings=self.settings,
                draw=self.runtime.draw,
            ),
            settings=self.settings,
            clock=self.clock,
            runtime=self.runtime,
        )

    @Part
    def forget(self) -> "Forget":
        """Forgets rejected texts."""
        from shared.steps.upkeep.forget import Forget

        return Forget(rejections=self.storage.rejections, clock=self.clock)

    @Part
    def purge(self) -> "Purge":
        """Lets go of what is past its retention."""
        from shared.steps.upkeep.purge import Purge

        return Purge(
            jobs=self.storage.jobs,
            ended=self.storage.ended,
            thumbnails=self.storage.images,
            forget=self.forget,
            types=self.types,
            lock=self.lock,
            settings=self.settings,
            clock=self.clock,
            runtime=self.runtime,
            kinds=self.lookup.types,
        )

    # What people do

    @Part
    def lookup(self) -> "Lookup":
        """Looks jobs and images up."""
        from shared.steps.operators.lookup import Lookup

        return Lookup(
            jobs=self.storage.jobs,
            index=self.storage.index,
            thumbnails=self.storage.images,
            settings=self.settings,
            kinds=lambda: tuple(self.works),
            pool=self.runtime.pool,
        )

    @Part
    def statistics(self) -> "Count":
        """Counts what there is."""
        from shared.steps.operators.statistics import Count

        storage = self.storage
        return Count(
            jobs=storage.jobs,
            index=storage.index,
            marks=storage.marks,
            locks=storage.locks,
            liveness=self.liveness,
            poisons=[queue for queue in (storage.poison, storage.blob_poison) if queue is not None],
            settings=self.settings,
            clock=self.clock,
            kinds=self.lookup.types,
            pool=self.runtime.pool,
        )

    @Part
    def liveness(self) -> "Liveness":
        """Tells the ages of what timers do."""
        from shared.steps.operators.liveness import Liveness

        return Liveness(
            locks=self.storage.locks,
            marks=self.storage.marks,
            settings=self.settings,
            clock=self.clock,
            runtime=self.runtime,
        )

    @Part
    def cancel(self) -> "Cancel":
        """Cancels a job."""
        from shared.steps.operators.cancel import Cancel

        return Cancel(jobs=self.storage.jobs, clock=self.clock)

    @Part
    def redrive(self) -> "Redrive":
        """Opens a job again."""
        from shared.steps.operators.redrive import Redrive

        return Redrive(jobs=self.storage.jobs, announce=self.announce, clock=self.clock)

    @Part
    def readmit(self) -> "Readmit":
        """Follows a rejected text once more."""
        from shared.steps.operators.rejected import Readmit

        return Readmit(rejections=self.storage.rejections, admit=self.admit)

    @Part
    def remove(self) -> "Remove":
        """Deletes a job."""
        from shared.steps.operators.remove import Remove

        storage, settings = self.storage, self.settings
        return Remove(
            jobs=storage.jobs, ended=storage.ended, index=storage.index, thumbnails=storage.images, settings=settings
        )

    @Part
    def verify(self) -> "Verify":
        """Proves the invariants."""
        from shared.steps.operators.verify import Verify
        from shared.steps.upkeep.retention import edges

        settings = self.settings
        return Verify(
            audit=self.storage.audit,
            thumbnails_container=settings.thumbnails_container,
            ended_before=lambda: edges(settings, self.clock.now()) if settings.purge_thumbnails else {},
        )
