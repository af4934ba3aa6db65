"""The gate for names: what passes, what does not and why, and that nothing goes round it."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shared
from shared.errors import InvalidReference
from shared.rules.names import Kind, check
from tests.proving import at_length

SOURCES = Path(shared.__file__).parent
#: How the SDKs make a client of something that has a name.
_BUILDERS = {
    *("get_blob_client", "get_container_client", "get_queue_client", "get_table_client"),
    *("BlobClient", "ContainerClient", "QueueClient", "TableClient", "from_blob_url", "from_container_url"),
}


def built_in(source: str) -> list[str]:
    """Return the calls of a source that build a client from a name."""
    if not any(builder in source for builder in _BUILDERS):
        return []
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls]
    return [name for name in named if name in _BUILDERS]


def test_clients_are_built_from_names_in_the_gate_alone() -> None:
    built = {
        path.relative_to(SOURCES).as_posix(): calls
        for path in SOURCES.rglob("*.py")
        if (calls := built_in(path.read_text("utf-8")))
    }
    assert list(built) == ["storage/names.py"]
    assert len(built["storage/names.py"]) == len(Kind)


@pytest.mark.case("security M9", was="stored as ../../x")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("..\\..\\x", "backslash"),
        ("Path\\To\\Blob.png", "backslash"),
        ("a/../b", "'..'"),
        ("./b", "'.'"),
        ("a/b.", "ends with a dot"),
        ("a./b", "ends with a dot"),
        ("a\nb", "control"),
        ("a\x7fb", "control"),
        ("a\x9fb", "control"),
        ("a\uffff", "U+FFFF"),
        ("\udcff", "Unicode"),
        ("", "1 to 1,024"),
        ("a" * 1025, "1 to 1,024"),
        ("/" * 254, "254 segments"),
    ],
)
def test_a_blob_name_that_does_not_stay_as_it_is_is_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(InvalidReference, match="blob name") as refused:
        check(Kind.BLOB, name)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "name", ["/a", "a//b", "a/", " ", "%2e%2e/a", "a/.b", "..a", "#?&+=", "\ue000", "a" * 1024, "/" * 253]
)
def test_a_blob_name_that_the_service_keeps_is_taken(name: str) -> None:
    assert check(Kind.BLOB, name) == name


@pytest.mark.parametrize("kind", [Kind.CONTAINER, Kind.QUEUE])
@pytest.mark.parametrize("name", ["", "ab", "a" * 64, "-ab", "ab-", "a--b", "Images", "a/b", "..", "a.b", "abc\n"])
def test_a_container_or_queue_that_cannot_be_is_refused(kind: Kind, name: str) -> None:
    with pytest.raises(InvalidReference, match=f"{kind.value} name"):
        check(kind, name)


@pytest.mark.parametrize("name", ["", "ab", "1abc", "a-bc", "a" * 64, "abc\n", "../abc"])
def test_a_table_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(InvalidReference, match="table name"):
        check(Kind.TABLE, name)


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.CONTAINER, "$web"), (Kind.CONTAINER, "a-1"), (Kind.QUEUE, "abc"), (Kind.TABLE, "A12")]
)
def test_a_name_of_the_right_form_is_taken(kind: Kind, name: str) -> None:
    assert check(kind, name) == name


@settings(max_examples=at_length(30, 2_000))
@given(st.text())
def test_a_refusal_never_says_the_name_itself(name: str) -> None:
    try:
        check(Kind.BLOB, f"secret-4711-{name}.")
    except InvalidReference as refused:
        assert "4711" not in str(refused)  # noqa: PT017 - most names are refused, and some for another reason
