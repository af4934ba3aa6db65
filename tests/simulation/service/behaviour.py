"""Where Azurite and Azure differ, and where Azure promises less than Azurite gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How an account behaves where there is a choice; as Azurite does by default.

    Attributes:
        shuffle: Puts a list into another order, in place: the messages that a queue may give. Azure promises no order;
            Azurite gives first what has been visible longest.
        refusals_coded: Whether each refusal says its code, as Azure's do. Azurite answers what it can't read with a
            bare 400.
        texts_checked: Whether a message that XML can't carry is refused when it is sent, as Azure does. Azurite takes
            it, and then fails each read of it, and of what is beside it, with a bare 500.
        receipts_forgotten: Whether an older pop receipt is answered as if there were no such message
            (``MessageNotFound``), as Azure does, too; Azurite says ``PopReceiptMismatch``.
        page_rows: Rows a page of a query at most.
        scan_rows: Rows that a query looks at a request, None for all: a page may so be short, or empty, and carry a
            continuation all the same. Azure stops after five seconds. Source: learn.microsoft.com, "Query timeout and
            pagination", read 2026-11.
        page_ends_with_partition: Whether a page ends where its partition does, with a continuation. Source: the same.
        table_deletion_seconds: How long a deleted table's name is refused with ``TableBeingDeleted``. Source:
            learn.microsoft.com, "Delete Table": at least 40 seconds.
    """

    shuffle: Callable[[list[Any]], object] | None = None
    refusals_coded: bool = False
    texts_checked: bool = False
    receipts_forgotten: bool = False
    page_rows: int = 1000
    scan_rows: int | None = None
    page_ends_with_partition: bool = False
    table_deletion_seconds: float = 0.0


#: What Azure does, and code must live with; ``shuffle`` and ``scan_rows`` are for whoever draws.
AZURE = Behaviour(
    refusals_coded=True,
    texts_checked=True,
    receipts_forgotten=True,
    page_ends_with_partition=True,
    table_deletion_seconds=40.0,
)
