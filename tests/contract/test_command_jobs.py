"""Commands that read, over the API in process."""

import json
from collections.abc import Callable

from typer.testing import Result

from tests.contract.verify_bench import VerifyBench


def test_jobs_are_listed_for_people_and_programs(command: Callable[..., Result], bench: VerifyBench) -> None:
    ids = {bench.record(name).job.id for name in ("cat.png", "dog.png")}
    table, lines = command("jobs"), command("jobs", "--json")
    assert (table.exit_code, lines.exit_code) == (0, 0), table.stderr
    assert all(job_id in table.stdout for job_id in ids)
    assert {json.loads(line)["id"] for line in lines.stdout.splitlines()} == ids


def test_a_parameter_that_the_api_refuses_ends_it_with_two_and_is_named(command: Callable[..., Result]) -> None:
    result = command("jobs", "--type", "No type")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "query.type" in result.stderr
