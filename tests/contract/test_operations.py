"""What docs/operations.md tells operators to ask the table for."""

import re
from pathlib import Path

import pytest

from tests.contract.verify_bench import VerifyBench

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text("utf-8")
FILTERS = dict(re.findall(r"<!-- filter: (\w+) -->\n```\n(.+)\n```", TEXT))


@pytest.fixture
def one_of_each(bench: VerifyBench) -> dict[str, str]:
    """Make a job of each kind; return their ids."""
    darkroom = bench.darkroom
    failed = darkroom.record.record(bench.upload("empty.png", b"")).job_id
    darkroom.attempt.run(failed, owner="queue/1")
    live = bench.claim(bench.record("live.png")).job.id
    return {"failed": failed, "live": live, "completed": bench.completed("done.png").job.id}


@pytest.mark.parametrize(
    ("name", "want"),
    [("live", "due:{at}:{live}"), ("failed", "end:FAILED:{at}:{failed}"), ("attempts", "try:{live}:{at}")],
)
def test_a_filter_of_the_runbook_finds_what_it_is_for_and_nothing_else(
    bench: VerifyBench, one_of_each: dict[str, str], name: str, want: str
) -> None:
    rows = bench.table.query_entities(FILTERS[name].replace("{id}", one_of_each["live"]), select=["RowKey"])
    (found,) = (row["RowKey"] for row in rows)
    assert re.fullmatch(want.format(at=r"\d+", **one_of_each), found)


def test_every_filter_of_the_runbook_is_tried_above() -> None:
    assert set(FILTERS) == {"live", "failed", "attempts"}
