"""Conditional writes that end as won or lost, or are sent again until they are decided.

A reply can be lost after the service has written. The SDKs' own retries then report the writer's own success as a
conflict, so they are off here. Every write carries a fresh nonce; when the reply does not decide, the row does:

* the row holds my nonce: **won**;
* the row is still as it was when I read it: **undecided**; the same write is sent again, until the row moves;
* the row has been moved on by another: the proof column, written by the same transaction and by nobody else, decides.

This module alone calls the SDK's methods that write rows and messages, and ``blob_writes`` those of blobs: without a
match condition they are unconditional.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from shared.errors import ContentRefused, Lost, StorageOut, Undecided
from shared.storage.batches import Operation
from shared.storage.retries import Create, Limits, RetryPolicy, create_if_missing, read_limits, repeat
from shared.storage.sdk_errors import Missing, as_outages, code_of, is_refusal, refuses_content

T = TypeVar("T")

#: The ETag of a row that was mine for a moment and has been moved on by another: well-formed, and matches nothing. The
#: service's own times begin with this year; an earlier one it may answer with 400 in place of 412.
MOVED_ON = "W/\"datetime'1601-01-01T00%3A00%3A00.0000000Z'\""


_IN_OTHER_HANDS = "PopReceiptMismatch"


class IndexBroken(StorageOut):
    """An index row does not stand where its job says: somebody else has written to the table."""


class _Verdict(Enum):
    UNDECIDED = "the row is as it was"
    LOST = "the row was moved by another"


@dataclass(frozen=True)
class GuardRow:
    """The row whose version guards a transaction.

    Attributes:
        partition: Its PartitionKey.
        row_key: Its RowKey.
        etag: The ETag in hand; None for a row that must be new.
        nonce: What this write puts into its ``nonce`` column.
        proof: Row key and column where the nonce stays when others move the row on; None when no row keeps it.
    """

    partition: str
    row_key: str
    etag: str | None
    nonce: str
    proof: tuple[str, str] | None = None


def if_match(etag: str) -> dict[str, Any]:
    """Return the SDK's options of an operation that must find this version of a row."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


@dataclass
class _Transaction:
    """A transaction, and how often it was sent: a refusal of the first send is true."""

    table: TableClient
    operations: Sequence[Operation]
    guard: GuardRow
    limits: Limits
    sends: int = 0

    def submit(self) -> str:
        """Send it once; return the guard row's new ETag, empty when it was deleted."""
        self.sends += 1
        replies = self.table.submit_transaction(self.operations, retry_total=0, **self.limits())
        own = next(i for i, each in enumerate(self.operations) if each[1]["RowKey"] == self.guard.row_key)
        return str(replies[own].get("etag", ""))


def transact(
    table: TableClient,
    operations: Sequence[Operation],
    guard: GuardRow,
    *,
    retry: RetryPolicy,
    timeout: timedelta | None = None,
    create: Create | None = None,
) -> str:
    """Write all of the operations or none.

    Args:
        table: Of all rows.
        operations: For one partition; those on rows that others may move carry a match condition.
        guard: One of the rows written, with what decides when no reply does.
        retry: How long to go on.
        timeout: Of all requests together, where the writer can't wait as long as ``retry``.
        create: Creates the table where it is missing; nobody creates it without.

    Returns:
        The guard row's new ETag, empty when it was deleted; ``MOVED_ON`` when the write was applied and others have
        moved the row since.

    Raises:
        Lost: Another writer was first; ``row_key`` names the row.
        Missing: There is no such table.
        IndexBroken: A row without a guard of its own is not where it should be.
        ContentRefused: The service does not take what one of the rows would hold.
        Undecided: The time is over and nobody has said whether the write was applied.
        StorageOut: Storage refuses to work.

    Costs: 1 transaction; 1 or 2 reads and another transaction for each reply that does not decide.
    """
    limits = retry.limits(timeout)
    transaction = _Transaction(table, operations, guard, limits)
    for _ in retry.sends(timeout):
        try:
            return create_if_missing(create, transaction.submit)
        except AzureError as error:
            if is_refusal(error) and transaction.sends == 1:
                raise _refusal(error, operations) from error
            verdict = _look(table, guard, limits)
            if isinstance(verdict, str):
                return verdict
            _raise_verdict(verdict, error, operations, guard)
    raise Undecided(f"{guard.row_key}: no answer in time")


def _raise_verdict(
    verdict: _Verdict | None, error: AzureError, operations: Sequence[Operation], guard: GuardRow
) -> None:
    if verdict is _Verdict.LOST:
        raise Lost(guard.row_key) from error
    if verdict is _Verdict.UNDECIDED and is_refusal(error):
        raise _refusal(error, operations) from error  # nothing of ours was written, so this refusal is true


def send(queue: QueueClient, text: str, *, delay: timedelta, retry: RetryPolicy, create: Create | None = None) -> None:
    """Put in a message that never expires; when replies are lost, perhaps more than once, which is harmless.

    Raises:
        Missing: There is no such queue.
        ContentRefused: The service does not take such a message.
        Undecided: The time is over.
        StorageOut: Storage refuses it.

    Costs: 1 message.
    """
    visible = math.ceil(delay.total_seconds())  # early, the message would find its job not due, and be spent
    repeat(
        lambda: queue.send_message(text, time_to_live=-1, visibility_timeout=visible, retry_total=0),
        "message",
        retry,
        create=create,
        meaning=_answer,
    )


def delete_message(queue: QueueClient, message_id: str, receipt: str) -> None:
    """Delete a message in one's hand; one that is gone is deleted, and one in other hands by now is left to them.

    Costs: 1 delete.
    """
    with as_outages():
        try:
            queue.delete_message(message_id, receipt)
        except ResourceNotFoundError:
            return
        except HttpResponseError as error:
            if code_of(error) != _IN_OTHER_HANDS:
                raise


def hide_message(
    queue: QueueClient, message_id: str, receipt: str, time: timedelta, *, timeout: timedelta | None = None
) -> str:
    """Keep a message in one's hand hidden from now on; return its newest receipt.

    It is sent once: a reply that is lost has taken the receipt with it, and the message is as good as in other hands.

    Raises:
        Lost: It is gone, or in other hands.
        StorageOut: Nothing is known.

    Costs: 1 request.
    """
    limits = {name: value for name, value in read_limits(timeout).items() if name != "retry_total"}
    seconds = int(time.total_seconds())
    with as_outages():
        try:
            updated = queue.update_message(message_id, receipt, visibility_timeout=seconds, retry_total=0, **limits)
        except ResourceNotFoundError:
            raise Lost(message_id) from None
        except HttpResponseError as error:
            if code_of(error) != _IN_OTHER_HANDS:
                raise
            raise Lost(message_id) from None
    return str(updated.pop_receipt)


def _answer(error: AzureError, row_key: str | None = None) -> Exception:
    """Tell an answer about one row or message from an outage."""
    code = code_of(error)
    return ContentRefused(code, row_key) if refuses_content(error) else StorageOut(code)


def _refusal(error: AzureError, operations: Sequence[Operation]) -> Exception:
    """Say what a definite refusal of a transaction means."""
    code, index = code_of(error), getattr(error, "index", None)
    if code == "TableNotFound":
        return Missing(code)
    if index is None:
        return _answer(error)
    operation = operations[index]
    row_key = str(operation[1]["RowKey"])
    if code not in ("EntityAlreadyExists", "UpdateConditionNotSatisfied", "ResourceNotFound"):
        return _answer(error, row_key)
    conditional = operation[0] == "create" or (len(operation) > 2 and "match_condition" in operation[2])  # noqa: PLR2004
    return Lost(row_key) if conditional else IndexBroken(row_key)


def _look(table: TableClient, guard: GuardRow, limits: Limits) -> str | _Verdict | None:
    """Ask the rows; return my ETag when I have won, a verdict otherwise, None when storage does not answer."""
    try:
        row = table.get_entity(guard.partition, guard.row_key, select=["nonce"], retry_total=0, **limits())
    except ResourceNotFoundError:
        return _Verdict.UNDECIDED if guard.etag is None else _Verdict.LOST
    except AzureError:
        return None
    etag = str(row.metadata["etag"])
    if row.get("nonce") == guard.nonce:
        return etag
    if etag == guard.etag:
        return _Verdict.UNDECIDED
    return _check_proof(table, guard, limits)


def _check_proof(table: TableClient, guard: GuardRow, limits: Limits) -> str | _Verdict | None:
    if guard.proof is None:
        return _Verdict.LOST
    row_key, column = guard.proof
    try:
        row = table.get_entity(guard.partition, row_key, select=[column], retry_total=0, **limits())
    except ResourceNotFoundError:
        return _Verdict.LOST
    except AzureError:
        return None
    return MOVED_ON if row.get(column) == guard.nonce else _Verdict.LOST
