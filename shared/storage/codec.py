"""A job as rows of the job table, and back.

One job is a handful of rows of one partition: ``job:`` itself, ``due:`` while it lives or ``end:`` once it has ended,
and ``try:`` for each attempt. Key rows hold the newest version of a reference.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.errors import NewerSchema, NotJson, RowDamaged, TooLarge, Unreadable
from shared.ports.jobs import JobCopy, Key, Row
from shared.rules.due import Due
from shared.rules.flows import FLOW, flow_of
from shared.rules.ids import JOB_ID
from shared.rules.jobs import SCHEMA, Event, Job, JobError, Move, State
from shared.storage import copies, row_keys
from shared.storage.columns import Columns
from shared.tracing import valid_traceparent

Shown = TypeVar("Shown")

#: A string property holds 32,768 UTF-16 units (Azure Tables, data model).
STRING_UNITS = 32_768
#: A binary property holds 64 KiB (likewise).
BINARY_BYTES = 65_536
MESSAGE_LENGTH = 1_000

_TEXTS = ("type", "ref", "version", "retagged", "owner", "claim_id", "cursor", "add_nonce")
_NUMBERS = ("schema", "token", "attempts", "attempts_base", "abandons", "max_attempts")
#: What rows of the first releases do not have.
_ABSENT = {"abandons": 0}
_TIMES = ("not_before", "due", "deadline", "created", "started", "ended")
_SPANS = {"lease": "lease_seconds", "time_limit": "time_limit_seconds"}

#: What ``decode`` reads, but for the thumbnail: an audit has no use for it.
JOB_COLUMNS = (
    *("state", "unique", "progress", "params", "report", "error", "traceparent"),
    *(*_TEXTS, *_NUMBERS, *_TIMES, *_SPANS.values()),
)


def encode_index(job: Job, *, place: str, columns: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write the one index row that a job has, with a copy.

    A live one has its flow too, and whether it is worked on; an ended one, when its last attempt began.

    Args:
        job: The job.
        place: Its PartitionKey.
        columns: What ``encode`` has made of the job, where that is known.
    """
    columns = encode(job, place=place, nonce="") if columns is None else columns
    flow = {"flow": flow_of(job.ref)} if job.is_image and job.due is not None else {}
    running = {} if job.due is None else {"running": job.state is State.RUNNING}
    started = {"started": job.started} if job.due is None and job.started is not None else {}
    return {
        "PartitionKey": place,
        "RowKey": row_keys.index_key(job),
        **flow,
        **running,
        **started,
        **copies.encode(columns),
    }


def decode_copy(row: Mapping[str, Any], *, modified_at: datetime) -> JobCopy | None:
    """Read the copy in an index row; None where it has none that this release can read."""
    columns = copies.decode(row, _TIMES)
    if columns is None:
        return None
    key = row_keys.job_key(row_keys.job_of_index(row["RowKey"]))
    try:
        found = decode({**columns, "RowKey": key}, etag="", modified_at=modified_at, seen_at=modified_at)
    except Unreadable:
        return None
    return JobCopy(found.job, modified_at)


def decode_due(entity: Mapping[str, Any]) -> Due:
    """Read a due row; a flow that can't be one is left out."""
    flow = entity.get("flow")
    row_key = entity["RowKey"]
    return Due(
        row_keys.job_of_index(row_key), flow if isinstance(flow, str) and FLOW.fullmatch(flow) else None, row_key
    )


def encode(job: Job, *, place: str, nonce: str) -> dict[str, Any]:
    """Write a job as an entity.

    Args:
        job: The job.
        place: Its PartitionKey.
        nonce: Of this write.

    Raises:
        NotJson: ``params`` or ``report`` is not JSON.
        TooLarge: One of them, or ``thumbnail``, is larger than a property may be.
    """
    if job.thumbnail is not None and len(job.thumbnail) > BINARY_BYTES:
        raise TooLarge("thumbnail", f"must have at most {BINARY_BYTES:,} bytes, not {len(job.thumbnail):,}")
    columns: dict[str, Any] = {"PartitionKey": place, "RowKey": row_keys.job_key(job.id), "nonce": nonce}
    columns |= {name: getattr(job, name) for name in ("traceparent", *_TEXTS, *_NUMBERS, *_TIMES)}
    columns |= {column: _total_seconds(getattr(job, name)) for name, column in _SPANS.items()}
    columns |= {
        "state": job.state.value,
        "unique": None if job.unique else False,
        "progress": job.progress,
        "thumbnail": job.thumbnail,
        "params": _json("params", job.params),
        "report": None if job.report is None else _json("report", job.report),
        "error": None if job.error is None else _json("error", error_columns(job.error)),
    }
    return {name: value for name, value in columns.items() if value is not None}


def decode(entity: Mapping[str, Any], *, etag: str, modified_at: datetime, seen_at: datetime) -> Row:
    """Read a job from its entity.

    What decides about a job must be as a release has written it. What is only looked at, the report above all, may be
    anything: it is left out where it is not of its type, and nobody stumbles over it.

    Raises:
        NewerSchema: It was written by a newer release.
        RowDamaged: Nobody can say what it means.
    """
    columns = Columns(entity)
    schema = columns.whole("schema")
    if schema > SCHEMA:
        raise NewerSchema(f"{entity['RowKey']}: schema {schema}, this release knows {SCHEMA}")
    values: dict[str, Any] = {name: columns.whole(name, _ABSENT.get(name)) for name in _NUMBERS}
    values |= {name: columns.text(name) for name in _TEXTS} | {name: columns.moment(name) for name in _TIMES}
    values |= {name: columns.span(column) for name, column in _SPANS.items()}
    values |= {name: columns.need_text(name) for name in ("type", "ref")}
    params = columns.json_object("params")
    if params is None:
        raise RowDamaged(f"{entity['RowKey']}: the column params is missing")
    job = Job(
        id=entity["RowKey"].partition(":")[2],
        state=columns.choice("state", State),
        unique=columns.flag("unique", default=True),
        progress=_or_none(lambda: columns.share("progress")),
        thumbnail=_or_none(lambda: columns.data("thumbnail")),
        params=params,
        report=_or_none(lambda: columns.json_object("report")),
        error=_or_none(columns.error),
        traceparent=valid_traceparent(entity.get("traceparent")),
        **{**values, "version": values["version"] or "", "add_nonce": values["add_nonce"] or ""},
    )
    return Row(job, etag, modified_at, seen_at)


def _or_none(read: Callable[[], Shown]) -> Shown | None:
    try:
        return read()
    except RowDamaged:
        return None


def encode_key(job: Job, *, place: str, nonce: str, purged: bool = False) -> dict[str, Any]:
    """Write the key row that makes a job's version the newest of its reference.

    Args:
        job: The job.
        place: Its PartitionKey.
        nonce: Of this write.
        purged: Whether the job goes with this write: then this row holds how it ended.
    """
    final = {"final_state": job.state.value, "ended_at": job.ended} if purged else {}
    analyzed = {} if job.retagged is None else {"analyzed": job.version}
    return {
        **final,
        **analyzed,
        "PartitionKey": place,
        "RowKey": row_keys.ref_key(job.type, job.ref),
        "type": job.type,
        "ref": job.ref,
        "version": job.newest,
        "job_id": job.id,
        "nonce": nonce,
    }


def decode_key(entity: Mapping[str, Any], *, etag: str) -> Key:
    """Read a key row.

    Raises:
        RowDamaged: Nobody can say what it means.
    """
    columns = Columns(entity)
    state = None if "final_state" not in entity else columns.choice("final_state", State)
    kind, ref, version, identity = (columns.need_text(name) for name in ("type", "ref", "version", "job_id"))
    if entity["RowKey"] != row_keys.ref_key(kind, ref) or not JOB_ID.fullmatch(identity):
        raise RowDamaged(f"{entity['RowKey']}: the columns are those of another reference, or name no job")
    return Key(kind, ref, version, identity, etag, state, columns.moment("ended_at"))


def encode_attempt_end(before: Job, move: Move, *, place: str, nonce: str) -> dict[str, Any] | None:
    """Return what a move adds to the ``try:`` row of the attempt that it ends; None when it ends none."""
    if before.state is not State.RUNNING or move.job.claim == before.claim:
        return None
    outcome = "lapsed" if move.event is Event.CLAIM else move.event.value
    columns = {
        "PartitionKey": place,
        "RowKey": row_keys.try_key(before.id, before.token),
        "ended": move.at,
        "outcome": outcome,
        "end_nonce": nonce,
    }
    if move.job.error is not None:
        columns["error"] = _json("error", error_columns(move.job.error))
    return columns


def encode_attempt_start(move: Move, *, place: str, nonce: str) -> dict[str, Any] | None:
    """Return the ``try:`` row of the attempt that a move begins; None when it begins none."""
    if move.event is not Event.CLAIM:
        return None
    job = move.job
    return {
        "PartitionKey": place,
        "RowKey": row_keys.try_key(job.id, job.token),
        "claim_id": job.claim_id,
        "claim_nonce": nonce,
        "owner": job.owner,
        "started": move.at,
    }


def error_columns(error: JobError) -> dict[str, str]:
    """Return an error as JSON values, its message cut to what a reader needs."""
    message = error.message.encode("utf-8", "backslashreplace").decode()  # it may name a file, whose name may be bytes
    return {"code": error.code, "message": message[:MESSAGE_LENGTH], "at": error.at.isoformat()}


def _json(name: str, value: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        units = len(text.encode("utf-16-le")) // 2
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJson(name, type(error).__name__) from None
    if units > STRING_UNITS:
        raise TooLarge(name, f"must have at most {STRING_UNITS:,} UTF-16 units of compact JSON, not {units:,}")
    return text


def _total_seconds(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()
