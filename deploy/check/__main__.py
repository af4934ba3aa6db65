"""Run every check, print what is wrong, and exit with 1 if anything is."""

import sys
from pathlib import Path

from deploy.check import kubernetes
from deploy.check.azure import check as azure
from deploy.check.finding import Check, Finding

ROOT = Path(__file__).resolve().parents[2]
#: In the order in which they run.
CHECKS: tuple[Check, ...] = (azure.findings, kubernetes.findings)


def findings(root: Path) -> list[Finding]:
    """Return what is wrong, sorted by file and line."""
    return sorted(found for check in CHECKS for found in check(root))


def main() -> int:
    """Print one line for each finding; return the exit status."""
    found = findings(ROOT)
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
