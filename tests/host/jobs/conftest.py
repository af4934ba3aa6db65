"""One host, or the API in process, for all tests of a file. Nothing in it starts jobs: each test acts on its own type.

Every test runs in process each day, and on a host too in ``dev.py prove``. ``@pytest.mark.real_host`` takes one to a
host alone, every day: what sockets, threads and workers in processes of their own show.
"""

import hashlib
from collections.abc import Iterator

import pytest

from tests.host.jobs.grounds import HOST, PROCESS, Ground, HostGround, ProcessGround
from tests.host.jobs.site import Site
from tests.rig import Rig

#: All that would start, record or remove a job by itself.
TRIGGERS = "record_image,analyze_queued,analyze_pending,reconcile_images,purge_ended"
_PROVED = pytest.mark.prove("it has run in process, on services that are held to Azurite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on every ground that it is for."""
    if "ground" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("real_host") is not None
        grounds = [HOST] if alone else [PROCESS, pytest.param(HOST, marks=_PROVED)]
        metafunc.parametrize("ground", grounds, indirect=True, scope="module")


@pytest.fixture(scope="module")
def host(shared_rig: Rig) -> Ground:
    """Start a host."""
    shared_rig.start(DISPATCH="off", Disabled=TRIGGERS)
    return HostGround(shared_rig)


@pytest.fixture(scope="module")
def ground(request: pytest.FixtureRequest) -> Ground:
    """Give storage, and the API on it."""
    given: Ground = ProcessGround() if request.param == PROCESS else request.getfixturevalue("host")
    return given


@pytest.fixture
def site(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Site]:
    """Give the API, and a type that no other test has."""
    made = ground.site(f"t-{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}")
    yield made
    made.close()
