"""``darkroom export``: jobs and their reports as a file."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli import filters
from shared.cli.connect import Options, connect
from shared.cli.exits import Status, exit_on_error, stop
from shared.cli.export_files import FileFormat, FormatUnavailable, Write, open_file, writer
from shared.cli.options import SettingsFile, Url, by
from shared.cli.output import Output, open_output
from shared.cli.words import one_of, path

Form = Annotated[
    FileFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=by(one_of(FileFormat)),
        autocompletion=lambda: list(FileFormat),
        help="jsonl, csv, or parquet, which needs pyarrow.",
    ),
]
Place = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", parser=by(path), help="Where to; the standard output without it."),
]
#: Jobs that are written at once.
_CHUNK = 200


def export(
    *,
    file_format: Form = FileFormat.JSONL,
    file: Place = None,
    kind: filters.Type = None,
    state: filters.InState = None,
    error: filters.Error = None,
    ref: filters.Ref = None,
    since: filters.Since = None,
    until: filters.Until = None,
    flag: filters.Flag = None,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """Write jobs to a file. It has their reports, as JSON Lines, Parquet, or CSV without formulas for spreadsheets."""
    from shared import clock
    from shared.cli.service import items

    wanted = filters.JobFilters(type=kind, state=state, error=error, ref=ref, since=since, until=until, flag=flag)
    with exit_on_error("the export stopped"):
        output, service = open_output(), connect(Options(url, settings))
        try:
            jobs = items(service, "/jobs", wanted.query(clock.wall()))
            with open_file(file) as stream, writer(stream, file_format) as write:
                written = _copy(jobs, write, output)
        except (ValueError, FormatUnavailable) as wrong:
            stop(Status.USAGE, str(wrong))
        except BrokenPipeError:
            raise
        except OSError as failed:
            stop(Status.FAILED, f"The file can't be written: {failed.strerror or type(failed).__name__}.")
    output.note(f"{written:,} job{'' if written == 1 else 's'} exported.")


def _copy(jobs: Iterator[Mapping[str, Any]], write: Write, output: Output) -> int:
    """Write all jobs; return how many there were."""
    written = 0
    with output.progress("exporting") as progress:
        while chunk := list(islice(jobs, _CHUNK)):
            write(chunk)
            written += len(chunk)
            progress.advance(len(chunk))
    return written
