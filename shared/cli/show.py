"""What ``init`` and ``verify`` print: tables for people, one JSON object a line for programs."""

from collections.abc import Sequence
from typing import Any

from shared.cli.output import Column, Kind, Output
from shared.rules.invariants import Finding
from shared.settings.settings import Settings
from shared.steps.operators.verify import VerifyResult


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding for a program."""
    return {
        "rule": finding.rule.name.lower(),
        "violation": finding.violation,
        "repaired": finding.is_repaired,
        "place": finding.place,
        "name": finding.name,
        "message": finding.rule.value,
        "facts": finding.facts or None,
    }


def print_places(output: Output, settings: Settings) -> None:
    """Show tables, queue and containers: kind, name, and the setting of the connection."""
    images, jobs = settings.images_connection, settings.jobs_connection
    places = [
        ("table", settings.jobs_table, jobs),
        ("table", settings.locks_table, jobs),
        ("queue", settings.job_queue, jobs),
        ("container", settings.images_container, images),
        ("container", settings.thumbnails_container, images),
    ]
    output.table(["", "name", "connection"], places)


def print_findings(output: Output, findings: Sequence[Finding]) -> None:
    """Show findings, the violations first; nothing without one."""
    ordered = sorted(findings, key=lambda finding: (not finding.violation, finding.is_repaired))
    rows = [
        (
            "repaired" if finding.is_repaired else "violation" if finding.violation else "note",
            f"{finding.place} {finding.name}",
            f"{finding.rule.value} ({finding.facts})" if finding.facts else finding.rule.value,
        )
        for finding in ordered
    ]
    output.table(["", Column("where", Kind.ID), Column("what", Kind.TEXT)], rows)


def summary(done: VerifyResult, findings: int) -> str:
    """Count what was checked and found, in one line."""
    notes = findings - done.violations - done.repairs
    return f"{done.jobs:,} jobs, {done.violations:,} violations, {done.repairs:,} repaired, {notes:,} notes"
