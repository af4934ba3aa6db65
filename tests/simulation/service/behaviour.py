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
        codes_refusals: Whether each refusal says its code, as Azure's do. Azurite answers what it can't read with a
            bare 400.
        checks_texts: Whether a message that XML can't carry is refused when it is sent, as Azure does. Azurite takes
            it, and then fails each read of it, and of what is beside it, with a bare 500.
        forgets_receipts: Whether an older pop receipt is answered as if there were no such message
            (``MessageNotFound``), as Azure does, too; Azurite says ``PopReceiptMismatch``.
        page_rows: Rows a page of a query at most.
        scan_rows: Rows that a query looks at a request, None for all: a page may so be short, or empty, and carry a
            continuation all the same. Azure stops after five seconds. Source: learn.microsoft.com, "Query timeout and
            pagination", read 2026-11.
        page_ends_with_partition: Whether a page ends where its partition does, with a continuation. Source: the same.
        table_deletion_seconds: How long a deleted table's name is refused with ``TableBeingDeleted``. Source:
            learn.microsoft.com, "Delete Table": at least 40 seconds.
        one_partition: Whether a transaction across partitions or tables is refused. Azurite applies it. Source:
            github.com/Azure/Azurite/issues/1215; learn.microsoft.com, "Performing entity group transactions".
        most_properties: Properties a row has at most, without its keys and Timestamp. Azurite takes any number. Source:
            github.com/Azure/Azurite/issues/1446; learn.microsoft.com, "Understanding the Table service data model".
        largest_row: Bytes of a row as it is stored, whatever request made it so. Azurite measures the requests alone:
            4 MiB of an insert, 1 MiB of a change. Source: the same page, "Entities".
        times_exact: Whether filters compare times to 100 ns. Azurite compares milliseconds.
        empty_pages: Whether an empty page that names a next one comes before each page of a list.
            Source: learn.microsoft.com, "List Blobs", remarks on ``NextMarker``, read 2026-11.
        container_deletion_seconds: How long a deleted container keeps its name: it can't be created meanwhile.
            Source: learn.microsoft.com, "Delete Container", remarks (30 s or more), read 2026-11.
        rehydration_seconds: How long a blob stays archived after it was given another tier; its tier changes then.
            Source: learn.microsoft.com, "Blob rehydration from the archive tier" (up to 15 hours), read 2026-11.
        checks_archive: Whether metadata, properties and blocks of an archived blob can't be changed.
            Source: learn.microsoft.com, "Access tiers for blob data", archive tier, read 2026-11.
        infers_tier_change: Whether a blob whose tier nobody has set tells when it was changed: Azurite does.
            Source: learn.microsoft.com, "Get Blob Properties", ``x-ms-access-tier-change-time``, read 2026-11.
        encodes_names: Whether a list writes names that XML can't carry in percent codes. Azurite fails such a list
            with a bare 500. Source: learn.microsoft.com, "List Blobs", ``Encoded="true"``, read 2026-11.
        checks_ranges: Whether a range that begins right behind the last byte is refused (416). Azurite answers with
            an empty part. Source: learn.microsoft.com, "Get Blob", status codes, read 2026-11.
        keeps_blocks: Whether blocks that no list has named outlive a Put Blob and a Delete Blob, as in Azurite. Azure
            discards them. Source: learn.microsoft.com, "Put Block", remarks, read 2026-11.
    """

    shuffle: Callable[[list[Any]], object] | None = None
    codes_refusals: bool = False
    checks_texts: bool = False
    forgets_receipts: bool = False
    page_rows: int = 1000
    scan_rows: int | None = None
    page_ends_with_partition: bool = False
    table_deletion_seconds: float = 0.0
    one_partition: bool = False
    most_properties: int | None = None
    largest_row: int | None = None
    times_exact: bool = False
    empty_pages: bool = False
    container_deletion_seconds: float = 0.0
    rehydration_seconds: float = 0.0
    checks_archive: bool = False
    infers_tier_change: bool = True
    encodes_names: bool = False
    checks_ranges: bool = False
    keeps_blocks: bool = True


#: What Azure does, and code must live with; ``shuffle``, ``scan_rows`` and ``empty_pages`` are for whoever draws.
AZURE = Behaviour(
    codes_refusals=True,
    checks_texts=True,
    forgets_receipts=True,
    page_ends_with_partition=True,
    table_deletion_seconds=40.0,
    one_partition=True,
    most_properties=252,
    largest_row=1024 * 1024,
    times_exact=True,
    container_deletion_seconds=30.0,
    rehydration_seconds=15 * 3600.0,
    checks_archive=True,
    infers_tier_change=False,
    encodes_names=True,
    checks_ranges=True,
    keeps_blocks=False,
)
