"""What ``darkroom doctor`` prints, and the files that it reads."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.rules.diagnoses import Diagnosis, Level
from shared.rules.terminal import escape, escape_json

#: Where a checkout and a deployment have it.
_HOST_FILE = Path(__file__).resolve().parents[2] / "host.json"
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


def host_file() -> str | None:
    """Return the content of host.json; None where it is not beside the code."""
    try:
        return _HOST_FILE.read_text(encoding="utf-8-sig")
    except OSError:
        return None


def as_json(diagnosis: Diagnosis) -> str:
    """Return one as a line of JSON."""
    columns = {
        "level": diagnosis.level.value,
        "code": diagnosis.symptom.name.lower(),
        "where": diagnosis.where,
        "message": diagnosis.text,
        "advice": diagnosis.advice or None,
    }
    return escape_json(json.dumps(columns, ensure_ascii=False))


def print_diagnoses(console: Console, diagnoses: Iterable[Diagnosis]) -> None:
    """Show them in their order: how bad, of what, what was found, and what to do; the same of neighbours once."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for (level, text, advice), alike in groupby(diagnoses, lambda each: (each.level, each.text, each.advice)):
        said = Text(escape(f"{', '.join(dict.fromkeys(each.where for each in alike))}: {text}"))
        if advice:
            said.append(f"\n→ {escape(advice)}", style="dim" if level is Level.OK else "")
        table.add_row(Text(level.value, style=_STYLES[level]), said)
    console.print(table)


def summary(levels: Counter[Level]) -> str:
    """Count what was found, in one line."""
    problems, warnings, good = (levels[level] for level in (Level.PROBLEM, Level.WARNING, Level.OK))
    return f"problems: {problems:,}, warnings: {warnings:,}, ok: {good:,}"
