"""Files of an export: JSON Lines as the API gives jobs, CSV that no spreadsheet runs, Parquet where it can be had."""

import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

from shared.cli.export_columns import COLUMNS, Cell, Kind, flatten
from shared.rules.terminal import escape_json

#: Takes jobs as the API gives them.
Write = Callable[[Sequence[Mapping[str, Any]]], None]
#: What a spreadsheet takes for a formula at the beginning of a cell, behind blanks too.
#: Source: OWASP, "CSV Injection"; read 2026-12.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
#: Rows of a row group in a Parquet file.
_GROUP_ROWS = 5_000


class FileFormat(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class FormatUnavailable(Exception):
    """Parquet needs the package pyarrow. Install it, or take --format csv or jsonl."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@contextmanager
def open_file(path: Path | None) -> Iterator[BinaryIO]:
    """Open a file, or the standard output without one.

    Raises:
        OSError: It can't be written.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with replace_file(path) as file:
            yield file


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of another only when it is whole; after an error nothing of it is left.

    The file keeps the mode of the other, and a link stays a link. What is no plain file, such as ``/dev/stdout`` or a
    pipe, is never replaced: it is written to.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    place = path.resolve()
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    file = part.open("xb")
    try:
        with file:
            if place.exists():
                shutil.copymode(place, part)
            yield file
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writer(file: BinaryIO, file_format: FileFormat) -> Iterator[Write]:
    """Yield what writes jobs into a file; the file is whole when this is left.

    Raises:
        FormatUnavailable: Parquet is asked for, and pyarrow is not installed.
    """
    if file_format is FileFormat.PARQUET:
        with _parquet(file) as write:
            yield write
        return
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield _jsonl(text) if file_format is FileFormat.JSONL else _csv(text)
        text.flush()
    finally:
        text.detach()


def cell_text(cell: Cell) -> Cell:
    """Return a cell as CSV has it; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _jsonl(text: TextIOWrapper) -> Write:
    def write(jobs: Sequence[Mapping[str, Any]]) -> None:
        text.writelines(escape_json(json.dumps(job, ensure_ascii=False)) + "\n" for job in jobs)

    return write


def _csv(text: TextIOWrapper) -> Write:
    """Write a head and a row a job; texts stand in quotes, so that a separator of another country divides none."""
    rows = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow([column.name for column in COLUMNS])

    def write(jobs: Sequence[Mapping[str, Any]]) -> None:
        for job in jobs:
            rows.writerow([cell_text(cell) for cell in flatten(job).values()])

    return write


@contextmanager
def _parquet(file: BinaryIO) -> Iterator[Write]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - not installed with the command
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise FormatUnavailable from None
    types = {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.YES_NO: pa.bool_(),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in COLUMNS])
    rows: list[Mapping[str, Cell]] = []
    with parquet.ParquetWriter(file, schema) as table:

        def flush() -> None:
            table.write_table(pa.Table.from_pylist(rows, schema=schema))
            rows.clear()

        def write(jobs: Sequence[Mapping[str, Any]]) -> None:
            rows.extend(map(flatten, jobs))
            if len(rows) >= _GROUP_ROWS:
                flush()

        yield write
        flush()
