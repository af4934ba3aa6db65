"""Which transition has met which fault how often, as a table."""

from collections import Counter
from collections.abc import Sequence

from tests.simulation.faults import Fault
from tests.simulation.labels import MANY

#: Of locks, as ``labels`` calls them.
LOCKS = ("lock take", "lock renew", "lock release")
_OTHERS = "all other requests"


def table(coverage: Counter[tuple[str, Fault]], events: Sequence[str]) -> list[str]:
    """Write the table: a line for each transition of a job, or of many, and of a lock, a column for each fault.

    Args:
        coverage: By kind of request and fault.
        events: Transitions of jobs.
    """
    rows = (*events, MANY, *LOCKS, _OTHERS)
    counts: Counter[tuple[str, Fault]] = Counter()
    for (label, fault), count in coverage.items():
        met = [row for row in rows if row in (label, *label.split("+"))] or [_OTHERS]
        for row in met:
            counts[row, fault] += count
    width = max(len(row) for row in rows)
    heads = [f"{number:>2} {fault}" for number, fault in enumerate(Fault)]
    lines = ["faults: " + ", ".join(head.strip() for head in heads), ""]
    lines.append(" " * width + "".join(f"{number:>8}" for number, _ in enumerate(Fault)))
    lines += [row.ljust(width) + "".join(f"{counts[row, fault]:>8}" for fault in Fault) for row in rows]
    never = [f"{row} × {fault}" for row in rows for fault in Fault if not counts[row, fault]]
    return [*lines, "", f"{len(never)} of {len(rows) * len(Fault)} never met: {', '.join(never) or 'none'}"]
