import csv
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cli.export_columns import COLUMNS, Kind, flatten
from shared.cli.export_files import FileFormat, FormatUnavailable, cell_text, replace_file, writer
from tests.proving import at_length

JOB: dict[str, Any] = {
    "id": "image-analysis-" + "0" * 32,
    "ref": "images/a,b;c.jpg",
    "state": "COMPLETED",
    "attempts": 1,
    "error": None,
    "report": {
        "image": {"format": "jpeg", "width_px": 3},
        "quality": {"blur": 0.5, "flags": ["dark"]},
        "privacy": {"has_gps": True, "gps": {"lat_deg": -12.5}},
        "warnings": ["a", "b"],
    },
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["image", "quality", "gps", "code"]), inner),
)


def export(file_format: FileFormat, *jobs: dict[str, Any]) -> bytes:
    """Write jobs into memory."""
    file = io.BytesIO()
    with writer(file, file_format) as write:
        write(jobs)
    return file.getvalue()


def test_a_line_of_json_is_the_job_as_the_api_gives_it() -> None:
    lines = export(FileFormat.JSONL, JOB, JOB | {"ref": "images/\u202e\x1b[2J"}).decode().splitlines()
    assert [json.loads(line)["ref"] for line in lines] == [JOB["ref"], "images/\u202e\x1b[2J"]
    assert "\x1b" not in lines[1]


def test_a_row_has_a_cell_for_each_column_of_the_head() -> None:
    head, row = csv.reader(io.StringIO(export(FileFormat.CSV, JOB).decode()))
    cells = dict(zip(head, row, strict=True))
    assert head == [column.name for column in COLUMNS]
    assert (cells["ref"], cells["width_px"], cells["blur"]) == (JOB["ref"], "3", "0.5")
    assert (cells["flags"], cells["has_gps"], cells["lat_deg"], cells["warnings"]) == (
        "dark gps",
        "true",
        "-12.5",
        "a b",
    )
    assert (cells["error_code"], cells["sha256"]) == ("", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n=1", "\uff1d1", "=HYPERLINK(1)"])
def test_no_text_is_a_formula(text: str) -> None:
    assert cell_text(text) == f"'{text}"
    (_, row) = csv.reader(io.StringIO(export(FileFormat.CSV, {"id": text}).decode(), newline=""))
    assert row[0] == f"'{text}"


@pytest.mark.parametrize("cell", ["a=1", "1-2", "", None, -1, -0.5])
def test_what_is_no_formula_stays_as_it_is(cell: str | float | None) -> None:
    assert cell_text(cell) == cell


@settings(max_examples=at_length(20, 1_000))
@given(report=ANY_JSON, result=ANY_JSON, error=ANY_JSON)
def test_a_report_of_any_form_is_exported(report: object, result: object, error: object) -> None:
    job = {"id": "t-1", "report": report, "result": result, "error": error}
    kinds = {Kind.TEXT: str, Kind.WHOLE: int, Kind.NUMBER: float, Kind.YES_NO: bool}
    for column, cell in zip(COLUMNS, flatten(job).values(), strict=True):
        assert cell is None or type(cell) is kinds[column.kind]
    assert len([*csv.reader(io.StringIO(export(FileFormat.CSV, job).decode(), newline=""))]) == 2


def test_half_a_character_stops_no_file() -> None:
    assert flatten({"ref": "\ud83d"})["ref"] == "\\ud83d"
    export(FileFormat.CSV, {"ref": "\ud83d"})


def test_parquet_without_pyarrow_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormatUnavailable, match="Install it"):
        export(FileFormat.PARQUET, JOB)


def test_parquet_has_the_columns_with_their_kinds() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = parquet.read_table(io.BytesIO(export(FileFormat.PARQUET, JOB, JOB)))
    assert table.column_names == [column.name for column in COLUMNS]
    assert table.to_pylist()[1] == flatten(JOB)


def fails(write: Callable[[], object]) -> None:
    """Expect an error of the disk."""
    with pytest.raises(OSError, match="full"):
        write()


def test_a_file_takes_the_place_of_another_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_bytes(b"old")

    def write() -> None:
        with replace_file(path) as file:
            file.write(b"new")
            raise OSError("full")

    fails(write)
    assert ([each.name for each in tmp_path.iterdir()], path.read_bytes()) == (["jobs.csv"], b"old")
    with replace_file(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="links, modes and pipes of POSIX")
def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "jobs.csv", tmp_path / "link.csv"
    path.write_bytes(b"old")
    path.chmod(0o600)
    link.symlink_to(path)
    with replace_file(link) as file:
        file.write(b"new")
    assert (link.is_symlink(), path.read_bytes(), path.stat().st_mode & 0o777) == (True, b"new", 0o600)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_what_is_no_plain_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replace_file(pipe) as file:
        file.write(b"new")
    assert (os.read(reader, 9), pipe.is_fifo()) == (b"new", True)
    os.close(reader)
