"""The flows of a walk that records several images by one transaction, while others record and analyse some of them."""

from collections.abc import Mapping, Sequence

from shared.rules.images import ListedBlob
from shared.rules.jobs import State
from shared.steps.intake.record_many import Group
from tests.faults.enumeration import Strike
from tests.faults.enumeration_case import Case, jobs_in
from tests.faults.enumeration_flows import Flow, LiveRival
from tests.faults.enumeration_walks import OLD_SECONDS, Reconciling, walk
from tests.faults.enumeration_workers import Worker
from tests.proving import everyday

#: In the order of the listing; events announce the second, and a newer version of the third.
ANNOUNCED, OVERWRITTEN = "f.png", "g.png"
CROWD = ("e.png", ANNOUNCED, OVERWRITTEN)
#: The transaction that records them.
TOGETHER = "write due+job+key"


def upload_crowd(case: Case) -> None:
    """Upload images that share a bucket, long ago; the event of one of them is late."""
    for name in CROWD:
        case.upload(name=name)
    case.clock.go(OLD_SECONDS)
    case.events.append(case.image(ANNOUNCED))


class ReconcilingMany(Reconciling):
    """A slice that records three images together; the late event of one of them comes in its pauses, and a worker."""

    settings: Mapping[str, str] = {"RECONCILE_PARALLELISM": "1", "JOB_BUCKETS": "1"}
    ends: tuple[State, ...] = (State.COMPLETED,) * len(CROWD)
    messages = len(CROWD)
    together = len(CROWD)
    first = "GET images"
    only = TOGETHER if everyday() else ""  # the requests around it are those of other flows
    page = 1000

    def prepare(self, case: Case) -> None:
        """Upload."""
        upload_crowd(case)

    def rival(self, case: Case, worker: Worker) -> None:
        """Deliver the event, and work."""
        Flow.rival(self, case, worker)


class ReconcilingManyPast(ReconcilingMany):
    """The same, where storage is out until nobody knows whether they are recorded, and is back then: they are."""

    only = TOGETHER
    strikes = (Strike.OUT_BEFORE, Strike.OUT_AFTER)
    came_back = False

    def run(self, case: Case, worker: Worker) -> None:
        """Walk; what is given up is the last that storage has failed."""
        record = worker.darkroom.reconcile.record_many.record

        def record_and_mend(group: Group) -> Sequence[ListedBlob] | None:
            try:
                return record(group)
            finally:
                if worker.line.hits:
                    self.came_back = True
                    worker.line.mend()

        worker.darkroom.reconcile.record_many.record = record_and_mend  # type: ignore[method-assign] # of this worker alone
        super().run(case, worker)

    def afterwards(self, case: Case) -> None:
        """See that this slice has recorded all of them."""
        recorded = set(case.versions) & set(jobs_in(case.rows()))
        assert len(recorded) == len(CROWD) or not self.came_back, f"recorded: {recorded}"
        super().afterwards(case)


class ReconcilingManyOvertaken(LiveRival, ReconcilingMany):
    """The same, where another of them is overwritten meanwhile, and its event comes at once."""

    only = ""

    def rival(self, case: Case, worker: Worker) -> None:
        """Overwrite it, deliver the events, and work."""
        case.upload(name=OVERWRITTEN)
        case.events.append(case.image(OVERWRITTEN))
        super().rival(case, worker)
        case.clock.go(OLD_SECONDS)

    def afterwards(self, case: Case) -> None:
        """See that nobody has recorded an older version behind the newer one."""
        super().afterwards(case)
        case.versions = [identity for identity in case.versions if identity in self._records(case)]

    @staticmethod
    def _records(case: Case) -> set[str]:
        """Return the ids of all versions but of one that was overwritten before anybody has recorded it."""
        overwritten = case.versions[len(CROWD) - 1]
        return set(case.versions) - ({overwritten} - set(jobs_in(case.rows())))

    def ended_well(self, case: Case, states: list[State]) -> bool:
        """Each newest version is completed, and the older one was before, or is superseded."""
        newest = [state for identity, state in zip(case.versions, states, strict=True) if identity in newest_of(case)]
        return set(newest) == {State.COMPLETED} and set(states) <= {State.COMPLETED, State.CANCELED}


def newest_of(case: Case) -> set[str]:
    """Return the ids of the newest versions."""
    return set(case.newest.values())


class RecordingOfMany(Flow):
    """The late event of one of those images; a walk records all of them together in its pauses, and a worker works."""

    settings: Mapping[str, str] = ReconcilingMany.settings
    ends: tuple[State, ...] = ReconcilingMany.ends
    messages = 1

    def prepare(self, case: Case) -> None:
        """Upload."""
        upload_crowd(case)

    def run(self, case: Case, worker: Worker) -> None:
        """Record."""
        case.tell(worker)

    def rival(self, case: Case, worker: Worker) -> None:
        """Walk, and work."""
        walk(worker, page=ReconcilingMany.page)
        case.hand(worker)

    def afterwards(self, case: Case) -> None:
        """Let others walk to the end."""
        assert walk(case.user, page=ReconcilingMany.page).complete
