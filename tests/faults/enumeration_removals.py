"""The flows of the API that let go: what operators remove, what expires; and what is uploaded over another."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from shared.errors import NoSuchJob, Refused
from shared.rules import ids
from shared.rules.jobs import State
from tests.doubles.world import png
from tests.faults.enumeration import SETTINGS
from tests.faults.enumeration_api import IDENTITY, KIND, Api, add, work
from tests.faults.enumeration_case import Case, jobs_in
from tests.faults.enumeration_flows import Flow
from tests.faults.enumeration_workers import Worker


class Removing(Api):
    """An operator removes a job that is done: all of it goes, and its key row tells how it ended."""

    forget = False

    def prepare(self, case: Case) -> None:
        """Add it, do it, and give it a thumbnail."""
        self.add(case)
        work(case.user, "worker")
        case.user.darkroom.storage.images.insert_thumbnail(f"{IDENTITY}/1.webp", b"x", mime="image/webp")

    def call(self, case: Case, worker: Worker) -> bool:  # noqa: ARG002 - as every flow
        """Remove it."""
        worker.darkroom.remove.remove(IDENTITY, forget=self.forget)
        return True

    def rival(self, case: Case, worker: Worker) -> None:  # noqa: ARG002 - as every flow
        """Remove it as a purge does, which never forgets."""
        with suppress(NoSuchJob):
            worker.darkroom.remove.remove(IDENTITY, forget=False)

    def afterwards(self, case: Case) -> None:
        """Ask again, when there was no answer; who has died behind the rows has left what ``verify`` notes."""
        unanswered = self.answer is None and self.refusal is None
        super().afterwards(case)
        if unanswered and not self.forget:
            case.user.darkroom.storage.images.delete_thumbnail(f"{IDENTITY}/1.webp")

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Tell that it is gone, and forgotten if that was wanted."""
        if self.forget:
            case.newest.clear()
        return {IDENTITY: State.COMPLETED}

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - as every flow
        """Nobody was told that it lives."""
        return not isinstance(self.refusal, Refused)


class RemovingForGood(Removing):
    """The same, so that its reference may be added again."""

    forget = True


class ForgettingPurged(Api):
    """An operator forgets a purged job, while another does so too and adds the reference again: that one stays."""

    def prepare(self, case: Case) -> None:
        """Add it, cancel it, remove it."""
        self.add(case)
        case.user.darkroom.cancel.cancel(IDENTITY)
        case.user.darkroom.remove.remove(IDENTITY, forget=False)

    def call(self, case: Case, worker: Worker) -> bool:  # noqa: ARG002 - as every flow
        """Forget it."""
        worker.darkroom.remove.remove(IDENTITY, forget=True)
        return True

    def rival(self, case: Case, worker: Worker) -> None:
        """Forget it, if it is still known, and add it again."""
        try:
            self.call(case, worker)
        except NoSuchJob:
            assert IDENTITY not in jobs_in(case.rows())
        assert add(worker).created

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Tell whether it has been added again."""
        if IDENTITY in jobs_in(case.rows()):
            return {}
        case.newest.clear()
        return {IDENTITY: State.CANCELED}

    def ended_well(self, case: Case, states: list[State]) -> bool:  # noqa: ARG002 - some look at it
        """It is forgotten, or was added again and done."""
        return states in ([State.CANCELED], [State.COMPLETED])


class Expiring(Api):
    """A sweep ends a job that may never be claimed again, once."""

    ends = (State.FAILED,)

    def prepare(self, case: Case) -> None:
        """Add it, and let its time go by."""
        self.add(case, ttl=timedelta(seconds=1))
        case.clock.go(3)

    def call(self, case: Case, worker: Worker) -> bool:  # noqa: ARG002 - as every flow
        """Look at what waits."""
        worker.darkroom.sweep.expire.expire([KIND], stop=lambda: False)
        return True

    def rival(self, case: Case, worker: Worker) -> None:
        """Look too."""
        self.call(case, worker)


class Uploading(Flow):
    """A client uploads an image: whatever stands under its name in the end is recorded and analysed."""

    messages = 1

    def run(self, case: Case, worker: Worker) -> None:
        """Upload, and record; the event comes as well."""
        case.events.append(case.ref)
        worker.darkroom.upload.upload(case.ref, png(3), content_type="image/png")

    def rival(self, case: Case, worker: Worker) -> None:
        """Upload another image of the same name, and analyse."""
        worker.darkroom.upload.upload(case.ref, png(4), content_type="image/png")
        case.hand(worker)

    def afterwards(self, case: Case) -> None:
        """Ask again where there was no answer: without a blob there is no event."""
        if case.ref not in [listed.ref for listed in case.user.darkroom.storage.listing.page(None, limit=9).blobs]:
            case.user.darkroom.upload.upload(case.ref, png(3), content_type="image/png")

    def final_states(self, case: Case) -> Mapping[str, State]:
        """Find out which versions there are, and which is the newest."""
        version = case.user.darkroom.storage.images.head(case.ref).version
        case.newest["cat.png"] = ids.job_id(SETTINGS.image_type, case.ref.ref, version)
        case.versions = sorted(jobs_in(case.rows()), key=lambda identity: identity == case.newest["cat.png"])
        return {}

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """The newest is completed; one before it was, or was canceled."""
        newest = case.versions[-1:] == [case.newest["cat.png"]]
        return newest and states[-1] is State.COMPLETED and set(states[:-1]) <= {State.COMPLETED, State.CANCELED}
