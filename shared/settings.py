"""Every name, limit and time, each with a default; read once, all errors told at once.

Standard library only: function_app.py reads them while the host indexes it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar

from shared.errors import SettingsInvalid

#: Where the Functions host puts what it has given up on of blob triggers; one queue for all apps of an account.
BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


class Dispatch(StrEnum):
    """What starts an analysis."""

    BOTH = "both"
    QUEUE = "queue"
    TIMER = "timer"
    OFF = "off"


class BlobSource(StrEnum):
    """How the blob trigger learns of new blobs."""

    SCAN = "LogsAndContainerScan"
    EVENT_GRID = "EventGrid"


class Thumbnails(StrEnum):
    """Where thumbnails go."""

    BLOB = "blob"
    OFF = "off"


class ThumbnailFormat(StrEnum):
    """How thumbnails are encoded."""

    WEBP = "webp"
    JPEG = "jpeg"
    PNG = "png"


def _matching(pattern: str, shape: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"want {shape}")
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,15}", text) or not low <= int(text) <= high:
            raise ValueError(f"want a whole number from {low:,} to {high:,}")
        return int(text)

    return parse


def _seconds(low: float, high: float) -> Callable[[str], timedelta]:
    def parse(text: str) -> timedelta:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) or not low <= float(text) <= high:
            raise ValueError(f"want seconds from {low:,g} to {high:,g}")
        return timedelta(seconds=float(text))

    return parse


def _days(low: int, high: int) -> Callable[[str], timedelta]:
    whole = _whole(low, high)
    return lambda text: timedelta(days=whole(text))


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("want true or false")
    return text == "true"


def _one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    def parse(text: str) -> Choice:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"want one of {', '.join(kind)}") from None

    return parse


_container = _matching(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]", "3 to 63 of a-z, 0-9 and single '-' inside")
_queue = _matching(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,54}[a-z0-9]", "3 to 56 of a-z, 0-9 and single '-' inside")
_table = _matching(r"[A-Za-z][A-Za-z0-9]{2,62}", "a letter, then 2 to 62 letters and digits")
_name = _matching(r"[A-Za-z_][A-Za-z0-9_:.-]{0,126}", "the name of an app setting")
_type = _matching(r"[a-z][a-z0-9-]{0,30}", "a lower-case letter, then up to 30 of a-z, 0-9 and '-'")
_cron = _matching(r"\S+( \S+){5}", "an NCRONTAB expression with six fields, such as 0 * * * * *")
_timeout = _matching(r"(\d+\.)?\d\d:\d\d:\d\d|-1", "hh:mm:ss, d.hh:mm:ss or -1, as in host.json")

_MIB = 1024 * 1024
_DAY = 86_400.0
_CENTURY_DAYS = 36_500


def _setting(name: str, parse: Callable[[str], T], default: str, meaning: str) -> T:
    """Declare a field: the environment's name, how to read it, the default as one would write it, what it means."""
    facts = {"name": name, "parse": parse, "default": default, "meaning": meaning}
    return field(default=parse(default), metadata=facts)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of Darkroom. The declarations are the reference: docs/settings.md is made from them."""

    images_connection: str = _setting(
        "IMAGES_CONNECTION", _name, "AzureWebJobsStorage", "name of the app setting that connects to the images"
    )
    jobs_connection: str = _setting(
        "JOBS_CONNECTION", _name, "AzureWebJobsStorage", "name of the app setting that connects to queue and tables"
    )
    images_container: str = _setting("IMAGES_CONTAINER", _container, "images", "container that is watched")
    thumbnails_container: str = _setting("THUMBNAILS_CONTAINER", _container, "thumbnails", "container for thumbnails")
    job_queue: str = _setting(
        "JOB_QUEUE", _queue, "image-jobs", "queue that starts analyses; its poison queue: -poison"
    )
    jobs_table: str = _setting("JOBS_TABLE", _table, "darkroomjobs", "table of jobs")
    locks_table: str = _setting("LOCKS_TABLE", _table, "darkroomlocks", "table of locks")
    image_type: str = _setting("IMAGE_JOB_TYPE", _type, "image-analysis", "job type of image analyses")
    job_buckets: int = _setting("JOB_BUCKETS", _whole(1, 256), "4", "partitions a job type; fixed at the first write")
    blob_source: BlobSource = _setting(
        "BLOB_SOURCE", _one_of(BlobSource), "LogsAndContainerScan", "how the blob trigger learns of new blobs"
    )
    schedule: str = _setting("SCHEDULE", _cron, "0 * * * * *", "when the sweep runs")
    dispatch: Dispatch = _setting(
        "DISPATCH",
        _one_of(Dispatch),
        "both",
        "queue: messages start all, the sweep sends lost ones again; timer: no messages, the sweep does all; both: "
        "messages, and the sweep does what is due; off: recording goes on, analysis pauses",
    )
    lease: timedelta = _setting("LEASE_SECONDS", _seconds(1, 3600), "60", "protection of a claim between two renewals")
    margin: timedelta = _setting(
        "LEASE_MARGIN_SECONDS", _seconds(1, 60), "2", "what clock skew inside the storage account may use up"
    )
    dispatch_grace: timedelta = _setting(
        "DISPATCH_GRACE_SECONDS", _seconds(0, 3600), "120", "how long the sweep leaves a new job to its message"
    )
    max_attempts: int = _setting("MAX_ATTEMPTS", _whole(1, 100), "5", "claims until a job fails")
    time_limit: timedelta = _setting(
        "JOB_TIME_LIMIT_SECONDS",
        _seconds(1, 3650 * _DAY),
        "604800",
        "how long after its first claim a job may still be claimed",
    )
    backoff: timedelta = _setting("BACKOFF_SECONDS", _seconds(0, 3600), "5", "bound of the wait after the 1st attempt")
    backoff_max: timedelta = _setting("BACKOFF_MAX_SECONDS", _seconds(0, _DAY), "900", "bound of any wait")
    sweep_budget: timedelta = _setting(
        "SWEEP_BUDGET_SECONDS", _seconds(1, 3600), "240", "how long one sweep may start new work"
    )
    sweep_parallelism: int = _setting("SWEEP_PARALLELISM", _whole(1, 32), "2", "analyses at once in one sweep")
    max_backlog: int = _setting(
        "MAX_BACKLOG", _whole(0, 10**6), "1000", "messages in the queue beyond which the sweep sends none"
    )
    reconcile_schedule: str = _setting("RECONCILE_SCHEDULE", _cron, "0 */5 * * * *", "when reconciling walks on")
    reconcile_budget: timedelta = _setting(
        "RECONCILE_BUDGET_SECONDS", _seconds(10, 3600), "120", "how long one slice of a walk may begin new work"
    )
    reconcile_grace: timedelta = _setting(
        "RECONCILE_GRACE_SECONDS", _seconds(0, _DAY), "300", "how long reconciling leaves a new blob to its event"
    )
    reconcile_parallelism: int = _setting("RECONCILE_PARALLELISM", _whole(1, 32), "8", "blobs looked at at once")
    retention_completed: timedelta = _setting(
        "RETENTION_COMPLETED_DAYS", _days(0, _CENTURY_DAYS), "30", "how long a COMPLETED job is kept"
    )
    retention_failed: timedelta = _setting(
        "RETENTION_FAILED_DAYS", _days(0, _CENTURY_DAYS), "30", "how long a FAILED job is kept"
    )
    retention_canceled: timedelta = _setting(
        "RETENTION_CANCELED_DAYS", _days(0, _CENTURY_DAYS), "30", "how long a CANCELED job is kept"
    )
    purge_schedule: str = _setting("PURGE_SCHEDULE", _cron, "0 17 * * * *", "when purging goes on")
    purge_budget: timedelta = _setting(
        "PURGE_BUDGET_SECONDS", _seconds(1, 3600), "120", "how long one run may begin to purge"
    )
    purge_thumbnails: bool = _setting(
        "PURGE_THUMBNAILS", _truth, "true", "whether the thumbnail of a COMPLETED job goes with it"
    )
    function_timeout: str = _setting(
        "AzureFunctionsJobHost__functionTimeout", _timeout, "00:10:00", "the host's limit; as in host.json"
    )
    reanalyze_on_metadata: bool = _setting(
        "REANALYZE_ON_METADATA",
        _truth,
        "false",
        "whether a new ETag is analysed again where moment of creation, length and MD5 are what they were",
    )
    max_dequeue_count: int = _setting(
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount",
        _whole(1, 1000),
        "5",
        "how often the host lets a message be received; as in host.json",
    )
    thumbnails: Thumbnails = _setting("THUMBNAILS", _one_of(Thumbnails), "blob", "where thumbnails go")
    thumbnail_long_edge_px: int = _setting("THUMBNAIL_LONG_EDGE_PX", _whole(16, 1024), "320", "their longer side")
    thumbnail_format: ThumbnailFormat = _setting("THUMBNAIL_FORMAT", _one_of(ThumbnailFormat), "webp", "their encoding")
    thumbnail_quality: int = _setting("THUMBNAIL_QUALITY", _whole(1, 100), "80", "of webp and jpeg thumbnails")
    max_bytes: int = _setting("MAX_BYTES", _whole(1, 1024 * _MIB), str(64 * _MIB), "larger blobs are not downloaded")
    max_decode_bytes: int = _setting(
        "MAX_DECODE_BYTES", _whole(_MIB, 16_384 * _MIB), "512000000", "estimated memory of one decode"
    )
    max_pixels: int = _setting("MAX_PIXELS", _whole(1, 10**10), "256000000", "width × height")
    max_side_px: int = _setting("MAX_SIDE_PX", _whole(1, 10**6), "65535", "longer side")
    max_progressive_scans: int = _setting("MAX_PROGRESSIVE_SCANS", _whole(1, 10_000), "100", "scans of a JPEG")
    max_png_chunks: int = _setting("MAX_PNG_CHUNKS", _whole(1, 10**6), "1000", "chunks of a PNG")

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
                    problems.append(f"{declared.metadata['name']}: {error}; it is {text[:80]!r}")
        settings = cls(**values)
        problems += settings._conflicts()
        if problems:
            raise SettingsInvalid(problems)
        return settings

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
        found = []
        if self.lease <= 2 * self.margin:
            found.append("LEASE_SECONDS: want more than twice LEASE_MARGIN_SECONDS")
        if self.sweep_budget.total_seconds() >= self.function_timeout_seconds:
            found.append("SWEEP_BUDGET_SECONDS: want less than the host's functionTimeout")
        if self.reconcile_budget.total_seconds() >= self.function_timeout_seconds:
            found.append("RECONCILE_BUDGET_SECONDS: want less than the host's functionTimeout")
        if self.purge_budget.total_seconds() >= self.function_timeout_seconds:
            found.append("PURGE_BUDGET_SECONDS: want less than the host's functionTimeout")
        if self.backoff > self.backoff_max:
            found.append("BACKOFF_SECONDS: want no more than BACKOFF_MAX_SECONDS")
        if self.images_container == self.thumbnails_container:
            found.append("THUMBNAILS_CONTAINER: want another one than IMAGES_CONTAINER, or thumbnails are analysed")
        if self.jobs_table.lower() == self.locks_table.lower():
            found.append("LOCKS_TABLE: want another one than JOBS_TABLE")
        return found


def binding(environ: Mapping[str, str], name: str, default: str) -> str:
    """Return what a trigger's attribute should say: ``%NAME%`` for the host to resolve, or the default.

    The host refuses a ``%NAME%`` that is not set, and reads it by itself to decide when to wake an app that sleeps;
    so the setting stays visible to it where there is one.
    """
    return f"%{name}%" if environ.get(name, "").strip() else default


def listens(environ: Mapping[str, str], function: str) -> bool:
    """Whether the host calls a function: it does unless ``AzureWebJobs.<function>.Disabled`` is set, or its like."""
    names = (f"AzureWebJobs{dot}{function}{dot}Disabled" for dot in (".", "__", "_"))
    return not any(environ.get(name, "").strip().lower() in ("true", "1") for name in names)
