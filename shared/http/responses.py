"""Models of responses, for the OpenAPI document only: ``shared.http.render`` writes the responses."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.http.error_codes import ErrorCode


class JobError(BaseModel):
    """Why the last attempt failed."""

    code: str
    message: str
    at: datetime


class ImageVersion(BaseModel):
    """The version of an image that a job is about."""

    container: str
    name: str
    etag: str


class _JobFacts(BaseModel):
    """What every form of a job has."""

    id: str
    type: str
    ref: str
    state: str = Field(pattern="^(PENDING|RUNNING|COMPLETED|FAILED|CANCELED)$")
    attempts: int
    token: int
    owner: str | None
    lease_until: datetime | None
    not_before: datetime | None
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime
    progress: float | None
    error: JobError | None
    image: ImageVersion | None
    traceparent: str | None


class Job(_JobFacts):
    """A job."""

    report: dict[str, Any] | None
    result: dict[str, Any] | None
    params: dict[str, Any]
    cursor: str | None


class BriefJob(_JobFacts):
    """A job without what can be large. `flags` says what is conspicuous about its image."""

    flags: list[str]


class PurgedJob(BaseModel):
    """A purged unique job: only its key is left."""

    id: str
    type: str
    ref: str
    state: str | None
    ended_at: datetime | None
    purged: bool


class JobPage(BaseModel):
    """A page of jobs. `complete` is false if it is short because it may read only so much: go on with `cursor`."""

    items: list[Job] | list[BriefJob]
    cursor: str | None
    complete: bool


class Attempt(BaseModel):
    """An attempt at a job."""

    token: int
    owner: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: JobError | None
    refused: int
    refused_report: str | None
    refused_at: datetime | None


class History(BaseModel):
    """All attempts at a job, the first one first."""

    attempts: list[Attempt]


class PurgeResult(BaseModel):
    """The numbers of a purge; `left` says whether there is more to delete."""

    jobs: int
    thumbnails: int
    conflicts: int
    left: bool


class BlobCount(BaseModel):
    """A part of the count of the container's blobs; there are more if it has a cursor."""

    blobs: int
    cursor: str | None


class WalkResult(BaseModel):
    """How many blobs a walk has listed, how many were new, and whether it has reached the end of the container."""

    blobs: int
    new: int
    complete: bool


class AcceptedImage(BaseModel):
    """The job of an image."""

    id: str
    image_id: str
    outcome: str


class _ImageFacts(BaseModel):
    """What every form of an image has."""

    image_id: str
    name: str
    etag: str
    state: str | None
    ended_at: datetime | None


class Image(_ImageFacts):
    """An image, and the job of its newest version; `job` is null after it was purged."""

    job: Job | None


class ImageSummary(BaseModel):
    """A few facts of an image's report. One that the report does not have, or has in another form, is null."""

    width_px: int | None
    height_px: int | None
    format: str | None
    bytes: int | None
    flags: list[str]
    blurhash: str | None
    mean: str | None
    thumbnail: bool


class BriefImage(_ImageFacts):
    """An image without its report; `summary` is null without one."""

    job: BriefJob | None
    summary: ImageSummary | None


class ImagePage(BaseModel):
    """A page of images. `complete` as in a page of jobs."""

    items: list[Image] | list[BriefImage]
    cursor: str | None
    complete: bool


class SweepLock(BaseModel):
    """The instance that sweeps."""

    holder: str | None


class Age(BaseModel):
    """How long ago a timer's work was last done to its end; null if it never was."""

    age_seconds: float | None
    limit_seconds: float | None
    late: bool


class Upkeep(BaseModel):
    """What timers do: look at due jobs, walk slice by slice, end a whole walk, purge. A walk has no limit."""

    sweep: Age
    reconcile: Age
    purge: Age
    walk: Age


class Statistics(BaseModel):
    """Figures about jobs and queues."""

    as_of: datetime
    jobs: dict[str, dict[str, int]]
    capped: bool
    oldest_due_age_seconds: float | None
    lock: SweepLock
    poison: int
    missed: int | None
    stale_reports_total: int
    upkeep: Upkeep


class Confinement(BaseModel):
    """How child processes are confined: layers that hold, and layers that the platform refuses, with the reason."""

    mode: Literal["require", "try", "off"]
    layers: dict[str, str] | None
    refused: dict[str, str] | None


class Versions(BaseModel):
    """The release of Darkroom and what it runs on. A version is null if it is not known."""

    darkroom: str
    python: str
    azure_functions: str | None
    worker: str | None


class Health(BaseModel):
    """Storage responds. The status is degraded if a sweep, a slice of the walk or a purge is late.

    Layers are null until the instance has started its first child process. If the API has keys of its own, a caller
    without a key gets only the status.
    """

    status: Literal["ok", "degraded"]
    upkeep: Upkeep | None = None
    confinement: Confinement | None = None
    versions: Versions | None = None


class FieldError(BaseModel):
    """A field that is not valid."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was refused, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: ErrorCode
    errors: list[FieldError] | None = None
