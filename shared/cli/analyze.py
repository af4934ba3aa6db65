"""Analyse local files as images of a container are analysed, without storage."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared import analysis, clock
from shared.analysis.analyst import Analyst
from shared.analysis.report import ANALYZER
from shared.errors import AnalysisDied, ImageRejected
from shared.invocation import Pool
from shared.rules.terminal import escape, escape_json
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


def print_json(reports: Iterable[Report], write: Any) -> bool:  # noqa: ANN401 - anything that takes a line
    """Write one line of JSON per report; return whether all are reports of images."""
    good = True
    for report in reports:
        write(escape_json(json.dumps(report, ensure_ascii=False)))
        good = good and report["status"] != "failed"
    return good


def print_table(console: Console, reports: Iterable[Report]) -> bool:
    """Show the main facts of each in a table; return whether all are reports of images."""
    table, good = Table(box=None, pad_edge=False), True
    for head in ("file", "status", "format", "size", "quality", "dhash", "mean"):
        table.add_column(head, overflow="fold")
    for report in reports:
        table.add_row(*_cells(report))
        good = good and report["status"] != "failed"
    console.print(table)
    return good


def _report(path: Path, analyst: Analyst, limits: analysis.Limits) -> Report:
    try:
        data = path.read_bytes()
    except OSError as error:
        return _failed(path, "unreadable_file", f"The file can't be read: {error.strerror or type(error).__name__}.")
    source = analysis.Source(container="", name=str(path), etag="", size_bytes=len(data), declared_type=None)
    over = analysis.over_size_gate(source, limits)
    if over is not None:
        return over.report
    try:
        return analyst.analyze(data, source=source, alone=False, stop=lambda: False).report
    except (ImageRejected, AnalysisDied) as error:
        return _failed(path, error.code, str(error))


def _failed(path: Path, code: str, message: str) -> Report:
    head = {"schema": analysis.REPORT_SCHEMA, "analyzer": ANALYZER, "status": "failed"}
    return {**head, "error": {"code": code, "message": message}, "warnings": [], "source": {"name": str(path)}}


def _cells(report: Mapping[str, Any]) -> list[Text]:
    image, error = report.get("image") or {}, report.get("error") or {}
    mean = str((report.get("color") or {}).get("mean") or "")
    size = f"{image['display_width_px']}×{image['display_height_px']}" if image else ""
    words = [
        report["source"]["name"],
        error.get("code") or report["status"],
        image.get("format", ""),
        size,
        ", ".join((report.get("quality") or {}).get("flags", [])),
        (report.get("hash") or {}).get("dhash", ""),
    ]
    # A name may hold anything: what would command the terminal is spelled out, and nothing is markup.
    cells = [Text(escape(word)) for word in words]
    return [*cells, Text.assemble(("■ ", mean), mean) if mean else Text()]
