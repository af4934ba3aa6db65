"""Fixtures of every tier: one Azurite a session, fresh names a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localhost.azurite import Azurite

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A storage service in memory, shared by the session: tests take names of their own."""
    with Azurite() as service:
        yield service
