"""Why jobs are not done, one or all, and what helps."""

from collections.abc import Mapping
from typing import Any

from shared.cli import moments
from shared.cli.output import Column, Kind, Output
from shared.cli.values import text


def show_reason(reason: Mapping[str, Any], output: Output, *, as_json: bool) -> None:
    """Print why one job is not done, and the command that helps."""
    if as_json:
        output.json_line(reason)
        return
    mend = text(reason.get("mend"))
    rows = [[text(reason.get("why"))], *([[f"→ {mend}"]] if mend else [])]
    output.table([Column("", Kind.TEXT)], rows)


def show_causes(causes: Mapping[str, Any], output: Output, *, as_json: bool) -> None:
    """Print each group of jobs, the largest first, with the command that helps."""
    groups = causes.get("groups") or []
    if as_json:
        for group in groups:
            output.json_line(group)
    elif not groups:
        output.line("No job is late, and none has failed in the last 24 hours.")
    rows = []
    for group in groups if not as_json else ():
        count, mend = group.get("count"), text(group.get("mend"))
        first = ", ".join(map(text, (group.get("first_ids") or [])[:1]))
        rows.append(
            [
                f"{count:,}" if isinstance(count, int) else "",
                moments.seconds(group.get("oldest_age_seconds")),
                text(group.get("title")),
            ]
        )
        rows.append(["", "", f"such as {first}" if first else ""])
        rows += [["", "", f"→ {mend}"]] if mend else []
    output.table([Column("jobs", right=True), "oldest", Column("why", Kind.TEXT)], rows)
    if not causes.get("complete", True):
        output.note("There are more jobs than were looked at.")
    moment = moments.whole(causes.get("as_of"))
    if moment and not as_json:
        output.note(f"As of {moment}: the service looks at all of them once a minute.")
