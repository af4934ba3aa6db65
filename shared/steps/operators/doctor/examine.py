"""Check everything that can go wrong around Darkroom, and say what to do about it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.errors import SettingsInvalid
from shared.ports.places import ConnectionFacts, ServiceTime
from shared.rules.access import Act
from shared.rules.diagnoses import Diagnosis
from shared.rules.names import Kind
from shared.rules.symptoms import Symptom
from shared.runtime import Runtime
from shared.settings.app_settings import HOST_STORAGE
from shared.settings.bindings import is_enabled
from shared.settings.enums import BlobSource
from shared.settings.settings import Settings
from shared.steps.operators.doctor.access_check import WITHIN, Access, CheckAccess
from shared.steps.operators.doctor.app_check import CheckApp
from shared.steps.operators.doctor.clock_check import check_clocks
from shared.steps.operators.doctor.connection_check import check_connection
from shared.steps.operators.doctor.job_check import JOBS, CheckJobs
from shared.steps.operators.doctor.settings_check import check_host_file, check_settings, invalid_setting
from shared.steps.operators.doctor.side_by_side import side_by_side

_WEBHOOK = "https://APP/runtime/webhooks/blobs?functionName=Host.Functions.record_image"


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """All checks, over what they need; whatever needs valid settings is made once they are read.

    Attributes:
        environ: App settings.
        host_file: Content of host.json; None where it is not here.
        is_flex: Whether the settings are for Flex Consumption.
        describe: Describes the connection of a name; raises ``SettingsInvalid``.
        access: Makes what tries acts, over the places of some settings; raises ``SettingsInvalid``.
        jobs: Makes what looks at jobs; likewise.
        app: Asks the deployed app; None without one.
        runtime: Time and threads.
        wall: Tells the time of this machine, aware UTC.
    """

    environ: Mapping[str, str]
    host_file: str | None
    is_flex: bool
    describe: Callable[[str], ConnectionFacts]
    access: Callable[[Settings], CheckAccess]
    jobs: Callable[[Settings], CheckJobs]
    app: CheckApp | None
    runtime: Runtime
    wall: Callable[[], datetime]

    def examine(self) -> Iterator[Diagnosis]:
        """Yield what is found, part by part.

        Costs: those of ``CheckAccess``, ``CheckJobs`` and ``CheckApp``.
        """
        settings, found = check_settings(self.environ, is_flex=self.is_flex)
        yield from found
        if settings is not None:
            yield from check_host_file(self.host_file, self.environ, settings)
            yield from self._storage(settings)
            yield self._events(settings)
        else:
            yield Diagnosis(Symptom.NOT_CHECKED, "storage")
        if self.app is not None:
            yield from self.app.check()

    def _storage(self, settings: Settings) -> Iterator[Diagnosis]:
        try:
            connections = list(self._connections(settings))
            access, jobs = self.access(settings), self.jobs(settings)
        except SettingsInvalid as invalid:
            if self.app is None:
                yield from map(invalid_setting, invalid.problems)
            yield Diagnosis(Symptom.NOT_CHECKED, "storage")
            return
        yield from connections
        visits = []
        for visit in access.check():
            visits.append(visit)
            yield from visit.diagnoses
        times: dict[str, list[ServiceTime]] = defaultdict(list)
        for visit in visits:
            service = Kind.BLOB if visit.place.kind is Kind.CONTAINER else visit.place.kind
            times[f"{service} {visit.place.connection.urls.get(service)}"] += visit.times
        yield from check_clocks(times, margin=settings.margin, wall=self.wall, monotonic=self.runtime.monotonic)
        yield from _poison(visits, access.spare)
        if any(visit.place.name == settings.jobs_table and Act.READ_ROWS in visit.rights for visit in visits):
            (looked,) = side_by_side([jobs.check], within=WITHIN, runtime=self.runtime)
            yield from looked or [Diagnosis(Symptom.JOBS_UNREADABLE, JOBS, {"error": "it takes too long"})]

    def _connections(self, settings: Settings) -> Iterator[Diagnosis]:
        names = dict.fromkeys((settings.images_connection, settings.jobs_connection))
        with suppress(SettingsInvalid):  # workers alone need none
            self.describe(HOST_STORAGE)
            names[HOST_STORAGE] = None
        now = self.wall()
        for name in names:
            triggers = name == settings.images_connection and is_enabled(self.environ, "record_image")
            yield from check_connection(self.describe(name), now, needs_queue=triggers)

    def _events(self, settings: Settings) -> Diagnosis:
        if not is_enabled(self.environ, "record_image"):
            return Diagnosis(Symptom.QUEUED, "events", {"queue": settings.job_queue})
        if settings.blob_source is BlobSource.SCAN:
            return Diagnosis(Symptom.SCANNED, "events")
        return Diagnosis(Symptom.SUBSCRIPTION_UNSEEN, "events", {"endpoint": _WEBHOOK})


def _poison(visits: list[Access], names: frozenset[str]) -> Iterator[Diagnosis]:
    for visit in visits:
        if visit.place.kind is Kind.QUEUE and visit.place.name in names and visit.count:
            yield Diagnosis(Symptom.POISON_WAITS, f"queue {visit.place.name}", {"count": visit.count})
