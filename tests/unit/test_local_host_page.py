"""docs/local-host.md names a test for each rule of the real host that the local one keeps."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "local-host.md").read_text("utf-8")
RULES = PAGE.partition("## What it does like the real host")[2].partition("\n## ")[0]
ROWS = [line for line in RULES.splitlines() if line.startswith("| ") and not line.endswith("| test |")]


def test_each_rule_has_a_test() -> None:
    assert len(ROWS) > 40
    assert [row for row in ROWS if not re.search(r"\| `test_[^|]+` \|$", row)] == []


def test_the_tests_of_the_rules_are_there() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "host" / "functions_host").glob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    assert set(re.findall(r"`(test_\w+)`", RULES)) <= there
