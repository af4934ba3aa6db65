"""Where Azure's tables differ from Azurite's, the tables in process can be told to behave as Azure's do."""

from dataclasses import replace as changed

import pytest

from tests.contract.table_requests import (
    ALL,
    CREATE,
    DROP,
    ODD_KEYS,
    TABLE,
    address,
    delete,
    get,
    insert,
    merge,
    query,
    replace,
    where,
)
from tests.contract.table_wire import TABLES, Conversation, Operation, Said, batch
from tests.contract.wires import DoubleWire
from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.behaviour import AZURE, Behaviour

AS_AZURITE = Behaviour()
FULL_ROW = {f"a{number}": number for number in range(252)}
#: 16 of them are more than 1 MiB in UTF-16.
HEAVY = {f"a{number}": "x" * 32_000 for number in range(17)}


def talk(behaviour: Behaviour) -> Conversation:
    return Conversation(DoubleWire(storage_account(behaviour=behaviour), TABLES), "rows")


def codes(behaviour: Behaviour, *operations: Operation) -> list[tuple[int, str]]:
    """Return status and code of each reply; of a transaction those of its part."""
    return [code_of(reply) for reply in talk(behaviour).run([CREATE, *operations])[1:]]


def code_of(reply: Said) -> tuple[int, str]:
    status, headers, content = reply
    if not isinstance(content, list):
        return status, headers["x-ms-error-code"]
    status = next(int(line.split()[1]) for line in content if isinstance(line, str) and line.startswith("HTTP/"))
    return status, next((line["odata.error"]["code"] for line in content if isinstance(line, dict)), "")


def pages(behaviour: Behaviour, *operations: Operation, condition: str = "") -> list[list[str]]:
    """Return the row keys of each page, until none follows."""
    wire = talk(behaviour)
    wire.run([CREATE, *operations])
    found, further = list[list[str]](), ""
    while True:
        _, headers, content = wire.say(where(condition, further))
        found.append([row["RowKey"] for row in content["value"]])
        if "x-ms-continuation-nextpartitionkey" not in headers:
            return found
        further = "".join(f"&Next{name}Key={headers[f'x-ms-continuation-next{name.lower()}key']}" for name in KEYS)


KEYS = ("Partition", "Row")
ROWS = [insert(place, f"{place}{number}", n=number) for place in "ab" for number in range(3)]


def test_a_page_may_be_short_or_empty_and_be_followed_by_another() -> None:
    slow = changed(AS_AZURITE, scan_rows=2)
    assert pages(slow, *ROWS, condition="n eq 2") == [[], ["a2"], ["b2"]]
    assert pages(AS_AZURITE, *ROWS, condition="n eq 2") == [["a2", "b2"]]


def test_a_page_may_end_with_its_partition() -> None:
    assert pages(AZURE, *ROWS) == [["a0", "a1", "a2"], ["b0", "b1", "b2"]]
    assert pages(AZURE, *ROWS, condition="n eq 2") == [["a2"], ["b2"]]


def test_a_page_may_have_fewer_rows_than_a_thousand() -> None:
    assert pages(changed(AS_AZURITE, page_rows=4), *ROWS) == [["a0", "a1", "a2", "b0"], ["b1", "b2"]]


def test_the_name_of_a_deleted_table_stays_taken_for_a_while() -> None:
    account = storage_account(azure=True)
    wire = Conversation(DoubleWire(account, TABLES), "rows")
    wire.run([CREATE, DROP])
    assert code_of(wire.say(CREATE)) == (409, "TableBeingDeleted")
    assert code_of(wire.say(insert())) == (404, "TableNotFound")
    account.clock.go(40)
    assert code_of(wire.say(CREATE)) == (201, "")


def test_a_transaction_across_partitions_or_tables_is_refused_whole() -> None:
    across = batch(insert(), insert("q"))
    elsewhere = batch(insert(), insert("p", "2")._replace(path="/other"))
    refused = [(400, "CommandsInBatchActOnDifferentPartitions")] * 2
    assert codes(AZURE, across, elsewhere, get()) == [*refused, (404, "ResourceNotFound")]
    assert codes(AS_AZURITE, across) == [(201, "")]


def test_a_row_has_252_properties_at_most_however_they_came() -> None:
    more = merge(z=1)
    assert codes(AZURE, insert(**FULL_ROW), more, get()) == [(201, ""), (400, "TooManyProperties"), (200, "")]
    assert codes(AS_AZURITE, insert(**FULL_ROW), more) == [(201, ""), (204, "")]


@pytest.mark.parametrize("write", [insert, replace, merge])
def test_a_row_is_measured_as_it_is_stored(write: type) -> None:
    assert codes(AZURE, write(**HEAVY)) == [(400, "EntityTooLarge")]
    half = dict(list(HEAVY.items())[:9])
    rest = {f"b{number}": "x" * 32_000 for number in range(9)}
    assert codes(AZURE, write(**half), merge(**rest))[1] == (400, "EntityTooLarge")
    assert codes(AS_AZURITE, write(**half), merge(**rest))[1] == (204, "")


def test_times_are_compared_to_the_last_digit() -> None:
    rows = [insert("p", digit, d__DateTime=f"2026-01-01T00:00:00.123456{digit}Z") for digit in "789"]
    condition = "d gt datetime'2026-01-01T00:00:00.1234567Z' and d lt datetime'2026-01-01T00:00:00.1234569Z'"
    assert pages(changed(AS_AZURITE, times_exact=True), *rows, condition=condition) == [["8"]]
    assert pages(AS_AZURITE, *rows, condition=condition) == [[]]


def test_what_can_t_be_read_is_refused_by_its_code() -> None:
    unreadable = [
        *(Operation("POST", TABLE, "{"), Operation("PUT", address()), Operation("POST", "/$batch", "hello")),
        *(delete(etag=None), query("$top=x"), insert(x__Nope="x"), get("p", "a%2Fb"), batch(insert(1, 2))),  # type: ignore[arg-type] # no keys
    ]
    assert codes(AZURE, *unreadable) == [(400, "InvalidInput")] * len(unreadable)
    assert {code for _, code in codes(AS_AZURITE, *unreadable)} == {""}


def test_a_transaction_of_too_many_operations_is_refused_in_a_form_that_can_be_read() -> None:
    many = batch(*(insert("p", str(number)) for number in range(101)))
    assert codes(AZURE, many, get("p", "0")) == [(400, "InvalidInput"), (404, "ResourceNotFound")]


@pytest.mark.parametrize(("key", "written"), ODD_KEYS.items(), ids=range(len(ODD_KEYS)))
def test_a_transaction_finds_a_row_under_any_key(key: str, written: str) -> None:
    wire = talk(AZURE)
    wire.run([CREATE, batch(insert("p", key)), batch(merge("p", key, x=1)._replace(path=address("p", written)))])
    (row,) = wire.say(ALL)[2]["value"]
    assert (row["RowKey"], row["x"]) == (key, ("int", 1))


def test_no_two_writes_share_an_etag_while_the_clock_stands_still() -> None:
    account: Account = storage_account()
    wire = Conversation(DoubleWire(account, TABLES), "rows")
    wire.run([CREATE, *(replace() for _ in range(10)), batch(*(insert("q", str(number)) for number in range(10)))])
    assert len(set(wire.etags)) == 20
    assert account.clock.seconds == 0
