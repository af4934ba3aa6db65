"""``Audit`` on Azure: the job table read whole, and one reference of it read again in one piece."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode
from azure.storage.blob import BlobServiceClient

from shared.errors import Lost, NewerSchema, RowDamaged, StorageOut
from shared.rules.audit import Group, IndexFacts, JobFacts, KeyFacts, Mending, TryFacts
from shared.rules.ids import JOB_ID
from shared.rules.jobs import Job, State
from shared.storage import cas, codec, names, report_audit, row_keys, sdk_errors
from shared.storage.batches import Operation
from shared.storage.columns import Columns
from shared.storage.retries import RetryPolicy

_COLUMNS = [
    *("PartitionKey", "RowKey", "Timestamp", *codec.JOB_COLUMNS),
    *("job_id", "outcome", "analyzed", "final_state", "copy"),
]
_PLACE = re.compile(r"([a-z][a-z0-9-]{0,30}):[0-9a-f]{2}")
_KEY = re.compile(r"key:([0-9a-f]{32})")
_STEM = re.compile(r"[a-z][a-z0-9-]{0,30}-[0-9a-f]{16}")
_KINDS = frozenset({"job", "due", "end", "try"})
#: Of facts that nobody asks for the time.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
#: The digits of the version at the end of a job id.
_VERSION_DIGITS = 16
#: A reference that moves at each of so many looks is alive.
_LOOKS = 5


class AuditReader:
    """The job table and the thumbnails, for proof.

    Args:
        table: Client of the job table.
        images: Client of the account that holds the thumbnails.
        thumbnails_container: Name of their container.
        buckets: Partitions a type.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(
        self,
        table: TableClient,
        images: BlobServiceClient,
        *,
        thumbnails_container: str,
        buckets: int,
        retry: RetryPolicy,
        draw: Callable[[], str],
    ) -> None:
        self._table = table
        self._images = images
        self._thumbnails = thumbnails_container
        self._buckets = buckets
        self._retry = retry
        self._draw = draw

    def groups(self) -> Iterator[Group]:
        """See ``Audit.groups``."""
        with sdk_errors.as_outages():
            rows = self._table.list_entities(select=_COLUMNS)
            try:
                for place, stand in groupby(rows, key=lambda row: str(row["PartitionKey"])):
                    if _PLACE.fullmatch(place):
                        yield from self._by_stem(place, stand).values()
            except ResourceNotFoundError:
                raise StorageOut("there is no job table yet; `darkroom init` creates it") from None

    def look(self, group: Group) -> Group:
        """See ``Audit.look``."""
        if not _STEM.fullmatch(group.stem):
            return group  # all that it holds is a row that is not one of ours
        return self._look(group.place, group.stem, group.index)

    def group_of(self, job_id: str) -> Group:
        """See ``Audit.group_of``."""
        return self._look(row_keys.partition(job_id, self._buckets), job_id[:-_VERSION_DIGITS], ())

    def mend(self, group: Group, mending: Mending) -> None:
        """See ``Audit.mend``."""
        place, nonce = group.place, self._draw()
        operations: list[Operation] = []
        if mending.job is None:
            (stray,) = mending.delete
            operations.append(("delete", _at(place, stray.row_key), cas.if_match(stray.etag)))
            guard = cas.GuardRow(place, stray.row_key, stray.etag, nonce)
        else:
            job = mending.job
            options = {"mode": UpdateMode.MERGE, **cas.if_match(job.etag)}
            operations.append(("update", {**_at(place, job.row_key), "nonce": nonce}, options))
            operations += [("delete", _at(place, row.row_key)) for row in mending.delete]
            if mending.insert:  # perhaps over a row with an old copy: only with the job it changes, which is guarded
                operations.append(("upsert", _at(place, mending.insert), {"mode": UpdateMode.REPLACE}))
            guard = cas.GuardRow(place, job.row_key, job.etag, nonce)
        cas.transact(self._table, operations, guard, retry=self._retry)

    def thumbnails(self) -> Iterator[str]:
        """See ``Audit.thumbnails``."""
        with sdk_errors.as_outages():
            try:
                yield from names.container(self._images, self._thumbnails).list_blob_names()
            except ResourceNotFoundError:
                return

    def has_thumbnail(self, name: str) -> bool:
        """See ``Audit.has_thumbnail``."""
        with sdk_errors.as_outages():
            return bool(names.blob(self._images, self._thumbnails, name).exists())

    def _look(self, place: str, stem: str, index: Iterable[str]) -> Group:
        """Read until the job rows are the same before and after: then all that was read between is of one moment."""
        with sdk_errors.as_outages():
            jobs = self._range(place, f"job:{stem}")
            for _ in range(_LOOKS):
                rows = [*jobs, *self._range(place, f"try:{stem}"), *self._key_row(place, stem)]
                group = self._by_stem(place, rows).setdefault(stem, self._group(place, stem))
                expected = {job.index_key for job in group.jobs.values() if job.index_key}
                for row in self._points(place, expected.union(index)):
                    _take(group, row)
                again = self._range(place, f"job:{stem}")
                if _versions(again) == _versions(jobs):
                    return group
                jobs = again
        raise Lost(f"job:{stem}")

    def _range(self, place: str, prefix: str) -> list[TableEntity]:
        names = {"place": place, "first": prefix, "last": f"{prefix}g"}  # behind every hexadecimal digit
        condition = "PartitionKey eq @place and RowKey ge @first and RowKey lt @last"
        return list(self._table.query_entities(condition, parameters=names, select=_COLUMNS))

    def _key_row(self, place: str, stem: str) -> list[TableEntity]:
        return self._range(place, f"key:{stem[-_VERSION_DIGITS:]}")

    def _points(self, place: str, row_keys: Iterable[str]) -> Iterator[TableEntity]:
        for row_key in sorted(row_keys):
            try:
                yield self._table.get_entity(place, row_key, select=["PartitionKey", "RowKey", "Timestamp", "copy"])
            except ResourceNotFoundError:
                continue

    def _by_stem(self, place: str, rows: Iterable[TableEntity]) -> dict[str, Group]:
        """Sort the rows of one partition by reference."""
        groups: dict[str, Group] = {}
        for row in rows:
            stem = _stem(place, row["RowKey"])
            group = groups.get(stem) or groups.setdefault(stem, self._group(place, stem))
            _take(group, row)
        return groups

    def _group(self, place: str, stem: str) -> Group:
        identity = f"{stem}{'0' * _VERSION_DIGITS}"
        home = row_keys.partition(identity, self._buckets) if JOB_ID.fullmatch(identity) else place
        return Group(place=place, stem=stem, home=home)


def _versions(rows: list[TableEntity]) -> dict[str, str]:
    return {row["RowKey"]: _etag(row) for row in rows}


def _etag(row: TableEntity) -> str:
    return str(row.metadata["etag"])


def _at(place: str, row_key: str) -> dict[str, Any]:
    return {"PartitionKey": place, "RowKey": row_key}


def _id_in(row_key: str) -> str:
    """Return the job id in a RowKey, or whatever is in its place."""
    kind, _, rest = row_key.partition(":")
    if kind == "try":
        return rest.rpartition(":")[0]
    return rest if kind == "job" else row_keys.job_of_index(row_key)


def _stem(place: str, row_key: str) -> str:
    """Return what the ids of all jobs of a row's reference begin with; the RowKey itself where it has no such form."""
    key, job_id = _KEY.fullmatch(row_key), _id_in(row_key)
    if key:
        return f"{place.rpartition(':')[0]}-{key[1][:_VERSION_DIGITS]}"
    ours = row_key.partition(":")[0] in _KINDS and JOB_ID.fullmatch(job_id)
    return job_id[:-_VERSION_DIGITS] if ours else row_key


def _take(group: Group, row: TableEntity) -> None:
    """Put a row where it belongs in its group, read or, where it can't be, as strange."""
    row_key = row["RowKey"]
    kind, _, _ = row_key.partition(":")
    job_id = _id_in(row_key)
    try:
        if _KEY.fullmatch(row_key):
            group.keys.append(_key(row))
        elif not JOB_ID.fullmatch(job_id):
            group.strange[row_key] = job_id
        elif kind == "job":
            group.jobs[job_id] = _job(row, job_id)
        elif kind == "try":
            group.tries.append(_try(row, job_id))
        elif kind in ("due", "end"):
            copy = codec.decode_copy(row, modified_at=_NO_TIME)
            group.index[row_key] = IndexFacts(row_key, job_id, _etag(row), None if copy is None else _hash(copy.job))
        else:
            group.strange[row_key] = job_id
    except NewerSchema:
        group.newer.add(job_id)
    except (KeyError, ValueError, TypeError, AttributeError, RowDamaged):
        group.strange[row_key] = job_id


def _job(row: TableEntity, job_id: str) -> JobFacts:
    job, columns = codec.decode(row, etag=_etag(row), modified_at=_NO_TIME, seen_at=_NO_TIME).job, Columns(row)
    if any(row.get(name) is not None and getattr(job, name) is None for name in ("progress", "error")):
        raise RowDamaged
    at = row_keys.end_key(job.state, job.ended, job_id) if job.state.ended and job.ended else None
    return JobFacts(
        id=job_id,
        type=job.type,
        ref=job.ref,
        version=job.version,
        unique=job.unique,
        retagged=job.retagged,
        state=job.state,
        owner=job.owner,
        claim_id=job.claim_id,
        has_lease=job.lease is not None,
        token=job.token,
        attempts=job.attempts,
        due=job.due,
        ended=job.ended,
        **report_audit.thumbnail(columns, job_id),
        report_wrong=report_audit.wrong(columns, image=job.is_image) if job.state is State.COMPLETED else None,
        row_key=row["RowKey"],
        index_key=at or (row_keys.due_key(job.due, job_id) if job.due else None),
        etag=_etag(row),
        copy=_hash(replace(job, claim_id=None, add_nonce="", thumbnail=None)),
    )


def _hash(job: Job) -> str:
    """Return the same for jobs of the same columns."""
    return hashlib.sha256(repr(job).encode(errors="backslashreplace")).hexdigest()[:32]


def _try(row: TableEntity, job_id: str) -> TryFacts:
    token, columns = int(row["RowKey"].rpartition(":")[2]), Columns(row)
    return TryFacts(row["RowKey"], job_id, token, columns.text("claim_id"), columns.text("outcome"))


def _key(row: TableEntity) -> KeyFacts:
    columns = Columns(row)
    kind, ref = columns.need_text("type"), columns.need_text("ref")
    return KeyFacts(
        row["RowKey"],
        row_keys.ref_key(kind, ref),
        kind,
        ref,
        columns.text("version") or "",
        columns.need_text("job_id"),
        None if row.get("final_state") is None else columns.choice("final_state", State),
        columns.text("analyzed"),
    )
