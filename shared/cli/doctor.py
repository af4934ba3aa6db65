"""What ``darkroom doctor`` prints, and the files that it reads."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from shared.cli.layout import Cell
from shared.cli.output import Column, Kind, Output
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Level

#: Where a checkout and a deployment have it.
_HOST_FILE = Path(__file__).resolve().parents[2] / "host.json"
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


def host_file() -> str | None:
    """Return the content of host.json; None where it is not beside the code."""
    try:
        return _HOST_FILE.read_text(encoding="utf-8-sig")
    except OSError:
        return None


def as_json(diagnosis: Diagnosis) -> dict[str, str | None]:
    """Return one for a program."""
    return {
        "level": diagnosis.level.value,
        "code": diagnosis.symptom.name.lower(),
        "where": diagnosis.where,
        "message": diagnosis.text,
        "advice": diagnosis.advice or None,
    }


def print_diagnoses(output: Output, diagnoses: Iterable[Diagnosis]) -> None:
    """Show them in their order: how bad, of what, what was found, and what to do; the same of neighbours once."""
    rows: list[list[Cell]] = []
    for (level, text, advice), alike in groupby(diagnoses, lambda each: (each.level, each.text, each.advice)):
        places = ", ".join(dict.fromkeys(each.where for each in alike))
        rows.append([(level.value, _STYLES[level]), f"{places}: {text}"])
        if advice:
            rows.append(["", (f"→ {advice}", "dim" if level is Level.OK else "")])
    output.table(["", Column("", Kind.TEXT)], rows)


def summary(levels: Counter[Level]) -> str:
    """Count what was found, in one line."""
    problems, warnings, good = (levels[level] for level in (Level.PROBLEM, Level.WARNING, Level.OK))
    return f"problems: {problems:,}, warnings: {warnings:,}, ok: {good:,}"
