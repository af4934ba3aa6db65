"""A rig for each test; its storage service is the session's, and empty when a test begins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import AzuriteWithLog, Rig, rig


@pytest.fixture(name="rig")
def _rig(tmp_path: Path, service: AzuriteWithLog) -> Iterator[Rig]:
    with rig(tmp_path, service) as made:
        yield made
