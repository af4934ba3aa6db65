"""``Rejections`` on Azure Table Storage: one row a text, beside the jobs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.errors import ContentRefused, Lost, RowDamaged, Undecided
from shared.ports.rejections import SHOWN_CHARACTERS, RejectedMessage
from shared.rules.ids import digest
from shared.storage import cas, codec, sdk_errors
from shared.storage.batches import Operation
from shared.storage.columns import Columns
from shared.storage.deletions import delete_as_read
from shared.storage.retries import RetryPolicy, create_table
from shared.storage.server_date import ReplyDate

_PARTITION = "rejected"
_KIND = "rejected:"
#: Sorts behind every id.
_LAST = "rejected;"
_ID = re.compile("[0-9a-f]{32}")
_COLUMNS = ["RowKey", "Timestamp", "code", "message", "shown"]
#: Deliveries of one text that meet here this often in a row are no accident.
_ROUNDS = 20
#: Characters up to here take one UTF-16 unit, others two.
_BASIC_PLANE = 0xFFFF


class RejectionTable:
    """The rows of rejected texts.

    Args:
        table: Client of the job table.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(self, table: TableClient, *, retry: RetryPolicy, draw: Callable[[], str]) -> None:
        self._table = table
        self._retry = retry
        self._draw = draw

    def reject(self, text: str, *, code: str, message: str) -> None:
        """See ``Rejections.reject``."""
        identity = digest(text)
        columns = {"code": code, "message": message, "shown": text[:SHOWN_CHARACTERS]}
        columns |= {"text" if number == 1 else f"text_{number}": part for number, part in _parts(text)}
        try:
            self._keep(identity, columns)
        except ContentRefused as refused:  # a text that no row holds must not come back again and again
            self._keep(identity, {"code": code, "message": f"{message} {refused}", "shown": "", "text": ""})

    def _keep(self, identity: str, columns: Mapping[str, str]) -> None:
        news = {name: columns[name] for name in ("code", "message")}
        for _ in range(_ROUNDS):
            if self._try_insert(identity, columns) or self._try_replace(identity, news):
                return
        raise Undecided(f"{_KIND}{identity}: others were first {_ROUNDS} times")

    def list(self, *, limit: int, after: str = "") -> "list[RejectedMessage]":
        """See ``Rejections.list``."""
        names = {"place": _PARTITION, "first": f"{_KIND}{after}", "last": _LAST}
        condition = "PartitionKey eq @place and RowKey gt @first and RowKey lt @last"
        with sdk_errors.as_outages():
            try:
                rows = self._table.query_entities(condition, parameters=names, select=_COLUMNS, results_per_page=limit)
                return [*islice(filter(None, map(_try_decode, rows)), limit)]
            except ResourceNotFoundError:
                return []

    def get(self, rejected_id: str) -> RejectedMessage | None:
        """See ``Rejections.get``."""
        row = self._read(rejected_id)
        if row is None:
            return None
        texts = ["text", *(f"text_{number}" for number in range(2, len(row)))]
        return _decode(row, "".join(str(row[name]) for name in texts if name in row))

    def delete(self, row: RejectedMessage) -> None:
        """See ``Rejections.delete``."""
        place = self._place(row.id)
        self._transact(("delete", place, cas.if_match(row.etag)), row.etag, self._draw())

    def forget(self, rows: "Sequence[RejectedMessage]") -> int:
        """See ``Rejections.forget``."""
        etags = {f"{_KIND}{row.id}": row.etag for row in rows}
        return delete_as_read(self._table, _PARTITION, etags, retry=self._retry, draw=self._draw)

    def _try_insert(self, identity: str, columns: Mapping[str, str]) -> bool:
        nonce = self._draw()
        try:
            self._transact(("create", {**self._place(identity), **columns, "nonce": nonce}), None, nonce)
        except Lost:
            return False
        return True

    def _try_replace(self, identity: str, columns: Mapping[str, str]) -> bool:
        """Write over a text that is kept already, so that nobody deletes it who has not seen this rejection."""
        stands = self._read(identity)
        if stands is None:
            return False
        nonce = self._draw()
        etag = ReplyDate.etag(stands)
        options = {"mode": UpdateMode.MERGE, **cas.if_match(etag)}
        try:
            operation = ("update", {**self._place(identity), **columns, "nonce": nonce}, options)
            self._transact(operation, etag, nonce)
        except Lost:
            return False
        return True

    def _read(self, identity: str) -> Any:  # noqa: ANN401 - an entity with its metadata, or None
        with sdk_errors.as_outages():
            try:
                return self._table.get_entity(_PARTITION, f"{_KIND}{identity}")
            except ResourceNotFoundError:
                return None

    def _transact(self, operation: Operation, held: str | None, nonce: str) -> None:
        guard = cas.GuardRow(_PARTITION, str(operation[1]["RowKey"]), held, nonce)
        create = partial(create_table, self._table, self._retry) if held is None else None
        cas.transact(self._table, [operation], guard, retry=self._retry, create=create)

    @staticmethod
    def _place(identity: str) -> dict[str, str]:
        return {"PartitionKey": _PARTITION, "RowKey": f"{_KIND}{identity}"}


def _decode(row: Any, text: str) -> RejectedMessage:  # noqa: ANN401 - an entity with its metadata
    columns, identity = Columns(row), str(row["RowKey"]).removeprefix(_KIND)
    code, message, etag = columns.need_text("code"), columns.need_text("message"), ReplyDate.etag(row)
    return RejectedMessage(identity, code, message, ReplyDate.modified_at(row), text, etag)


def _try_decode(row: Any) -> RejectedMessage | None:  # noqa: ANN401 - an entity with its metadata
    """Read a row of a list; None for what somebody else has written: no list could show it, or go on behind it."""
    try:
        found = _decode(row, Columns(row).need_text("shown"))
    except RowDamaged:
        return None
    return found if _ID.fullmatch(found.id) else None


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into pieces that a property can hold, numbered from 1; an empty text is one empty piece."""
    number, units = 1, 0
    part: list[str] = []
    for letter in text:
        width = 1 if ord(letter) <= _BASIC_PLANE else 2
        if units + width > codec.STRING_UNITS:
            yield number, "".join(part)
            number, part, units = number + 1, [], 0
        part.append(letter)
        units += width
    yield number, "".join(part)
