"""What the command prints: tables for people, one JSON object a line for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.rules.invariants import Finding
from shared.rules.terminal import escape, escape_json
from shared.settings.settings import Settings
from shared.steps.operators.verify import VerifyResult


def finding_json(finding: Finding) -> str:
    """Return a finding as one line of JSON."""
    columns: dict[str, Any] = {
        "rule": finding.rule.name.lower(),
        "violation": finding.violation,
        "repaired": finding.is_repaired,
        "place": finding.place,
        "name": finding.name,
        "message": finding.rule.value,
        "facts": finding.facts or None,
    }
    return escape_json(json.dumps(columns, ensure_ascii=False))


def print_places(console: Console, settings: Settings) -> None:
    """Show tables, queue and containers: kind, name, and the setting of the connection."""
    images, jobs = settings.images_connection, settings.jobs_connection
    places = [
        ("table", settings.jobs_table, jobs),
        ("table", settings.locks_table, jobs),
        ("queue", settings.job_queue, jobs),
        ("container", settings.images_container, images),
        ("container", settings.thumbnails_container, images),
    ]
    console.print(_table(("", "name", "connection"), places))


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Show findings, the violations first; nothing without one."""
    if not findings:
        return
    ordered = sorted(findings, key=lambda finding: (not finding.violation, finding.is_repaired))
    rows = [
        (
            "repaired" if finding.is_repaired else "violation" if finding.violation else "note",
            f"{finding.place} {finding.name}",
            f"{finding.rule.value} ({finding.facts})" if finding.facts else finding.rule.value,
        )
        for finding in ordered
    ]
    console.print(_table(("", "where", "what"), rows))


def summary(done: VerifyResult, findings: int) -> str:
    """Count what was checked and found, in one line."""
    notes = findings - done.violations - done.repairs
    return f"{done.jobs:,} jobs, {done.violations:,} violations, {done.repairs:,} repaired, {notes:,} notes"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(escape(cell)) for cell in row))  # a name is no markup, and commands no terminal
    return table
