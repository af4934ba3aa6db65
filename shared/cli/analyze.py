"""Analyse local files as images of a container are analysed, without storage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared import analysis, clock
from shared.analysis.analyst import Analyst
from shared.analysis.report import ANALYZER
from shared.cli.layout import Cell
from shared.cli.output import Column, Kind, Output
from shared.errors import AnalysisDied, ImageRejected
from shared.invocation import Pool
from shared.settings.settings import Settings
from shared.wiring.analyst import analysis_limits, build_analyst

Report = dict[str, Any]


def reports(paths: Sequence[Path], settings: Settings) -> Iterator[Report]:
    """Analyse files, as many at once as there are child processes.

    Args:
        paths: The files.
        settings: What an image may cost, and where it is analysed.

    Yields:
        A report for each, in their order; of a file that can't be analysed, one with status ``failed`` and the error.
    """
    analyst, limits = build_analyst(settings, clock.monotonic), analysis_limits(settings)
    with Pool(settings.analysis_processes, "analyze") as pool:
        yield from pool.map(lambda path: _report(path, analyst, limits), paths)


def print_json(output: Output, reports: Iterable[Report]) -> bool:
    """Write one line of JSON per report; return whether all are reports of images."""
    good = True
    for report in reports:
        output.json_line(report)
        good = good and report["status"] != "failed"
    return good


def print_table(output: Output, reports: Iterable[Report]) -> bool:
    """Show the main facts of each in a table; return whether all are reports of images."""
    kept = list(reports)
    columns: list[Column | str] = [
        Column("file", Kind.NAME),
        Column("status", Kind.NAME),
        *("format", "size"),
        Column("flags", Kind.NAME),
        Column("dhash", Kind.ID),
        *("mean", ""),
    ]
    output.table(columns, [_cells(report) for report in kept])
    return all(report["status"] != "failed" for report in kept)


def _report(path: Path, analyst: Analyst, limits: analysis.Limits) -> Report:
    try:
        size = path.stat().st_size
        source = analysis.Source(container="", name=str(path), etag="", size_bytes=size, declared_type=None)
        over = analysis.over_size_gate(source, limits)
        if over is not None:
            return over.report
        data = path.read_bytes()
    except OSError as error:
        return _failed(path, "unreadable_file", f"The file can't be read: {error.strerror or type(error).__name__}.")
    source = replace(source, size_bytes=len(data))  # a pipe has none before it is read
    try:
        return analyst.analyze(data, source=source, alone=False, stop=lambda: False).report
    except (ImageRejected, AnalysisDied) as error:
        return _failed(path, error.code, str(error))


def _failed(path: Path, code: str, message: str) -> Report:
    head = {"schema": analysis.REPORT_SCHEMA, "analyzer": ANALYZER, "status": "failed"}
    return {**head, "error": {"code": code, "message": message}, "warnings": [], "source": {"name": str(path)}}


def _cells(report: Mapping[str, Any]) -> list[Cell]:
    image, error = report.get("image") or {}, report.get("error") or {}
    mean = str((report.get("color") or {}).get("mean") or "")
    return [
        report["source"]["name"],
        error.get("code") or report["status"],
        image.get("format", ""),
        f"{image['display_width_px']}×{image['display_height_px']}" if image else "",
        ", ".join((report.get("quality") or {}).get("flags", [])),
        (report.get("hash") or {}).get("dhash", ""),
        mean,
        ("■" if mean else "", mean),
    ]
