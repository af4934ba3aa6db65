"""Tables on narrow and wide terminals."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from shared.cli.layout import Cell, Column, Kind, lay_out, middle, wrap
from tests.proving import at_length

ID = "image-analysis-0123456789abcdef0123456789abcdef"
COLUMNS = [Column("state"), Column("id", Kind.ID), Column("name", Kind.NAME), Column("what", Kind.TEXT)]


def _table(rows: list[list[Cell]], width: int | None, columns: list[Column] = COLUMNS) -> list[str]:
    return ["".join(text for text, _ in line) for line in lay_out(columns, rows, width)]


@settings(max_examples=at_length(30, 2_000))
@given(st.text(), st.integers(0, 30))
def test_a_text_is_never_wider_than_it_may_be_and_whole_where_there_is_room(text: str, width: int) -> None:
    short = middle(text, width)
    assert cell_len(short) <= width
    assert cell_len(text) > width or short == text


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [("abcdefghij", 7, "abc…hij"), ("abcdefghij", 6, "abc…ij"), ("漢字漢字漢字", 7, "漢…字"), ("ab", 1, "…")],
)
def test_a_name_is_shortened_in_its_middle(text: str, width: int, short: str) -> None:
    assert middle(text, width) == short


def test_a_mark_is_not_parted_from_its_letter() -> None:
    assert middle("abcdefghe\u0301", 3) == "a…e\u0301"
    assert middle("abcdefgh漢\u0301", 3) == "a…"


def test_without_a_limit_all_is_whole() -> None:
    assert _table([["PENDING", ID, "n" * 300, "a b"]], None)[1] == f"PENDING  {ID}  {'n' * 300}  a b"


@settings(max_examples=at_length(30, 2_000))
@given(st.lists(st.lists(st.text(max_size=60), min_size=4, max_size=4), min_size=1, max_size=5), st.integers(30, 120))
def test_no_line_is_wider_than_the_terminal_where_states_fit(rows: list[list[str]], width: int) -> None:
    known: list[list[Cell]] = [["PENDING", *row[1:]] for row in rows]
    assert max(map(cell_len, _table(known, width))) <= width


def test_the_widest_give_way_and_states_never_do() -> None:
    row: list[Cell] = ["COMPLETED", ID, "holiday/2024/IMG_0001.jpg", ""]
    wide, narrow = (_table([row], width)[1] for width in (88, 60))
    assert wide.endswith("  holiday/2024/IMG_0001.jpg")
    assert "…" in wide
    assert narrow == "COMPLETED  image-anal…789abcdef  holiday/20…G_0001.jpg"


def test_a_word_stays_whole_even_where_it_is_the_widest() -> None:
    columns = [Column(""), Column("", Kind.NAME)]
    assert _table([["2026-05-04T12:00:00Z", "n" * 20]], 32, columns) == ["2026-05-04T12:00:00Z  nnnnn…nnnn"]


def test_a_sentence_goes_on_below_itself() -> None:
    lines = _table([["FAILED", "a", "b", "The blob service does not return the blob at all."]], 50)
    assert len(lines) > 2
    at = lines[1].index("The")
    assert all(line[:at].strip() == "" for line in lines[2:])


def test_a_word_that_is_longer_than_a_line_is_shortened_and_not_broken() -> None:
    assert wrap("see 0123456789abcdef now", 9) == ["see", "0123…cdef", "now"]


def test_where_no_table_fits_each_cell_has_its_line() -> None:
    assert _table([["COMPLETED", ID, "cat.png", "It is done."]], 16) == [
        "state: COMPLETED",
        "id: image-…bcdef",
        "name: cat.png",
        "what: It is",
        "      done.",
        "",
    ]


def test_numbers_end_below_each_other() -> None:
    assert _table([["1"], ["1,000"]], 80, [Column("jobs", right=True)]) == [" jobs", "    1", "1,000"]


def test_what_would_command_the_terminal_is_spelled_out() -> None:
    assert _table([["\x1b[31m\u202e\n[red]"]], 80, [Column("")]) == [r"\x1b[31m\u202e\n[red]"]
