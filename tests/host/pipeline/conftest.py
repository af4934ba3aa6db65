"""A rig of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import Rig, rig


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as made:
        yield made
