"""The reports of a whole tree, by its own command: each image in a child process, as in production."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Report = dict[str, Any]

#: Files a call of the command: a call that dies takes its files' reports along.
_FILES_A_CALL = 100
#: What differs from run to run.
_FLEETING = ("timing",)
_COMMAND = "from shared.cli.main import app; app()"


def analyse(tree: Path, files: Sequence[Path]) -> dict[str, Report]:
    """Analyse files by the command of a tree.

    Args:
        tree: Its root; this one, or a work tree of another commit. This interpreter's packages serve both.
        files: All in one folder.

    Returns:
        A report for each, by file name, without what differs from run to run; in the order of the names.
    """
    found: dict[str, Report] = {}
    for at in range(0, len(files), _FILES_A_CALL):
        group = files[at : at + _FILES_A_CALL]
        environ = {**os.environ, "PYTHONPATH": str(tree), "INCLUDE_GPS": "true", "ANALYSIS_ISOLATION": "process"}
        done = subprocess.run(
            [sys.executable, "-P", "-c", _COMMAND, "analyze", "--json", *(file.name for file in group)],
            cwd=group[0].parent,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        found |= read(done.stdout.decode().splitlines())
        print(f"{min(at + _FILES_A_CALL, len(files)):,} of {len(files):,} files", end="\r", file=sys.stderr, flush=True)
    for file in files:
        found.setdefault(file.name, {"status": "failed", "error": {"code": "no_report"}, "warnings": []})
    return dict(sorted(found.items()))


def read(lines: Iterable[str]) -> dict[str, Report]:
    """Read lines of JSON, a report each."""
    reports: Iterable[Report] = map(json.loads, filter(str.strip, lines))
    return {
        Path(report["source"]["name"]).name: {key: value for key, value in report.items() if key not in _FLEETING}
        for report in reports
    }


def save(reports: dict[str, Report], file: Path) -> None:
    """Write reports, in an order that compares well."""
    file.write_text(json.dumps(reports, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def load(file: Path) -> dict[str, Report]:
    """Read what ``save`` has written."""
    saved: dict[str, Report] = json.loads(file.read_text(encoding="utf-8"))
    return saved
