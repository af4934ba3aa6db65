"""Whatever a row says, its readers response: lists, jobs, images, thumbnails, figures, purge and verify."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from azure.data.tables import UpdateMode

from shared.ports.jobs import Row
from shared.ports.queries import JobQuery
from shared.rules.ids import digest
from shared.rules.invariants import Rule
from shared.rules.jobs import State
from shared.storage.row_keys import index_key, ref_key
from tests.contract.verify_bench import VerifyBench
from tests.sdk_clients import table_of
from tests.unit.http.client import Client

DEEP = "[" * 9_000
#: What the report may say, as the row's text.
REPORTS: Mapping[str, Any] = {
    "no JSON": "{",
    "nothing": "",
    "null": "null",
    "a number": "1",
    "a list": '["thumbnail"]',
    "deep": f'{{"quality": {DEEP + "]" * 9_000}}}',
    "deep and cut off": DEEP,
    "NaN": '{"quality": {"blur": NaN}}',
    "beyond a double": '{"quality": {"blur": 1e999}}',
    "thousands of digits": f'{{"schema": {"9" * 5_000}}}',
    "half a surrogate pair": '{"source": {"name": "\\ud800"}}',
    "huge": json.dumps({"exif": {"model": "x" * 30_000}}),
    "a thumbnail that is a list": '{"thumbnail": ["name"]}',
    "a thumbnail that is true": '{"thumbnail": true}',
    "a thumbnail without a name": '{"thumbnail": {"mime": "image/webp"}}',
    "a thumbnail whose name is a list": '{"thumbnail": {"name": ["x"], "container": {}, "mime": 1}}',
    "a thumbnail elsewhere": '{"thumbnail": {"name": "../secrets/crown.txt", "container": "..", "mime": "text/html"}}',
    "a thumbnail in a container of any name": '{"thumbnail": {"name": "x", "container": "A B", "mime": "image/png"}}',
    "sections of other types": '{"quality": [], "color": 1, "image": "x", "privacy": null, "error": 3, "exif": [1]}',
    "not a text": 7,
    "bytes": b"{}",
    "a flag": True,
}
#: Columns that decide: nobody can act on such a job, and nobody stumbles over it.
COLUMNS: Mapping[str, Any] = {
    "state": "EATEN",
    "token": "3",
    "attempts": 1.5,
    "schema": "1",
    "ended": "yesterday",
    "params": "[]",
    "ref": 7,
    "unique": "no",
    "max_attempts": -1,
    "started": True,
    "time_limit_seconds": 1e300,
}
#: Columns that are only looked at.
SHOWN: Mapping[str, Any] = {"progress": "half", "thumbnail": "x", "error": '{"code": 1}'}


#: Of one job, and of all.
OF_ONE = ("/jobs/{id}", "/jobs/{id}/history", "/jobs/{id}/why", "/images/{image}", "/images/{image}/thumbnail")
OF_ALL = (
    "/jobs",
    "/jobs?state=COMPLETED",
    "/images",
    "/stats",
    "/stats/history",
    "/metrics",
    "/why",
    "/locks",
    "/dashboard",
    "/health",
)


def poisoned_rows(bench: VerifyBench, poisons: Mapping[str, Mapping[str, Any]]) -> dict[str, Row]:
    """Complete a job for each poison, and write its columns over the job's; return the rows by poison."""
    rows = {name: bench.completed(f"{number}.png") for number, name in enumerate(poisons)}
    for name, row in rows.items():
        entity = {"PartitionKey": bench.place(row), "RowKey": f"job:{row.job.id}", **poisons[name]}
        bench.table.update_entity(entity, mode=UpdateMode.MERGE)
    return rows


def remove_copies(bench: VerifyBench, rows: Iterable[Row]) -> None:
    """Leave index rows as an earlier release has written them."""
    for row in rows:
        index = {"PartitionKey": bench.place(row), "RowKey": index_key(row.job)}
        bench.table.update_entity(index, mode=UpdateMode.REPLACE)


def responses(bench: VerifyBench, row: Row | None, paths: Iterable[str]) -> dict[str, int]:
    """Ask; return the statuses."""
    client = Client()
    client.serve(bench.darkroom)
    job_id, ref = ("", "") if row is None else (row.job.id, row.job.ref)
    image_id = digest(bench.darkroom.settings.image_type, ref)
    return {
        path: client.call("GET", path.replace("{id}", job_id).replace("{image}", image_id)).status for path in paths
    }


def purge(bench: VerifyBench) -> int:
    """Purge all that has ended; return how many jobs are gone."""
    later = bench.darkroom.clock.now() + timedelta(days=1)
    return bench.darkroom.purge.purge(owner="test", before={state: later for state in State if state.ended}).jobs


def violations(bench: VerifyBench, rule: Rule) -> set[str]:
    """Return the rows of jobs that break a rule."""
    bench.verify(repair=True)
    return {finding.name for finding in bench.findings if finding.violation and finding.rule is rule}


@pytest.mark.case("security M4", was="500 of purge and thumbnail, TypeError of verify, and no cards on the page")
def test_a_report_of_any_shape_is_answered_told_as_a_violation_and_purged(bench: VerifyBench) -> None:
    rows = poisoned_rows(bench, {name: {"report": report} for name, report in REPORTS.items()})
    assert set(responses(bench, None, OF_ALL).values()) == {200}
    for name, row in rows.items():
        *told, thumbnail = responses(bench, row, OF_ONE).values()  # its own, wherever the report says that it is
        assert (name, set(told), thumbnail in {200, 404}) == (name, {200}, True)
    assert violations(bench, Rule.REPORT_INVALID) == {f"job:{row.job.id}" for row in rows.values()}
    assert purge(bench) == len(rows)


@pytest.mark.parametrize("has_copies", [True, False])
def test_a_row_that_nobody_can_read_is_told_as_a_violation_and_listed_by_its_copy_if_at_all(
    bench: VerifyBench, *, has_copies: bool
) -> None:
    rows = poisoned_rows(bench, {name: {name: value} for name, value in COLUMNS.items()})
    good = bench.completed("good.png")
    if not has_copies:
        remove_copies(bench, rows.values())
    assert set(responses(bench, None, OF_ALL).values()) == {200}
    listed = {row.job.id for row in bench.darkroom.lookup.list(JobQuery(), limit=50).items}
    assert listed == {good.job.id, *(row.job.id for row in rows.values() if has_copies)}
    for name, row in rows.items():
        assert (name, responses(bench, row, OF_ONE)["/jobs/{id}"]) == (name, 409)
        assert set(responses(bench, row, OF_ONE).values()) == {200, 409}  # its attempts stand as they did
    assert violations(bench, Rule.UNREADABLE) == {f"job:{row.job.id}" for row in rows.values()}
    assert purge(bench) == 1


def test_a_column_that_is_only_looked_at_is_left_out(bench: VerifyBench) -> None:
    rows = poisoned_rows(bench, {name: {name: value} for name, value in SHOWN.items()})
    for row in rows.values():
        assert set(responses(bench, row, OF_ONE).values()) == {200}
    assert purge(bench) == len(rows)


def row_beside(place: str, row_key: str, **columns: Any) -> Callable[[VerifyBench, Row], None]:  # noqa: ANN401 - of any type
    """Return what writes a row beside the job's."""
    return lambda bench, row: bench.put(
        place.replace("PLACE", bench.place(row)), row_key.replace("ID", row.job.id), **columns
    )


ROWS_BESIDE = {
    "an index row of no moment": row_beside("PLACE", "end:COMPLETED:soon:ID"),
    "an index row of no job": row_beside("PLACE", "end:COMPLETED:9999999999990:nobody"),
    "a due row of nothing": row_beside("PLACE", "due:"),
    "a key row of nothing": row_beside("PLACE", "key:" + "0" * 32),
    "a key row of another reference": row_beside(
        "PLACE", "key:" + "1" * 32, type="image-analysis", ref="images/x", version="1", job_id="x"
    ),
    "an attempt whose token is no number": row_beside("PLACE", "try:ID:first"),
    "an attempt that ended in a number": row_beside("PLACE", "try:ID:0000000008", outcome=1, claim_id=b"x"),
    "an attempt of nobody": row_beside("PLACE", "try:ID:0000000009", owner=1),
    "a type of no form": row_beside("meta", "type:a b"),
    "figures of another form": row_beside("meta", "mark:statistics", value='{"schema": 1, "jobs": []}'),
    "figures that are no JSON": row_beside("meta", "mark:statistics", value="{"),
    "a walk of another form": row_beside("meta", "mark:stale-reports", value='{"total": "many"}'),
}


def test_a_row_beside_the_jobs_hides_no_other_and_breaks_no_reader(bench: VerifyBench) -> None:
    row = bench.completed()
    for name, write in ROWS_BESIDE.items():
        write(bench, row)
        assert (name, set(responses(bench, row, (*OF_ONE, *OF_ALL)).values())) == (name, {200})
    assert bench.darkroom.lookup.images(limit=1).items[0].row is not None
    bench.verify(repair=False)
    assert purge(bench) == 1


@pytest.mark.case("security M4", was="TypeError of verify at a key row whose version is a number")
@pytest.mark.parametrize("column", ["type", "ref", "version", "job_id", "final_state", "analyzed"])
def test_a_key_row_whose_columns_are_no_texts_breaks_no_reader_and_is_told(bench: VerifyBench, column: str) -> None:
    row = bench.completed()
    bench.put(bench.place(row), ref_key(row.job.type, row.job.ref), **{column: 7})
    assert set(responses(bench, row, (*OF_ONE, *OF_ALL)).values()) <= {200, 404, 409}
    bench.verify(repair=False)
    assert bench.findings
    assert purge(bench) in {0, 1}


def test_a_lock_row_of_another_form_leaves_health_and_figures_standing(bench: VerifyBench) -> None:
    columns = {"owner": 1, "token": "x", "lease_seconds": "y"}
    table_of(bench.darkroom.storage.locks).upsert_entity({"PartitionKey": "lock", "RowKey": "sweep", **columns})
    assert set(responses(bench, None, OF_ALL).values()) == {200}
