"""The table service in process answers as Azurite does: each operation on tables and rows, each refusal, each limit."""

import pytest

from tests.contract.table_requests import (
    ALL,
    CREATE,
    DROP,
    FULL,
    MINIMAL,
    NONE,
    ODD_KEYS,
    STALE,
    TABLE,
    accepting,
    address,
    body,
    delete,
    get,
    insert,
    merge,
    preferring,
    query,
    replace,
    tables,
)
from tests.contract.table_wire import Compare, Operation

FORMATS = ["application/json", MINIMAL, NONE, FULL, "application/json; odata=nometadata", "application/atom+xml", ""]
BAD_ETAGS = ['"abc"', "abc", "", "W/abc", 'w/"x"', 'W/""', "W/\"datetime'2020-01-01T00:00:00Z'\""]
WIDE = {"i": 5, "d": 1.5, "b__Binary": "YQ=="}
#: 34 are more than 1 MiB, 132 more than 4 MiB.
LARGE = {f"a{n}": "x" * 32000 for n in range(132)}
NOT_QUITE = dict(list(LARGE.items())[:32])
TOO_LARGE = dict(list(LARGE.items())[:34])
LONG, LONG_KEY = "a" * 32768, "a" * 512
KEYS = ["b", "a", "B", "10", "9", "é", "z", "\uffff", "\ue000", "😀", "", " "]


def create(name: str) -> Operation:
    return CREATE._replace(body=f'{{"TableName":"{name}"}}')


SCRIPTS = {
    "create and delete tables": [CREATE, CREATE, DROP, DROP, CREATE, ALL],
    "a table that is created again is empty": [CREATE, insert(), DROP, CREATE, ALL],
    "create silently": [preferring(CREATE, "return-no-content"), DROP, preferring(CREATE, "return-content")],
    "create in formats": [CREATE, DROP, *(step for one in accepting(CREATE, FORMATS) for step in (one, DROP))],
    "names of tables": [create(name) for name in ("ab", "a-b", "1abc", "tables", "a" * 64, "")],
    "no names of tables": [CREATE._replace(body=text) for text in ("{}", "{", "", "[]")],
    "list tables": [CREATE, *(tables(f"TableName {test}") for test in ("eq '<t>'", "eq 'zzz'", "gt 'zzzz'", "eq"))],
    "list tables in formats": [CREATE, *accepting(tables("tablename eq '<t>'"), FORMATS)],
    "list tables by pages": [
        *(CREATE, create("<t>b"), create("<t>a"), tables("TableName ge '<t>' and TableName lt '<t>c'", "&$top=2")),
        tables("TableName ge '<t>' and TableName lt '<t>c'", "&$top=2&NextTableName=<t>b"),
    ],
    "list tables by what they do not have": [CREATE, tables("Other eq '<t>'")],
    "methods of tables": [CREATE, *(Operation(method, "/Tables", "{}") for method in ("PUT", "DELETE", "PATCH"))],
    "no table": [insert(), get(), ALL, replace(), merge(), replace(etag="*"), delete()],
    "addresses of a table": [CREATE, insert(), Operation("GET", TABLE), Operation("GET", "/Tables('<t>')")],
    "insert": [CREATE, insert(), insert(), get(), ALL],
    "insert in formats": [CREATE, *(step for one in accepting(insert(**WIDE), FORMATS) for step in (one, delete()))],
    "insert silently": [CREATE, *(preferring(insert("p", word), word) for word in ("return-no-content", "nonsense"))],
    "insert what is no row": [
        CREATE,
        *(
            Operation("POST", TABLE, text)
            for text in ("{}", '{"PartitionKey":"p"}', "[]", "{", "", body(None), body(1))
        ),
    ],
    "insert at a row's address": [CREATE, Operation("POST", address(), body("q", "2")), ALL],
    "get": [CREATE, insert(**WIDE), get(), get("q"), get("p", "2"), get("P")],
    "get in formats": [CREATE, insert(**WIDE), *accepting(get(), FORMATS), *accepting(ALL, FORMATS)],
    "get in a format by option": [CREATE, insert(), get(options=f"?$format={NONE}"), query(f"$format={NONE}")],
    "select": [
        *(CREATE, insert(a=1, b="x", c__Int64="5"), query("$select=RowKey,c")),
        *(get(options=f"?$select={names}") for names in ("a", "a,b", "a,%20b", "nope", "A", "a,,b", "*", "", "%20")),
        *(get(options=f"?$select={names}") for names in ("PartitionKey", "PartitionKey,RowKey,Timestamp", "c")),
    ],
    "conditions": [
        *(CREATE, insert(), replace(etag="<0>", a=1), replace(etag="<0>", a=2), replace(etag="*", a=3), get()),
        *(merge(etag=STALE, b=1), merge(etag="*", b=2), get(), merge(etag="<5>", c=1), get(), delete(etag="<0>")),
        *(delete(etag=None), delete(etag=""), delete(), delete(), replace(etag="*"), merge(etag="<0>"), ALL),
    ],
    "conditions that are none": [
        *(CREATE, insert()),
        *(act(etag=etag) for etag in BAD_ETAGS for act in (replace, merge, delete)),
    ],
    "an ETag with colons": [CREATE, insert(), Operation("GET", address()), merge(etag="<0>", a=1), merge(etag="<0>")],
    "upsert": [CREATE, replace(a=1), merge(b=2), get(), replace(c=3), get(), merge(c="x"), get()],
    "merge by other methods": [
        *(CREATE, insert(a=1), merge(etag="*", b=2)._replace(method="MERGE"), get()),
        *(Operation("POST", address(), body(c=1), {"X-HTTP-Method": "MERGE", "If-Match": "*"}), get()),
    ],
    "merge nothing, null and other types": [
        *(CREATE, insert(a=1, b="x"), merge(etag="*", a=None), get(), merge(etag="*", b=5), get(), merge(x__Int64="5")),
        *(get(), merge(x=5), get(), merge(x__Int64="6"), get(), Operation("PATCH", address(), "{}"), get()),
    ],
    "keys in the body are not looked at": [
        *(CREATE, insert(), Operation("PUT", address(), body("q", "9", a=1)), ALL),
        *(Operation("PATCH", address(), '{"b":2}'), get(), Operation("PUT", address(), '{"c":2}'), get()),
    ],
    "no body": [CREATE, insert(), Operation("PUT", address()), Operation("PATCH", address()), get()],
    "methods of rows": [CREATE, *(Operation(method, TABLE, body()) for method in ("PUT", "DELETE", "PATCH", "HEAD"))],
    "addresses of no row": [
        *(CREATE, insert(), Operation("GET", f"{TABLE}(PartitionKey='p')"), get("p", "a'b"), get("p", "1'")),
        *(Operation("GET", f"{TABLE}(RowKey='1',PartitionKey='p')"), get("p", "a%2Fb"), delete("p", "a%2Fb")),
    ],
    "sizes of properties": [
        *(CREATE, insert("p", "1", x=LONG), insert("p", "2", x=f"{LONG}a"), insert("p", "3", x="é" * 32768)),
        *(
            insert("p", "4", x="😀" * 16384),
            insert("p", "5", x="😀" * 16384 + "a"),
            insert("p", "6", x__Binary="A" * 87380),
        ),
        *(insert("p", "7", x__Binary="A" * 87384), insert("p", "8", x__Binary="A" * 87388)),
        *(merge(x=f"{LONG}a"), replace(x=f"{LONG}a"), query("$select=RowKey")),
    ],
    "sizes of rows": [
        *(CREATE, insert(**TOO_LARGE), replace(**TOO_LARGE), merge(**TOO_LARGE), replace(**NOT_QUITE)),
        *(insert("p", "2", **LARGE), query("$select=RowKey")),
    ],
    "numbers of properties": [CREATE, insert(**{f"a{n}": n for n in range(300)}), get(options="?$select=a299")],
    "sizes of keys": [
        *(CREATE, insert(LONG_KEY, LONG_KEY), insert(f"{LONG_KEY}a", "b"), insert("a", f"{LONG_KEY}b")),
        *(insert("é" * 512, "x"), insert("😀" * 256, "x"), insert("😀" * 257, "x"), replace(f"{LONG_KEY}a", "b")),
        *(merge("a", f"{LONG_KEY}b"), get(f"{LONG_KEY}a", "b"), delete(f"{LONG_KEY}a", "b"), query("$select=RowKey")),
    ],
    "characters of keys": [CREATE, *(insert("p", f"a{one}b") for one in "/\\#?\t\n\x00\x1f\x7f\x9f\xa0<")],
    "empty keys": [
        *(CREATE, insert("", ""), get("", ""), ALL, merge("", "", x=1), replace("", ""), delete("", "")),
        *(insert("p", ""), get("p", ""), merge("p", "", x=1), delete("p", ""), insert("", "r"), get("", "r"), ALL),
    ],
    "names of properties": [
        *(CREATE, insert(**{"odata.etag": "x", "odata.metadata": "y"}), insert("p", "2", Timestamp="2020-01-01")),
        *(insert("p", "3", **{"a-b": 1, "": 2, "é": 3}), ALL),
    ],
    "order": [CREATE, *(insert("p", key) for key in KEYS), *(insert(key, "1") for key in KEYS), ALL],
    "top": [
        *(CREATE, *(insert("p", str(n)) for n in range(5)), *(query(f"$top={n}") for n in (1, 4, 5, 6, 0, 1001))),
        *(query(f"$top={text}") for text in ("-1", "x", "")),
    ],
    "continuations": [
        *(
            CREATE,
            *(insert("p", str(n)) for n in range(5)),
            query("$top=2&NextPartitionKey=cA%3D%3D&NextRowKey=Mg%3D%3D"),
        ),
        *(query("NextPartitionKey=cA%3D%3D"), query("NextPartitionKey=cA%3D%3D&NextRowKey=eg%3D%3D")),
        *(query(f"NextPartitionKey={token}&NextRowKey={token}") for token in ("YQ%3D%3D", "eg%3D%3D", "!!", "")),
    ],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_table_service_in_process_answers_as_azurite_does(script: list[Operation], compare_tables: Compare) -> None:
    compare_tables(script)


@pytest.mark.parametrize(("key", "written"), ODD_KEYS.items(), ids=range(len(ODD_KEYS)))
def test_a_row_is_found_under_any_key_that_the_service_takes(key: str, written: str, compare_tables: Compare) -> None:
    put = replace("q", key, x=1)._replace(path=address("q", written))
    compare_tables([CREATE, insert("q", key), get("q", written), put, ALL, delete("q", written), ALL])
