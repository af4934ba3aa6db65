"""``ActionLog`` on Azure Table Storage: one row an action, beside the jobs, in a partition of their own."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.errors import Lost, RowDamaged
from shared.ports.actions import ActionRow, NewAction
from shared.rules.actions import ACTION_ID, RANDOM_DIGITS, Action, Counts
from shared.rules.keys import Role
from shared.storage import cas, row_keys, sdk_errors
from shared.storage.columns import Columns
from shared.storage.deletions import delete_as_read
from shared.storage.retries import RetryPolicy, create_table
from shared.storage.server_date import ReplyDate

_PARTITION = "actions"
_KIND = "action:"
#: Sorts behind every id.
_LAST = "action;"
#: What an operator who waits for an answer gives storage to keep how an action has ended.
PATIENCE = timedelta(seconds=5)


class ActionTable:
    """The rows of actions.

    Args:
        table: Client of the job table.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(self, table: TableClient, *, retry: RetryPolicy, draw: Callable[[], str]) -> None:
        self._table = table
        self._retry = retry
        self._draw = draw

    def insert(self, new: NewAction) -> ActionRow:
        """See ``ActionLog.insert``."""
        nonce = self._draw()
        identity = f"{row_keys.newest_first(new.at)}-{nonce[:RANDOM_DIGITS]}"
        columns: dict[str, Any] = {**_place(identity), "nonce": nonce, **_columns(new)}
        create = partial(create_table, self._table, self._retry)
        guard = cas.GuardRow(_PARTITION, f"{_KIND}{identity}", None, nonce)
        try:
            etag = cas.transact(self._table, [("create", columns)], guard, retry=self._retry, create=create)
        except Lost:  # nobody else draws this id: the request has arrived twice
            etag = self._etag(identity)
        return ActionRow(identity, new, None, None, etag)

    def end(self, row: ActionRow, counts: Counts, *, now: datetime) -> None:
        """See ``ActionLog.end``."""
        nonce = self._draw()
        columns = {**_place(row.id), "nonce": nonce, "ended": now, "result": json.dumps(asdict(counts))}
        options = {"mode": UpdateMode.MERGE, **cas.if_match(row.etag)}
        guard = cas.GuardRow(_PARTITION, f"{_KIND}{row.id}", row.etag, nonce)
        cas.transact(self._table, [("update", columns, options)], guard, retry=self._retry, timeout=PATIENCE)

    def list(self, *, limit: int, after: str = "") -> Sequence[ActionRow]:
        """See ``ActionLog.list``."""
        return [*islice(filter(None, map(_try_decode, self._rows(after, limit, None))), limit)]

    def old(self, *, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """See ``ActionLog.old``."""
        edge = f"{row_keys.newest_first(before)}."  # behind the ids of that millisecond, which have a hyphen there
        return [(_id_of(row), ReplyDate.etag(row)) for row in islice(self._rows(edge, limit, "RowKey"), limit)]

    def forget(self, rows: Sequence[tuple[str, str]]) -> int:
        """See ``ActionLog.forget``."""
        etags = {f"{_KIND}{identity}": etag for identity, etag in rows}
        return delete_as_read(self._table, _PARTITION, etags, retry=self._retry, draw=self._draw)

    def _etag(self, identity: str) -> str:
        with sdk_errors.as_outages():
            place = _place(identity)
            return ReplyDate.etag(self._table.get_entity(place["PartitionKey"], place["RowKey"], select="RowKey"))

    def _rows(self, after: str, limit: int, columns: str | None) -> Iterator[Any]:
        names = {"place": _PARTITION, "first": f"{_KIND}{after}", "last": _LAST}
        condition = "PartitionKey eq @place and RowKey gt @first and RowKey lt @last"
        with sdk_errors.as_outages():
            try:
                yield from self._table.query_entities(
                    condition, parameters=names, select=columns, results_per_page=limit
                )
            except ResourceNotFoundError:
                return


def _place(identity: str) -> dict[str, str]:
    return {"PartitionKey": _PARTITION, "RowKey": f"{_KIND}{identity}"}


def _id_of(row: Any) -> str:  # noqa: ANN401 - an entity
    return str(row["RowKey"]).removeprefix(_KIND)


def _columns(new: NewAction) -> dict[str, Any]:
    """Return the columns of a new action; what others have chosen is JSON in ASCII, which storage never refuses."""
    said = {"who": new.who, "selection": new.selection, "first_ids": new.first_ids}
    columns = {"at": new.at, "action": new.action.value, "ids": new.ids, "said": json.dumps(said)}
    columns |= {} if new.role is None else {"role": new.role.value}
    return columns | ({} if new.operation is None else {"operation": new.operation})


def _try_decode(row: Any) -> ActionRow | None:  # noqa: ANN401 - an entity with its metadata
    try:
        return _decode(row)
    except RowDamaged:
        return None


def _decode(row: Any) -> ActionRow:  # noqa: ANN401 - an entity with its metadata
    """Read a row.

    Raises:
        RowDamaged: Somebody else has written it.
    """
    columns, identity = Columns(row), _id_of(row)
    if not ACTION_ID.fullmatch(identity):  # no list could go on behind it
        raise RowDamaged(f"{row['RowKey']}: this is the key of no action")
    said = Columns(columns.json_object("said") or {})
    new = NewAction(
        at=columns.need_moment("at"),
        who=said.need_text("who"),
        role=None if columns.text("role") is None else columns.choice("role", Role),
        action=columns.choice("action", Action),
        selection=said.plain_object("selection"),
        operation=columns.text("operation"),
        ids=columns.whole("ids"),
        first_ids=said.texts("first_ids"),
    )
    ended, counts = columns.moment("ended"), _counts(columns.json_object("result"))
    return ActionRow(identity, new, counts, ended, ReplyDate.etag(row))


def _counts(result: Mapping[str, Any] | None) -> Counts | None:
    if result is None:
        return None
    numbers = Columns(result)
    codes = numbers.plain_object("codes") or {}
    each = {code: Columns(codes).whole(code) for code in codes}
    return Counts(numbers.whole("done"), numbers.whole("refused"), numbers.whole("unknown"), each)
