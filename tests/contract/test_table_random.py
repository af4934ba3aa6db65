"""Whatever is asked of tables, in whatever order, the service in process answers as Azurite does."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contract.table_requests import ALL, CREATE, STALE, delete, get, insert, merge, replace, where
from tests.contract.table_wire import TABLES, Conversation, Operation, Said, batch
from tests.contract.wires import AzuriteWire, DoubleWire
from tests.proving import at_length
from tests.simulation.service.account import storage_account


class Write(NamedTuple):
    """A write of one row.

    Attributes:
        make: One of the requests.
        keys: The row's.
        version: What If-Match names.
        properties: That are written.
    """

    make: Callable[..., Operation]
    keys: tuple[str, str]
    version: str
    properties: dict[str, Any]


PARTITIONS = ["p", "é"]
FEW_ROW_KEYS = ["a", "a'b", "😀"]
ROW_KEYS = ["a", "B", "a'b", "é", "\ue000", "😀", "%41"]
VALUES: dict[str, list[Any]] = {
    "x": [5, -1, 5.5, 1e22, "", "x", "5", "é", "\ue000", "😀", True, False, None],
    "s": ["", "x", "5", "-1", "é"],
    "l__Int64": ["5", "-500", "9223372036854775807", "0"],
    "d__DateTime": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567Z", "2026-06-01T00:00:00"],
    "g__Guid": ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-00000000000A"],
    "y__Binary": ["", "AA==", "YWI="],
}
LITERALS = {
    "x": ["5", "-1", "5.0", "0", "1.5", "true", "false", "''", "'x'", "'5'", "'é'", "'😀'", "'\ue000'"],
    "s": ["5", "-1", "0", "true", "''", "'x'", "'5'", "'é'"],
    "l": ["5L", "-500L", "0L", "9223372036854775807L"],
    "d": ["datetime'2026-01-01T00:00:00Z'", "datetime'2026-03-01T00:00:00'"],
    "g": ["guid'00000000-0000-0000-0000-000000000001'", "guid'00000000-0000-0000-0000-00000000000A'"],
    "y": ["X'00'", "binary'6162'", "x''"],
    "nope": ["5", "'x'", "true"],
    "PartitionKey": ["'p'", "'é'", "'q'", "''"],
    "RowKey": ["'a'", "'a''b'", "'é'", "'\ue000'", "'😀'", "''", "'Z'"],
}
VERBS = ["eq", "ne", "gt", "ge", "lt", "le"]

properties = st.fixed_dictionaries(
    {"x": st.sampled_from(VALUES["x"])},
    optional={name: st.sampled_from(values) for name, values in VALUES.items() if name != "x"},
)


def term(name: str) -> st.SearchStrategy[str]:
    return st.tuples(st.just(name), st.sampled_from(VERBS), st.sampled_from(LITERALS[name])).map(" ".join)


ranges = st.lists(term("RowKey"), min_size=1, max_size=2).map(lambda ends: " and ".join(["PartitionKey eq 'p'", *ends]))
terms = st.sampled_from(sorted(LITERALS)).flatmap(term) | ranges
conditions = st.recursive(
    terms,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join) | inner.map(lambda one: f"not ({one})")
    ),
    max_leaves=4,
)


def writes(partitions: list[str] = PARTITIONS) -> st.SearchStrategy[Write]:
    return st.builds(
        Write,
        st.sampled_from([insert, replace, merge, delete]),
        st.tuples(st.sampled_from(partitions), st.sampled_from(FEW_ROW_KEYS)),
        st.sampled_from(["none", "any", "current", "first", "stale"]),
        properties,
    )


transactions = st.sampled_from(PARTITIONS).flatmap(lambda place: st.lists(writes([place]), min_size=1, max_size=5))
steps = st.lists(writes() | transactions, min_size=6, max_size=12)
#: Shrinking asks Azurite hundreds of times more; the first operation that differs says enough.
QUICK = settings(
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Pair:
    """The same requests to the double and to Azurite, compared reply by reply."""

    def __init__(self, azurite: AzuriteWire) -> None:
        table = f"t{uuid.uuid4().hex}"
        self._both = [Conversation(DoubleWire(storage_account(), TABLES), table), Conversation(azurite, table)]
        self._first: dict[tuple[str, str], list[str]] = {}

    def say(self, *operations: Operation) -> Said:
        """Send a request, which may differ in ETags, and return what both have answered."""
        double, azurite = (one.say(operation) for one, operation in zip(self._both, operations * 2, strict=False))
        assert double == azurite, operations[0]
        return double

    def requests(self, write: Write) -> list[Operation]:
        """Make a write's request for each of the two: it names the version that each has given."""
        place = (write.keys[0], quote(write.keys[1].replace("'", "''")))
        status, *_ = self.say(get(quote(place[0]), place[1]))
        etags = [one.etags[-1] for one in self._both] if status == 200 else [STALE, STALE]
        first = self._first.setdefault(write.keys, etags) if status == 200 else [STALE, STALE]
        named: dict[str, Sequence[str | None]] = {
            "none": [None, None],
            "any": ["*", "*"],
            "current": etags,
            "first": first,
            "stale": [STALE, STALE],
        }
        made = []
        for etag in named[write.version]:
            if write.make is insert:
                made.append(insert(*write.keys, **write.properties))
                continue
            changed = {} if write.make is delete else write.properties
            operation = write.make(*write.keys, etag=etag, **changed)
            path = f"/<t>(PartitionKey='{quote(place[0])}',RowKey='{place[1]}')"
            made.append(operation._replace(path=path))
        return made

    def follow(self, condition: str, options: str) -> None:
        """Read all pages."""
        further = ""
        while True:
            _, headers, _ = self.say(where(condition, options + further))
            if "x-ms-continuation-nextpartitionkey" not in headers:
                return
            partition, row_key = (headers[f"x-ms-continuation-next{name}key"] for name in ("partition", "row"))
            further = f"&NextPartitionKey={quote(partition)}&NextRowKey={quote(row_key)}"


@given(steps=steps)
@settings(QUICK, max_examples=at_length(15, 250))
def test_any_script_of_writes_and_transactions_is_answered_alike(steps: list[Any], azurite_tables: AzuriteWire) -> None:
    pair = Pair(azurite_tables)
    pair.say(CREATE)
    for step in steps:
        if isinstance(step, Write):
            pair.say(*pair.requests(step))
        else:
            pair.say(*(batch(*parts) for parts in zip(*map(pair.requests, step), strict=True)))
    pair.say(ALL)


@pytest.fixture(scope="module")
def full_table(azurite_tables: AzuriteWire) -> Pair:
    """Give a table of rows with all kinds of values, some missing."""
    pair = Pair(azurite_tables)
    pair.say(CREATE)
    for number, key in enumerate((place, row_key) for place in PARTITIONS for row_key in ROW_KEYS):
        given = {name: values[number % len(values)] for name, values in VALUES.items() if number % 5 or name == "x"}
        pair.say(insert(*key, **given))
    return pair


@given(condition=conditions, options=st.sampled_from(["", "&$top=1", "&$top=3", "&$select=RowKey,x"]))
@settings(QUICK, max_examples=at_length(75, 1_500))
def test_any_filter_chooses_the_same_rows_page_by_page(condition: str, options: str, full_table: Pair) -> None:
    full_table.follow(condition, options)
