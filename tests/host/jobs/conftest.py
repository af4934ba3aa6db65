"""One host for all of these tests. Nothing in it starts jobs: only workers from outside act, each test on its type."""

import hashlib
from collections.abc import Iterator

import pytest

from tests.host.jobs.site import Site
from tests.rig import Rig, rig

#: All that would start, record or remove a job by itself.
TRIGGERS = "record_image,analyze_queued,analyze_pending,reconcile_images,purge_ended"


@pytest.fixture(scope="session", name="rig")
def _rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("jobs")) as made:
        made.start(DISPATCH="off", Disabled=TRIGGERS)
        yield made


@pytest.fixture
def site(rig: Rig, request: pytest.FixtureRequest) -> Iterator[Site]:
    """Give the API, and a type that no other test has."""
    made = Site.of(rig, f"t-{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}")
    yield made
    made.close()
