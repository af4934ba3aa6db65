"""Models of requests. They are strict: an unknown field, or one of another type, is refused."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from shared.http.body import MAX_UNITS, is_unicode, utf16_units
from shared.rules.names import REFERENCE_CHARACTERS

#: Without control characters and what XML can't carry: one blob with such a name, and no listing works.
NAME_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\ufffe\uffff]*$"
#: Of an image's name, for the contract: neither a backslash, nor a dot at the end of what stands between slashes. The
#: rule of names refuses them by a sentence.
_SEGMENT = r"(?:[^/\\\u0000-\u001f\u007f-\u009f\ufffe\uffff]*[^/\\.\u0000-\u001f\u007f-\u009f\ufffe\uffff])?"
IMAGE_NAME: JsonDict = {"pattern": f"^{_SEGMENT}(?:/{_SEGMENT})*$"}
TYPE_PATTERN = "^[a-z][a-z0-9-]{0,30}$"
ID_PATTERN = "^[a-z][a-z0-9-]{0,30}-[0-9a-f]{32}$"
REJECTED_ID_PATTERN = "^[0-9a-f]{32}$"
REJECTED_ID = re.compile(REJECTED_ID_PATTERN)
#: Ids in one call, and bytes of the filter by which a caller has picked them.
MAX_IDS, MAX_FILTER = 100, 1024
#: RFC 3339 with its offset.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
#: Times beyond are moved to these: storage can't keep them, and nobody waits for them.
_FIRST, _LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)


def _integral(value: object) -> object:
    """Take 30.0 for 30: JSON does not distinguish them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_rfc3339(value: object) -> object:
    """Refuse all but strings of RFC 3339: the parser would also take numbers."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be a time with its offset, like 2026-05-04T03:02:01Z")
    return value[:10] + "T" + value[11:]


def _clamp(value: datetime) -> datetime:
    """Return a time in UTC and whole milliseconds, as storage keeps it."""
    at = min(max(value, _FIRST), _LAST).astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _check_units(value: dict[str, Any]) -> dict[str, Any]:
    length = utf16_units(value)
    if length > MAX_UNITS:
        raise ValueError(f"must have at most {MAX_UNITS:,} UTF-16 units of compact JSON, not {length:,}")
    return value


def _check_unicode(value: str) -> str:
    if not is_unicode(value):
        raise ValueError("must be valid Unicode text")
    return value


def _check_filter(value: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MAX_FILTER:
        raise ValueError(f"must have at most {MAX_FILTER:,} bytes of compact JSON, not {size:,}")
    return value


def _check_unique(value: list[str]) -> list[str]:
    if len(set(value)) < len(value):
        raise ValueError("must have each id only once")
    return value


def seconds(value: float | None) -> timedelta | None:
    """Return a timedelta; None for None."""
    return None if value is None else timedelta(seconds=value)


#: After the limits, so that OpenAPI has them.
_INTEGRAL = BeforeValidator(_integral)
_Object = Annotated[
    dict[str, Any],
    AfterValidator(_check_units),
    Field(description=f"Up to {MAX_UNITS:,} UTF-16 units of compact JSON.", examples=[{"lines": 3}]),
]
JobType = Annotated[str, Field(pattern=TYPE_PATTERN, examples=["word-count"])]
Ref = Annotated[
    str,
    # The pattern first: behind a validator it would hold, but OpenAPI would not have it.
    Field(min_length=1, max_length=REFERENCE_CHARACTERS, pattern=NAME_PATTERN, examples=["books/moby-dick.txt"]),
    AfterValidator(_check_unicode),
]
#: Of a job to look up: older releases recorded names that can't be added any more.
KnownRef = Annotated[
    str,
    Field(min_length=1, max_length=REFERENCE_CHARACTERS, examples=["books/moby-dick.txt"]),
    AfterValidator(_check_unicode),
]
_Owner = Annotated[
    str,
    Field(
        min_length=1, max_length=128, pattern="^[ -~]*$", description="Who does the work.", examples=["worker-7/4711"]
    ),
]
_Lease = (
    Annotated[int, Field(ge=1, le=3600, description="Length of the lease from now on.", examples=[60]), _INTEGRAL]
    | None
)
Timestamp = Annotated[
    AwareDatetime,
    BeforeValidator(_check_rfc3339),
    AfterValidator(_clamp),
    Field(strict=False),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-04T03:02:01Z"]}),
]


_UNIQUE = (
    Field(min_length=1, max_length=MAX_IDS, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_check_unique),
)
_Filter = (
    Annotated[
        dict[str, Any],
        AfterValidator(_check_filter),
        Field(description="How the ids were picked: up to 1 KB of JSON, for the log.", examples=[{"state": "FAILED"}]),
    ]
    | None
)
_OperationId = (
    Annotated[
        str,
        Field(
            pattern="^[0-9a-f]{32}$",
            description="Any 32 hex digits that the calls of one operation have in common, for the log.",
        ),
    ]
    | None
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewJob(_Strict):
    """A job to add."""

    type: JobType
    ref: Ref
    params: _Object = Field(default_factory=dict)
    unique: bool = Field(False, description="Allow only one job of this type and ref, even after it was purged.")
    ttl_seconds: (
        Annotated[
            int, Field(ge=1, le=315_360_000, description="The job can only be claimed within this time."), _INTEGRAL
        ]
        | None
    ) = None
    not_before: Annotated[Timestamp | None, Field(description="The job can't be claimed earlier.")] = None
    max_attempts: Annotated[int, Field(ge=1, le=100), _INTEGRAL] | None = None


class NextClaim(_Strict):
    """A claim of one of the due jobs of a type."""

    type: JobType
    owner: _Owner
    lease_seconds: _Lease = None
    wait_seconds: Annotated[float, Field(ge=0, le=20, description="How long to wait for a due job.", examples=[0])] = 0


class JobClaim(_Strict):
    """A claim of one job."""

    owner: _Owner
    lease_seconds: _Lease = None


class Renewal(_Strict):
    """A longer lease, and progress."""

    progress: (
        Annotated[float, Field(ge=0, le=1, description="How much of the work is done.", examples=[0.5])] | None
    ) = None
    cursor: Annotated[str, Field(max_length=4096, description="Where another attempt can continue.")] | None = None
    lease_seconds: _Lease = None


class Completion(_Strict):
    """The result of a job."""

    result: _Object = Field(default_factory=dict)


class Failure(_Strict):
    """Why an attempt failed."""

    code: str = Field(pattern="^[a-z][a-z0-9_]{0,63}$", examples=["bad_input"])
    message: str = Field(min_length=1, max_length=1000, examples=["The text is empty."])


class Retry(_Strict):
    """A temporary failure."""

    error: Failure
    delay_seconds: (
        Annotated[int, Field(ge=0, le=604_800, description="Set by the back-off if left out."), _INTEGRAL] | None
    ) = None


class Fail(_Strict):
    """A failure that every attempt would meet."""

    error: Failure


class PurgeOrder(_Strict):
    """Which ended jobs to delete."""

    before: Annotated[Timestamp, Field(description="The jobs ended before this time.")]
    state: Annotated[str, Field(pattern="^(COMPLETED|FAILED|CANCELED)$", examples=["FAILED"])] | None = None


class WalkOrder(_Strict):
    """How long to walk through the container."""

    seconds: Annotated[int, Field(ge=1, le=120, description="Begin nothing more after this time."), _INTEGRAL] = 20


class JobsAction(_Strict):
    """What to do to up to 100 jobs."""

    action: str = Field(pattern="^(cancel|redrive|delete)$", examples=["redrive"])
    ids: Annotated[list[Annotated[str, Field(pattern=ID_PATTERN)]], *_UNIQUE]
    as_of: Annotated[
        Timestamp | None,
        Field(
            description="Act on jobs only as they were before this time: refuse to redrive or delete one that has "
            "ended since, and to cancel one that was added since. So a repeated request never opens a job twice."
        ),
    ] = None
    forget: bool = Field(False, description="With `delete`: also forget the keys of the jobs.")
    filter: _Filter = None
    operation: _OperationId = None


class RejectedAction(_Strict):
    """What to do to up to 100 rejected messages."""

    action: str = Field(pattern="^(redrive|delete)$", examples=["redrive"])
    ids: Annotated[list[Annotated[str, Field(pattern=REJECTED_ID_PATTERN)]], *_UNIQUE]
    filter: _Filter = None
    operation: _OperationId = None


class ImageName(_Strict):
    """An image that is already in the container."""

    name: str = Field(
        min_length=1, max_length=1024, pattern=NAME_PATTERN, examples=["cat.png"], json_schema_extra=IMAGE_NAME
    )
