"""What Darkroom consists of: each step is built here and nowhere else, over whatever keeps the rows.

``shared.wiring`` builds it for a process, over the clients of Azure; tests build it over doubles. It knows neither.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.handlers import Handler
from shared.steps.work.attempt import Attempt
from shared.steps.work.receive import Receive
from shared.steps.work.rivals import Rivals
from shared.wiring.operators import OperatorSteps
from shared.wiring.part import Part

if TYPE_CHECKING:
    from shared.steps.intake.add import Add
    from shared.steps.intake.upload import Upload
    from shared.steps.upkeep.bury import Bury
    from shared.steps.upkeep.drain_poison import Drain
    from shared.steps.upkeep.forget import Forget
    from shared.steps.upkeep.purge import Purge
    from shared.steps.upkeep.reconcile import Reconcile
    from shared.steps.upkeep.sweep import Sweep
    from shared.steps.upkeep.ticks import Ticks
    from shared.steps.work.external import ExternalClaims


@dataclass(frozen=True, kw_only=True)
class Darkroom(OperatorSteps):
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
        from shared.steps.upkeep.forget import ForgetActions
        from shared.steps.upkeep.purge import Purge

        return Purge(
            jobs=self.storage.jobs,
            ended=self.storage.ended,
            thumbnails=self.storage.images,
            forget=self.forget,
            forget_actions=ForgetActions(actions=self.storage.actions, clock=self.clock),
            types=self.types,
            lock=self.lock,
            settings=self.settings,
            clock=self.clock,
            runtime=self.runtime,
            kinds=self.lookup.types,
        )
