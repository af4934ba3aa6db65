"""``Marks`` on Azure Table Storage: one row of the job table a walk, beside the number of buckets."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.errors import RowDamaged
from shared.ports.marks import Mark
from shared.storage import cas, sdk_errors
from shared.storage.batches import Operation
from shared.storage.columns import Columns
from shared.storage.retries import RetryPolicy, create_table
from shared.storage.server_date import ReplyDate

_META = "meta"


class MarkTable:
    """The marks in the job table.

    Args:
        table: Client of the table.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(self, table: TableClient, *, retry: RetryPolicy, draw: Callable[[], str]) -> None:
        self._table = table
        self._retry = retry
        self._draw = draw

    def get(self, name: str) -> Mark | None:
        """See ``Marks.get``."""
        with sdk_errors.as_outages():
            try:
                entity = self._table.get_entity(_META, _row_key(name))
            except ResourceNotFoundError:
                return None
        try:
            value = Columns(entity).json_object("value")
        except RowDamaged:  # it says nothing any more, and is written over like any other
            value = None
        return Mark(name, value or {}, ReplyDate.etag(entity))

    def insert(self, name: str, value: Mapping[str, Any]) -> Mark:
        """See ``Marks.insert``."""
        columns = self._columns(name, value)
        guard = cas.GuardRow(_META, columns["RowKey"], None, columns["nonce"])
        return Mark(name, value, self._transact(("create", columns), guard))

    def replace(self, mark: Mark, value: Mapping[str, Any]) -> Mark:
        """See ``Marks.replace``."""
        columns = self._columns(mark.name, value)
        options = {"mode": UpdateMode.REPLACE, **cas.if_match(mark.etag)}
        guard = cas.GuardRow(_META, columns["RowKey"], mark.etag, columns["nonce"])
        return Mark(mark.name, value, self._transact(("update", columns, options), guard))

    def _transact(self, operation: Operation, guard: cas.GuardRow) -> str:
        create = partial(create_table, self._table, self._retry) if guard.etag is None else None
        return cas.transact(self._table, [operation], guard, retry=self._retry, create=create)

    def _columns(self, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
        text = json.dumps(value, ensure_ascii=False)
        return {"PartitionKey": _META, "RowKey": _row_key(name), "value": text, "nonce": self._draw()}


def _row_key(name: str) -> str:
    """Return the RowKey of a mark; a walk's name is of our own choice and needs no encoding."""
    return f"mark:{name}"
