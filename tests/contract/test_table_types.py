"""Properties of every type are read, kept and written in process as in Azurite."""

import pytest

from tests.contract.table_requests import ALL, CREATE, FULL, NONE, TABLE, accepting, insert
from tests.contract.table_wire import Compare, Operation

TYPED = {
    "Int64": ["5", "x", "", "9223372036854775808", 5, None],
    "Int32": [5, "5", "-5", "+5", "5.5", "abc", "", 5.5, True, None, 2**40],
    "Boolean": [True, False, "true", "false", "True", "", 1, None],
    "Double": [
        5,
        5.5,
        -0.0,
        "5",
        "x",
        "NaN",
        "Infinity",
        "-Infinity",
        "1.5e5",
        1e22,
        1e-7,
        "1.797693134862316e308",
        True,
    ],
    "DateTime": [
        *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01", "2026-01-01T00:00", "x", "", 5, None),
        *("2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.1234567", "2026-01-01T00:00:00+01:00"),
    ],
    "Guid": ["00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000A", "x", 5, None],
    "Binary": ["YQ==", "!", "", 5, None],
    "String": ["x", "", 5, None],
    "Nope": ["x"],
}
PLAIN = [
    5,
    -5,
    0,
    5.0,
    -0.0,
    5.5,
    1e22,
    1e-7,
    2**31,
    2**53 + 1,
    True,
    False,
    None,
    "",
    "é",
    "😀",
    "\u2028",
    'a"b\\',
    "\x00",
]


@pytest.mark.parametrize(("kind", "values"), TYPED.items(), ids=TYPED.keys())
def test_a_value_beside_its_type_is_kept_or_refused_as_in_azurite(
    kind: str, values: list[object], compare_tables: Compare
) -> None:
    inserts = [insert("p", str(number), **{f"x__{kind}": value}) for number, value in enumerate(values)]
    compare_tables([CREATE, *inserts, ALL, *accepting(ALL, [NONE, FULL])])


def test_a_value_without_a_type_has_that_of_its_json(compare_tables: Compare) -> None:
    inserts = [insert("p", str(number), x=value) for number, value in enumerate(PLAIN)]
    compare_tables([CREATE, *inserts, insert("q", "1", x=[1]), insert("q", "2", x={"a": 1}), ALL])


def test_half_a_surrogate_pair_is_kept(compare_tables: Compare) -> None:
    text = '{"PartitionKey":"p","RowKey":"1","x":"\\ud800"}'
    compare_tables([CREATE, Operation("POST", TABLE, text), ALL])
