"""Filters choose in process the rows that they choose in Azurite."""

from typing import Any

import pytest

from tests.contract.table_requests import CREATE, insert, query, where
from tests.contract.table_wire import Compare

ONE, TEN = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-00000000000A"
TYPES: dict[str, dict[str, Any]] = {
    "1": {"i": 5, "f": 5.5, "s": "x", "b": True, "e": "", "l__Int64": "5"},
    "2": {"i": -5, "f__Double": -5.0, "s": "5", "b": False, "l__Int64": "-500"},
    "3": {"l__Int64": "9223372036854775807"},
}
MORE_TYPES = {
    "1": {"d__DateTime": "2026-01-01T00:00:00Z", "g__Guid": ONE, "y__Binary": "YWI="},
    "2": {"d__DateTime": "2026-06-01T00:00:00.1234567Z", "g__Guid": TEN, "y__Binary": "AA=="},
}
KEYS = """
PartitionKey eq 'a'|PartitionKey ne 'a'|PartitionKey gt 'a'|partitionkey eq 'a'|PartitionKey eq PartitionKey
PartitionKey eq 'a' and RowKey gt '1'|PartitionKey eq 'a' and RowKey ge '2' and RowKey lt 'é'
PartitionKey eq 'a' and RowKey le 'é'|PartitionKey eq 'a' and RowKey eq '2'|RowKey ge 'é' and RowKey lt 'ê'
PartitionKey eq 'a' or PartitionKey eq 'b'|not (PartitionKey eq 'a')|not PartitionKey eq 'a'|'a' eq PartitionKey
RowKey gt '\ue000'|RowKey lt '😀'|PartitionKey eq 'a' and (RowKey eq '1' or RowKey eq '2')|PartitionKey lt 5
(PartitionKey eq 'a' and RowKey gt '1') and RowKey lt '3'|PartitionKey eq 'a' and PartitionKey eq 'b'
PartitionKey eq 'a' and not (RowKey gt '1')|PartitionKey eq 'a' and RowKey ge '1' or RowKey eq '2'
"""
VALUES = """
i eq 5|i eq 5.0|i gt -6|i lt 0|f eq 5.5|f ge -5|f ge -5.0|b eq true|b eq false|b ne true|b|not b|s eq 'x'|s ne 'x'
s gt '4'|s gt 4|s lt 6|s eq 5|l eq 5L|l gt -501L|l lt 5L|l ge 5L|l ne 5L|l eq 5|l gt 4|l eq '5'|5L eq l|e eq ''|e ne ''
l ge 9223372036854775807L|l lt 9223372036854775807L|l eq -0L|nope eq 1|nope ne 1|not (nope eq 1)|nope|i eq i|i eq f
nope eq nada|s eq datetime'2026-01-01T00:00:00Z'|i gt datetime'2026-01-01T00:00:00Z'|b eq 1|b gt 0|i eq '5'|i gt '4'
s gt true|i eq true|s|e|i and b|i or nope|Timestamp gt datetime'2020-01-01T00:00:00Z'|Timestamp gt '2020'
Timestamp lt datetime'2020-01-01T00:00:00Z'
"""
MORE_VALUES = f"""
d eq datetime'2026-01-01T00:00:00Z'|d gt datetime'2026-01-01T00:00:00Z'|d ge datetime'2026-06-01T00:00:00.123Z'
d lt datetime'2026-06-01T00:00:00.1234568Z'|d ne datetime'2026-01-01T00:00:00Z'|d eq '2026-01-01T00:00:00Z'
d gt datetime'2026-01-01'|d eq datetime'x'|datetime'2026-03-01' gt d|g eq guid'{ONE}'|g ne guid'{ONE}'|g gt guid'{ONE}'
g eq guid'{TEN.lower()}'|g eq '{ONE}'|y eq X'6162'|y eq binary'6162'|y ne x'6162'|y gt X'00'|y eq 'YWI='|y eq x'6'
"""
SYNTAX = """
i eq|eq 5|i eq 5 and|(i eq 5|i eq 5)|i eq 5 i eq 5|i = 5|i eq eq|true|false|1 eq 1|'a' eq 'a'|true and i eq 5
not not i eq 5|not (not (i eq 5))|((i eq 5))|(i) eq 5|i EQ 5|i eq 5 AND i eq 5|i eq 5 OR i eq 6|NOT i eq 6|i eq (5)
i in (5)|startswith(i,'x')|i add 1 eq 6|i eq +5|i eq 05|i eq 5e0|  i   eq\t5  |i eq 5 and i gt 4 or i eq 6
i eq 6 or i gt 4 and i eq 5|i eq null|i eq 5.|i eq .5|i eq datetime '2026'|i eq datetime|i eq guid|not|and|i eq 5 or|()
i eq 5 and (i eq 5 or i eq 6)|datetime'2026-01-01' gt i
"""
QUOTES = [
    "RowKey eq 'a''b'",
    'RowKey eq "a""b"',
    "RowKey eq 'a\"b'",
    "RowKey eq 'a'b'",
    "RowKey eq 'a",
    "RowKey eq ''",
    "",
]


def conditions(text: str) -> list[str]:
    return [one for line in text.strip("\n").split("\n") for one in line.split("|")]


@pytest.mark.parametrize("condition", conditions(KEYS))
def test_a_filter_on_keys_chooses_what_it_chooses_in_azurite(condition: str, compare_tables: Compare) -> None:
    rows = [insert(place, key) for place in ("a", "b", "é") for key in ("1", "2", "é", "\ue000", "😀")]
    compare_tables([CREATE, *rows, where(condition)])


def test_a_filter_on_values_chooses_what_it_chooses_in_azurite(compare_tables: Compare) -> None:
    rows = [insert("p", key, **values) for key, values in TYPES.items()]
    compare_tables([CREATE, *rows, *(where(condition) for condition in conditions(VALUES))])


def test_a_filter_on_times_identities_and_bytes_chooses_what_it_chooses_in_azurite(compare_tables: Compare) -> None:
    rows = [insert("p", key, **values) for key, values in MORE_TYPES.items()]
    compare_tables([CREATE, *rows, insert("p", "3"), *(where(condition) for condition in conditions(MORE_VALUES))])


def test_a_filter_is_read_or_refused_as_in_azurite(compare_tables: Compare) -> None:
    compare_tables([CREATE, insert(i=5), *(where(condition) for condition in conditions(SYNTAX))])


def test_quotes_within_quotes_are_read_as_in_azurite(compare_tables: Compare) -> None:
    compare_tables([CREATE, insert("p", "a'b"), insert("p", 'a"b'), *(where(condition) for condition in QUOTES)])


def test_a_filtered_page_ends_before_the_next_row_that_matches(compare_tables: Compare) -> None:
    rows = [insert("p", str(number), i=number % 2) for number in range(6)]
    further = "&$top=2&NextPartitionKey=cA%3D%3D&NextRowKey=NQ%3D%3D"
    pages = [where("i eq 1", options) for options in ("&$top=2", further, "&$top=3")]
    compare_tables([CREATE, *rows, *pages, query("$top=2")])
