"""The declaration of every setting: its name, its form, its default and what it is for.

Standard library only, as ``shared.settings.settings``.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shared.rules import keys
from shared.rules.sizing import MOST_BYTES
from shared.settings.enums import ApiAuth, BlobSource, ConfinementMode, Dispatch, Isolation, ThumbnailFormat, Thumbnails
from shared.settings.parsers import (
    boolean,
    container,
    cron,
    days,
    integer,
    isolation,
    job_type,
    one_of,
    queue,
    seconds,
    setting,
    setting_name,
    several_of,
    table,
    timeout,
)

_MIB = 1024 * 1024
_DAY = 86_400.0
#: One analyzer a file. Their names are all that is taken from there: running one would load the image library.
_ANALYZERS = Path(__file__).resolve().parents[1] / "analysis" / "analyzers"


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """All settings of Darkroom. They are the reference: docs/settings.md is made from them."""

    images_connection: str = setting(
        "IMAGES_CONNECTION", setting_name, "AzureWebJobsStorage", "app setting that connects to the images"
    )
    jobs_connection: str = setting(
        "JOBS_CONNECTION", setting_name, "AzureWebJobsStorage", "app setting that connects to queue and tables"
    )
    images_container: str = setting("IMAGES_CONTAINER", container, "images", "container that is watched")
    thumbnails_container: str = setting("THUMBNAILS_CONTAINER", container, "thumbnails", "container for thumbnails")
    job_queue: str = setting("JOB_QUEUE", queue, "image-jobs", "queue that starts analyses; its poison queue: -poison")
    jobs_table: str = setting("JOBS_TABLE", table, "darkroomjobs", "table of jobs")
    locks_table: str = setting("LOCKS_TABLE", table, "darkroomlocks", "table of locks")
    image_type: str = setting("IMAGE_JOB_TYPE", job_type, "image-analysis", "job type of image analyses")
    job_buckets: int = setting("JOB_BUCKETS", integer(1, 256), "4", "partitions per job type; fixed at the first write")
    blob_source: BlobSource = setting(
        "BLOB_SOURCE", one_of(BlobSource), "LogsAndContainerScan", "how the blob trigger learns of new blobs"
    )
    schedule: str = setting("SCHEDULE", cron, "0 * * * * *", "when the sweep runs")
    dispatch: Dispatch = setting(
        "DISPATCH",
        one_of(Dispatch),
        "both",
        "queue: messages start all, the sweep sends lost ones again; timer: no messages, the sweep does all; both: "
        "messages, and the sweep does what is due; off: recording goes on, analysis pauses",
    )
    poison_triggers: bool = setting(
        "POISON_TRIGGERS", boolean, "false", "whether triggers take in poison messages at once, and not only the sweep"
    )
    lease: timedelta = setting("LEASE_SECONDS", seconds(1, 3600), "60", "protection of a claim between two renewals")
    margin: timedelta = setting(
        "LEASE_MARGIN_SECONDS", seconds(1, 60), "2", "clock skew allowed inside the storage account"
    )
    dispatch_grace: timedelta = setting(
        "DISPATCH_GRACE_SECONDS", seconds(0, 3600), "120", "how long the sweep leaves a new job to its message"
    )
    api_auth: ApiAuth = setting(
        "API_AUTH_LEVEL",
        one_of(ApiAuth),
        "function",
        "key that the HTTP API asks for: none (anonymous), a function key, or the master key (admin)",
    )
    api_keys: tuple[keys.ApiKey, ...] = setting(
        "API_KEYS",
        keys.parse,
        "",
        "keys of the HTTP API with roles, `role/name=SHA256` separated by commas (see api.md); with them the host "
        "asks for no key, whatever API_AUTH_LEVEL is",
        shown=False,
    )
    easy_auth: bool = setting(
        "EASY_AUTH",
        boolean,
        "false",
        "whether people sign in by the authentication of App Service, with app roles (see api.md). Only where App "
        "Service takes `X-MS-CLIENT-PRINCIPAL` off requests: elsewhere anybody could send it. The host asks for no key",
    )
    max_job_types: int = setting(
        "MAX_JOB_TYPES", integer(1, 200), "100", "job types that may be added; each costs each sweep queries"
    )
    max_attempts: int = setting("MAX_ATTEMPTS", integer(1, 100), "5", "claims until a job fails")
    time_limit: timedelta = setting(
        "JOB_TIME_LIMIT_SECONDS",
        seconds(1, 3650 * _DAY),
        "604800",
        "time after its first claim in which a job may be claimed",
    )
    backoff: timedelta = setting("BACKOFF_SECONDS", seconds(0, 3600), "5", "bound of the wait after the 1st attempt")
    backoff_max: timedelta = setting("BACKOFF_MAX_SECONDS", seconds(0, _DAY), "900", "bound of any wait")
    sweep_budget: timedelta = setting(
        "SWEEP_BUDGET_SECONDS", seconds(1, 3600), "240", "how long one sweep may start new work"
    )
    sweep_parallelism: int = setting("SWEEP_PARALLELISM", integer(1, 32), "2", "analyses at once in one sweep")
    max_backlog: int = setting(
        "MAX_BACKLOG", integer(0, 10**6), "1000", "messages in the queue at which the sweep sends no more"
    )
    reconcile_schedule: str = setting("RECONCILE_SCHEDULE", cron, "0 */5 * * * *", "when reconcile runs")
    reconcile_budget: timedelta = setting(
        "RECONCILE_BUDGET_SECONDS", seconds(10, 3600), "120", "how long one slice of a walk may start new work"
    )
    reconcile_grace: timedelta = setting(
        "RECONCILE_GRACE_SECONDS", seconds(0, _DAY), "300", "how long reconcile leaves a new blob to its event"
    )
    reconcile_parallelism: int = setting("RECONCILE_PARALLELISM", integer(1, 32), "8", "blobs checked at once")
    retention_completed: timedelta = setting(
        "RETENTION_COMPLETED_DAYS", days(36_500), "30", "retention of COMPLETED jobs"
    )
    retention_failed: timedelta = setting("RETENTION_FAILED_DAYS", days(36_500), "30", "retention of FAILED jobs")
    retention_canceled: timedelta = setting("RETENTION_CANCELED_DAYS", days(36_500), "30", "retention of CANCELED jobs")
    retention_rejected: timedelta = setting(
        "RETENTION_REJECTED_DAYS", days(36_500), "30", "retention of rejected messages"
    )
    retention_actions: timedelta = setting("RETENTION_ACTIONS_DAYS", days(36_500), "90", "how long actions are listed")
    purge_schedule: str = setting("PURGE_SCHEDULE", cron, "0 17 * * * *", "when purge runs")
    purge_budget: timedelta = setting(
        "PURGE_BUDGET_SECONDS", seconds(1, 3600), "120", "how long one run may start to purge"
    )
    purge_thumbnails: bool = setting(
        "PURGE_THUMBNAILS", boolean, "true", "whether the thumbnails of COMPLETED jobs are purged too"
    )
    function_timeout_seconds: float = setting(
        "AzureFunctionsJobHost__functionTimeout", timeout, "00:10:00", "the host's limit; as in host.json"
    )
    reanalyze_on_metadata: bool = setting(
        "REANALYZE_ON_METADATA",
        boolean,
        "false",
        "whether a new ETag is analysed again although creation time, length and MD5 have not changed",
    )
    max_dequeue_count: int = setting(
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount",
        integer(1, 1000),
        "5",
        "how often the host lets a message be received; as in host.json",
    )
    analyzers: tuple[str, ...] = setting(
        "ANALYZERS",
        several_of(_ANALYZERS, "core"),
        "core",
        "what to find in an image, separated by commas: core, and names of files of shared/analysis/analyzers",
    )
    include_gps: bool = setting(
        "INCLUDE_GPS",
        boolean,
        "false",
        "whether reports give the place where an image was taken, and not only that the image has one",
    )
    isolation: Isolation = setting(
        "ANALYSIS_ISOLATION",
        isolation,
        "process",
        "where images are analysed: in child processes with limits of their own, or (off) in the host's process, where "
        "nothing stops an image that hangs or crashes",
    )
    confinement: ConfinementMode = setting(
        "ANALYSIS_CONFINEMENT",
        one_of(ConfinementMode),
        "try",
        "how child processes are confined: require (no image is analysed where the platform refuses Landlock, seccomp, "
        "no_new_privs or limits), try (by all layers that it grants) or off (by limits of time and memory alone)",
    )
    analysis_child_images: int = setting(
        "ANALYSIS_CHILD_IMAGES", integer(1, 10**6), "200", "images that a child process analyses before it is replaced"
    )
    analysis_processes: int = setting("ANALYSIS_PROCESSES", integer(1, 32), "2", "child processes of one instance")
    analysis_timeout: timedelta = setting("ANALYSIS_TIMEOUT_SECONDS", seconds(1, 3600), "30", "time of one image")
    analysis_cpu: timedelta = setting("ANALYSIS_CPU_SECONDS", seconds(1, 3600), "10", "processor time of one image")
    analysis_memory_bytes: int = setting(
        "ANALYSIS_MEMORY_BYTES",
        integer(_MIB, 1024**4),
        "1300000000",
        "memory of all images that are analysed at once in one instance: as many as MAX_DECODE_BYTES and 128 MiB each "
        "fit into it, and at least one (see sizing.md)",
    )
    thumbnails: Thumbnails = setting(
        "THUMBNAILS",
        one_of(Thumbnails),
        "blob",
        "where thumbnails go: a blob, the job row (made smaller where it is larger than 64 KiB), or nowhere",
    )
    thumbnail_long_edge_px: int = setting("THUMBNAIL_LONG_EDGE_PX", integer(16, 1024), "320", "their longer side")
    thumbnail_format: ThumbnailFormat = setting("THUMBNAIL_FORMAT", one_of(ThumbnailFormat), "webp", "their encoding")
    thumbnail_quality: int = setting("THUMBNAIL_QUALITY", integer(1, 100), "80", "of webp and jpeg thumbnails")
    max_bytes: int = setting("MAX_BYTES", integer(1, MOST_BYTES), str(64 * _MIB), "larger blobs are not downloaded")
    max_decode_bytes: int = setting(
        "MAX_DECODE_BYTES", integer(_MIB, 16_384 * _MIB), "512000000", "estimated memory of a decode (see sizing.md)"
    )
    max_pixels: int = setting("MAX_PIXELS", integer(1, 10**10), "256000000", "width × height")
    max_side_px: int = setting("MAX_SIDE_PX", integer(1, 10**6), "65535", "longer side")
    max_progressive_scans: int = setting("MAX_PROGRESSIVE_SCANS", integer(1, 10_000), "100", "scans of a JPEG")
    max_png_chunks: int = setting("MAX_PNG_CHUNKS", integer(1, 10**6), "1000", "chunks of a PNG")
