"""A generic API tester on the running host: knowing only the OpenAPI document, it finds no fault in any response."""

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from localhost.azurite import Azurite
from tests.counting import Count
from tests.host.api.api_host import ApiHost, start_host
from tests.host.api.population import populate
from tests.proving import at_length
from tests.rig import ROOT, empty

CONFIG = Path(__file__).with_name("schemathesis.toml")
#: Options of the tester: cases of each operation; every day a few, without the phase of boundaries.
ALL, FEW = ("--max-examples", "52"), ("--max-examples", "3", "--phases", "fuzzing")
#: Two halves, for two processes: tags, and the least number of cases.
HALVES = {"jobs": (("jobs",), 1_050), "operators, images, status": (("operators", "images", "status"), 950)}
ACCEPTED = 0.3
#: What a half may take; alone on two cores it takes 80.
SECONDS = 400


def fuzz(host: ApiHost, folder: Path, tags: tuple[str, ...], *options: str) -> list[tuple[str, int]]:
    """Run the tester on the operations of these tags; return operation and status of every case."""
    log, report = folder / "log", folder / "report"
    environ = {
        **os.environ,
        "DARKROOM_POPULATION": json.dumps(dataclasses.asdict(populate(host, each=at_length(1, 3)))),
        "DARKROOM_CASES": str(log),
        "DARKROOM_SECRETS": json.dumps([host.account_key]),
        "PYTHONPATH": str(ROOT),
    }
    words = ["--config-file", str(CONFIG), "run", f"{host.url}/api/openapi.json", "--url", f"{host.url}/api"]
    words += ["--no-color", *options, *(f"--include-tag={tag}" for tag in tags)]
    command = [sys.executable, "-m", "schemathesis.cli", *words]
    with report.open("wb") as written:
        try:
            run = subprocess.run(
                command, cwd=ROOT, env=environ, stdout=written, stderr=written, timeout=SECONDS, check=False
            )
            is_good, end = run.returncode == 0, "has found what the report below says"
        except subprocess.TimeoutExpired:
            is_good, end = False, f"has not ended in {SECONDS} s"
    lines = [line.split() for line in log.read_text("ascii").splitlines()] if log.exists() else []
    assert is_good, f"The tester {end}, after {len(lines):,} cases.\n{report.read_text('utf-8', 'replace')[-20_000:]}"
    return [(operation, int(status)) for operation, _, status in lines]


def operations(host: ApiHost, tags: tuple[str, ...]) -> set[str]:
    """Return the operations of these tags, as the contract names them."""
    paths = json.loads(host.ask("GET", "/api/openapi.json").data)["paths"].values()
    return {each["operationId"] for path in paths for each in path.values() if set(each["tags"]) & set(tags)}


def test_a_few_requests_by_the_contract_alone_find_no_fault(azurite: Azurite, tmp_path: Path, count: Count) -> None:
    tags = tuple(tag for half, _ in HALVES.values() for tag in half)
    empty(azurite)
    with start_host(tmp_path, storage=azurite) as host:
        cases = fuzz(host, tmp_path, tags, *FEW)
        expected = operations(host, tags)
    count(cases=len(cases), failures=0)
    assert {operation for operation, _ in cases} == expected
    assert [operation for operation, status in cases if status // 100 == 5] == []


@pytest.mark.prove("two thousand requests take minutes; every day has a few of each operation")
@pytest.mark.parametrize(("tags", "least"), HALVES.values(), ids=HALVES)
def test_a_generic_tester_finds_no_fault_and_is_accepted_often_enough_to_reach_what_there_is(
    tmp_path: Path, count: Count, tags: tuple[str, ...], least: int
) -> None:
    with start_host(tmp_path) as host:
        cases = fuzz(host, tmp_path, tags, *ALL)
        expected = operations(host, tags)
    classes = Counter(status // 100 for _, status in cases)
    reached = {operation for operation, status in cases if status // 100 == 2}
    print(
        f"{len(cases):,} cases of {len(expected)} operations, {classes[2] / len(cases):.0%} answered 2xx:",
        ", ".join(f"{number:,} × {kind}xx" for kind, number in sorted(classes.items())),
    )
    counts = {f"{kind}xx": number for kind, number in sorted(classes.items())}
    count(cases=len(cases), operations=len(reached), failures=0, **counts)
    assert len(cases) >= least
    assert classes[2] / len(cases) >= ACCEPTED
    assert reached == expected
    assert classes[5] == 0


def test_the_halves_are_the_whole_and_have_2000_cases() -> None:
    assert sum(least for _, least in HALVES.values()) >= 2_000
