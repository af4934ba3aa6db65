"""Every name, limit and time, each with a default; read once, all errors told at once.

Standard library only: function_app.py reads them while the host indexes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from shared.errors import SettingsInvalid
from shared.rules import keys
from shared.settings import parsers
from shared.settings.enums import ApiAuth, BlobSource, ConfinementMode, Dispatch, Isolation, ThumbnailFormat, Thumbnails
from shared.settings.parsers import setting

#: Where the Functions host puts what it has given up on of blob triggers; one queue for all apps of an account.
BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"

_MIB = 1024 * 1024
_DAY = 86_400.0
_CENTURY_DAYS = 36_500
#: One analyzer a file. Their names are all that is taken from there: running one would load the image library.
_ANALYZERS = Path(__file__).resolve().parents[1] / "analysis" / "analyzers"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of Darkroom. The declarations are the reference: docs/settings.md is made from them."""

    images_connection: str = setting(
        "IMAGES_CONNECTION", parsers.name, "AzureWebJobsStorage", "name of the app setting that connects to the images"
    )
    jobs_connection: str = setting(
        "JOBS_CONNECTION",
        parsers.name,
        "AzureWebJobsStorage",
        "name of the app setting that connects to queue and tables",
    )
    images_container: str = setting("IMAGES_CONTAINER", parsers.container, "images", "container that is watched")
    thumbnails_container: str = setting(
        "THUMBNAILS_CONTAINER", parsers.container, "thumbnails", "container for thumbnails"
    )
    job_queue: str = setting(
        "JOB_QUEUE", parsers.queue, "image-jobs", "queue that starts analyses; its poison queue: -poison"
    )
    jobs_table: str = setting("JOBS_TABLE", parsers.table, "darkroomjobs", "table of jobs")
    locks_table: str = setting("LOCKS_TABLE", parsers.table, "darkroomlocks", "table of locks")
    image_type: str = setting("IMAGE_JOB_TYPE", parsers.job_type, "image-analysis", "job type of image analyses")
    job_buckets: int = setting(
        "JOB_BUCKETS", parsers.integer(1, 256), "4", "partitions a job type; fixed at the first write"
    )
    blob_source: BlobSource = setting(
        "BLOB_SOURCE", parsers.one_of(BlobSource), "LogsAndContainerScan", "how the blob trigger learns of new blobs"
    )
    schedule: str = setting("SCHEDULE", parsers.cron, "0 * * * * *", "when the sweep runs")
    dispatch: Dispatch = setting(
        "DISPATCH",
        parsers.one_of(Dispatch),
        "both",
        "queue: messages start all, the sweep sends lost ones again; timer: no messages, the sweep does all; both: "
        "messages, and the sweep does what is due; off: recording goes on, analysis pauses",
    )
    lease: timedelta = setting(
        "LEASE_SECONDS", parsers.seconds(1, 3600), "60", "protection of a claim between two renewals"
    )
    margin: timedelta = setting(
        "LEASE_MARGIN_SECONDS", parsers.seconds(1, 60), "2", "what clock skew inside the storage account may use up"
    )
    dispatch_grace: timedelta = setting(
        "DISPATCH_GRACE_SECONDS", parsers.seconds(0, 3600), "120", "how long the sweep leaves a new job to its message"
    )
    api_auth: ApiAuth = setting(
        "API_AUTH_LEVEL",
        parsers.one_of(ApiAuth),
        "function",
        "which key the HTTP API asks for: none (anonymous), a function key, or the master key (admin)",
    )
    api_keys: tuple[keys.ApiKey, ...] = setting(
        "API_KEYS",
        keys.parse,
        "",
        "keys of the HTTP API with roles, `role/name=SHA256` with commas between (see api.md); with them the host asks "
        "for no key, whatever API_AUTH_LEVEL is",
        shown=False,
    )
    max_job_types: int = setting(
        "MAX_JOB_TYPES",
        parsers.integer(1, 200),
        "100",
        "types of jobs that may be added; each costs every sweep queries",
    )
    max_attempts: int = setting("MAX_ATTEMPTS", parsers.integer(1, 100), "5", "claims until a job fails")
    time_limit: timedelta = setting(
        "JOB_TIME_LIMIT_SECONDS",
        parsers.seconds(1, 3650 * _DAY),
        "604800",
        "how long after its first claim a job may still be claimed",
    )
    backoff: timedelta = setting(
        "BACKOFF_SECONDS", parsers.seconds(0, 3600), "5", "bound of the wait after the 1st attempt"
    )
    backoff_max: timedelta = setting("BACKOFF_MAX_SECONDS", parsers.seconds(0, _DAY), "900", "bound of any wait")
    sweep_budget: timedelta = setting(
        "SWEEP_BUDGET_SECONDS", parsers.seconds(1, 3600), "240", "how long one sweep may start new work"
    )
    sweep_parallelism: int = setting("SWEEP_PARALLELISM", parsers.integer(1, 32), "2", "analyses at once in one sweep")
    max_backlog: int = setting(
        "MAX_BACKLOG", parsers.integer(0, 10**6), "1000", "messages in the queue beyond which the sweep sends none"
    )
    reconcile_schedule: str = setting("RECONCILE_SCHEDULE", parsers.cron, "0 */5 * * * *", "when reconciling walks on")
    reconcile_budget: timedelta = setting(
        "RECONCILE_BUDGET_SECONDS", parsers.seconds(10, 3600), "120", "how long one slice of a walk may begin new work"
    )
    reconcile_grace: timedelta = setting(
        "RECONCILE_GRACE_SECONDS",
        parsers.seconds(0, _DAY),
        "300",
        "how long reconciling leaves a new blob to its event",
    )
    reconcile_parallelism: int = setting(
        "RECONCILE_PARALLELISM", parsers.integer(1, 32), "8", "blobs looked at at once"
    )
    retention_completed: timedelta = setting(
        "RETENTION_COMPLETED_DAYS", parsers.days(0, _CENTURY_DAYS), "30", "how long a COMPLETED job is kept"
    )
    retention_failed: timedelta = setting(
        "RETENTION_FAILED_DAYS", parsers.days(0, _CENTURY_DAYS), "30", "how long a FAILED job is kept"
    )
    retention_canceled: timedelta = setting(
        "RETENTION_CANCELED_DAYS", parsers.days(0, _CENTURY_DAYS), "30", "how long a CANCELED job is kept"
    )
    retention_rejected: timedelta = setting(
        "RETENTION_REJECTED_DAYS", parsers.days(0, _CENTURY_DAYS), "30", "how long a rejected message is kept"
    )
    purge_schedule: str = setting("PURGE_SCHEDULE", parsers.cron, "0 17 * * * *", "when purging goes on")
    purge_budget: timedelta = setting(
        "PURGE_BUDGET_SECONDS", parsers.seconds(1, 3600), "120", "how long one run may begin to purge"
    )
    purge_thumbnails: bool = setting(
        "PURGE_THUMBNAILS", parsers.boolean, "true", "whether the thumbnail of a COMPLETED job goes with it"
    )
    function_timeout: str = setting(
        "AzureFunctionsJobHost__functionTimeout", parsers.timeout, "00:10:00", "the host's limit; as in host.json"
    )
    reanalyze_on_metadata: bool = setting(
        "REANALYZE_ON_METADATA",
        parsers.boolean,
        "false",
        "whether a new ETag is analysed again where moment of creation, length and MD5 are what they were",
    )
    max_dequeue_count: int = setting(
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount",
        parsers.integer(1, 1000),
        "5",
        "how often the host lets a message be received; as in host.json",
    )
    analyzers: tuple[str, ...] = setting(
        "ANALYZERS",
        parsers.several_of(_ANALYZERS, "core"),
        "core",
        "what is looked for in an image, with commas between: core, and files of shared/analysis/analyzers by name",
    )
    include_gps: bool = setting(
        "INCLUDE_GPS",
        parsers.boolean,
        "false",
        "whether reports tell where an image was taken, and not only that it tells",
    )
    isolation: Isolation = setting(
        "ANALYSIS_ISOLATION",
        parsers.one_of(Isolation),
        "process",
        "where images are analysed: in child processes that may be killed, in threads that are given up, or (off) in "
        "the caller's",
    )
    confinement: ConfinementMode = setting(
        "ANALYSIS_CONFINEMENT",
        parsers.one_of(ConfinementMode),
        "try",
        "how child processes are confined: require (no image is analysed where the platform refuses Landlock, seccomp, "
        "no_new_privs or limits), try (by all layers that it grants) or off (by limits of time and memory alone)",
    )
    analysis_child_images: int = setting(
        "ANALYSIS_CHILD_IMAGES",
        parsers.integer(1, 10**6),
        "200",
        "images that one child process analyses before it is replaced",
    )
    analysis_processes: int = setting(
        "ANALYSIS_PROCESSES", parsers.integer(1, 32), "2", "child processes of one instance"
    )
    analysis_timeout: timedelta = setting(
        "ANALYSIS_TIMEOUT_SECONDS", parsers.seconds(1, 3600), "30", "how long one image may take"
    )
    analysis_cpu: timedelta = setting(
        "ANALYSIS_CPU_SECONDS",
        parsers.seconds(1, 3600),
        "10",
        "processor time that one image may take in a child process",
    )
    analysis_memory_bytes: int = setting(
        "ANALYSIS_MEMORY_BYTES",
        parsers.integer(_MIB, 1024**4),
        "1300000000",
        "memory of all images that are analysed at once in one instance: as many as MAX_DECODE_BYTES and 128 MiB each "
        "fit into it, and at least one",
    )
    thumbnails: Thumbnails = setting(
        "THUMBNAILS",
        parsers.one_of(Thumbnails),
        "blob",
        "where thumbnails go: a blob, the job row (made smaller where it is larger than 64 KiB), or nowhere",
    )
    thumbnail_long_edge_px: int = setting(
        "THUMBNAIL_LONG_EDGE_PX", parsers.integer(16, 1024), "320", "their longer side"
    )
    thumbnail_format: ThumbnailFormat = setting(
        "THUMBNAIL_FORMAT", parsers.one_of(ThumbnailFormat), "webp", "their encoding"
    )
    thumbnail_quality: int = setting("THUMBNAIL_QUALITY", parsers.integer(1, 100), "80", "of webp and jpeg thumbnails")
    max_bytes: int = setting(
        "MAX_BYTES", parsers.integer(1, 1024 * _MIB), str(64 * _MIB), "larger blobs are not downloaded"
    )
    max_decode_bytes: int = setting(
        "MAX_DECODE_BYTES", parsers.integer(_MIB, 16_384 * _MIB), "512000000", "estimated memory of one decode"
    )
    max_pixels: int = setting("MAX_PIXELS", parsers.integer(1, 10**10), "256000000", "width × height")
    max_side_px: int = setting("MAX_SIDE_PX", parsers.integer(1, 10**6), "65535", "longer side")
    max_progressive_scans: int = setting("MAX_PROGRESSIVE_SCANS", parsers.integer(1, 10_000), "100", "scans of a JPEG")
    max_png_chunks: int = setting("MAX_PNG_CHUNKS", parsers.integer(1, 10**6), "1000", "chunks of a PNG")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read all settings; an empty value stands for the default.

        Raises:
            SettingsInvalid: With one sentence for each setting that can't be used, alone or beside another.
        """
        problems: list[str] = []
        values: dict[str, Any] = {}
        for declared in fields(cls):
            text = environ.get(declared.metadata["name"], "").strip()
            if text:
                try:
                    values[declared.name] = declared.metadata["parse"](text)
                except ValueError as error:
                    given = f"; it is {text[:80]!r}" if declared.metadata["shown"] else ""
                    problems.append(f"{declared.metadata['name']}: {error}{given}")
        settings = cls(**values)
        problems += settings._conflicts()
        if problems:
            raise SettingsInvalid(problems)
        return settings

    @property
    def route_auth(self) -> ApiAuth:
        """What the host asks for at the API's door; nothing where the app itself asks for keys of its own."""
        return ApiAuth.ANONYMOUS if self.api_keys else self.api_auth

    @property
    def sends(self) -> bool:
        """Whether messages start analyses."""
        return self.dispatch in (Dispatch.BOTH, Dispatch.QUEUE)

    @property
    def grace(self) -> timedelta:
        """How long the sweep leaves a job to its message; no time at all where no message is sent."""
        return self.dispatch_grace if self.sends else timedelta(0)

    @property
    def poison_queue(self) -> str:
        """The queue to which the host moves what failed too often."""
        return f"{self.job_queue}-poison"

    @property
    def function_timeout_seconds(self) -> float:
        """The host's limit of one call; infinite for -1."""
        if self.function_timeout == "-1":
            return float("inf")
        days, _, time = self.function_timeout.rpartition(".")
        hours, minutes, seconds = (int(part) for part in time.split(":"))
        return float(int(days or 0) * 86_400 + hours * 3600 + minutes * 60 + seconds)

    def _conflicts(self) -> list[str]:
        """Name the values that can't work beside each other."""
        found = [
            f"{name}: want less than the host's functionTimeout"
            for name, span in (
                ("SWEEP_BUDGET_SECONDS", self.sweep_budget),
                ("RECONCILE_BUDGET_SECONDS", self.reconcile_budget),
                ("PURGE_BUDGET_SECONDS", self.purge_budget),
                ("ANALYSIS_TIMEOUT_SECONDS", self.analysis_timeout),
            )
            if span.total_seconds() >= self.function_timeout_seconds
        ]
        if self.lease <= 2 * self.margin:
            found.append("LEASE_SECONDS: want more than twice LEASE_MARGIN_SECONDS")
        if self.confinement is ConfinementMode.REQUIRE and self.isolation is not Isolation.PROCESS:
            found.append(
                "ANALYSIS_CONFINEMENT: require needs ANALYSIS_ISOLATION process: only child processes are confined"
            )
        if self.dispatch is Dispatch.QUEUE and not self.max_backlog:
            found.append("MAX_BACKLOG: want 1 or more with DISPATCH queue, or nobody sends a lost message again")
        if self.backoff > self.backoff_max:
            found.append("BACKOFF_SECONDS: want no more than BACKOFF_MAX_SECONDS")
        if self.images_container == self.thumbnails_container:
            found.append("THUMBNAILS_CONTAINER: want another one than IMAGES_CONTAINER, or thumbnails are analysed")
        if self.jobs_table.lower() == self.locks_table.lower():
            found.append("LOCKS_TABLE: want another one than JOBS_TABLE")
        return found
