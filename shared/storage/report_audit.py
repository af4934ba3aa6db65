"""What an audit reads of a job's report: whether it is one, and which thumbnail it names. It may be anything at all."""

from collections.abc import Mapping
from typing import Any

from shared.analysis.validation import ReportInvalid, check_report
from shared.errors import RowDamaged
from shared.rules import thumbnails
from shared.storage.columns import Columns


def wrong(columns: Columns, *, image: bool) -> str | None:
    """Say what is wrong with the result of a completed job, and quote nothing of it; None where all is well.

    Args:
        columns: Of the job's row.
        image: Whether it is an image's, which must be a report; any other must be an object.
    """
    report = _report(columns)
    if report is None:
        return "it is missing, or no JSON object"
    try:
        if image:
            check_report(report)
    except ReportInvalid as invalid:
        return str(invalid)
    return None


def thumbnail(columns: Columns, job_id: str) -> dict[str, Any]:
    """Compare what a report names with what attempts at its job may have written: nothing else is ever looked for."""
    found = (_report(columns) or {}).get("thumbnail")
    if not isinstance(found, Mapping) or not {"container", "name"} <= found.keys():
        return {}
    return {"thumbnail": found["name"]} if thumbnails.is_of(job_id, found["name"]) else {"names_other_blob": True}


def _report(columns: Columns) -> Mapping[str, Any] | None:
    try:
        return columns.json_object("report")
    except RowDamaged:
        return None
