"""Faults that show where the release before writes rows too: what it does not write, and what it can't read."""

from tests.simulation.planting import fault

_DECODE = "shared.storage.codec:decode"
_ENCODE = "shared.storage.codec:encode"
_DUE = "shared.storage.job_table:JobTable.due"

ROLLOUTS = (
    fault(
        "an index row without a copy is left out of lists",
        (
            "shared.steps.operators.pages:_Walk._read",
            "rows |= zip(bare, self._pool.map(lambda each: try_read(self._jobs, each)[0], bare), strict=True)",
            "",
        ),
    ),
    fault(
        "whoever runs by an index row that does not say it is counted as waiting",
        ("shared.steps.operators.statistics:Count._running", "if position.running is None]", "if position is None]"),
    ),
    fault(
        "verify passes over a copy that the release before has left",
        (
            "shared.rules.invariants:_is_stale",
            "return row.copy is not None and row.copy != job.copy",
            "return row.copy is job",
        ),
    ),
    fault(
        "a repair leaves the copy that the release before has left",
        ("shared.rules.invariants:mendings", "stands is None or _is_stale(stands, job)", "stands is None"),
    ),
    fault(
        "a repair that is written over whatever stands",
        (
            "shared.storage.audit:AuditReader.mend",
            '{"mode": UpdateMode.MERGE, **cas.if_match(job.etag)}',
            '{"mode": UpdateMode.MERGE}',
        ),
    ),
    fault(
        "a higher schema for rows that the release before can work on",
        (_ENCODE, '"unique": None', '"schema": 2,\n        "unique": None'),
        (_DECODE, "if schema > SCHEMA:", "if schema > SCHEMA + 1:"),
    ),
    fault(
        "a column that the release before needs is left out",
        (_ENCODE, "if value is not None}", 'if value is not None and name != "schema"}'),
        (_DECODE, 'columns.whole("schema")', 'columns.whole("schema", SCHEMA)'),
        (_DECODE, "_ABSENT.get(name)", "_ABSENT.get(name, SCHEMA)"),
    ),
    fault(
        "a mark that the release before can't read",
        (
            "shared.steps.upkeep.position:Position.value",
            '"so_far": self.so_far',
            '"so_far": str(self.so_far)',
        ),
        (
            "shared.steps.upkeep.position:Position.of",
            'value.get("so_far", 0)',
            'int(value.get("so_far", 0))',
        ),
    ),
    fault(
        "the sweep passes over due rows that do not say who runs",
        (_DUE, '"flow"]', '"flow", "running"]'),
        (_DUE, "for row in rows)", 'for row in rows if "running" in row)'),
    ),
)
