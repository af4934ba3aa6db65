"""Run a file of tests with a planted fault: ``python -m tests.simulation.planted_session NAME FILE``.

The status is pytest's: 1 where a test has failed, as one must.
"""

import sys

import pytest

from tests.simulation.planted_faults import FAULTS
from tests.simulation.planting import plant


def main(name: str, file: str) -> int:
    """Run them up to the first that fails."""
    with plant(FAULTS[name]):
        return int(pytest.main(["-q", "-n0", "-x", "-p", "no:cacheprovider", file]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
