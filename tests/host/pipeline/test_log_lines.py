"""Nothing that the app logs is lost: each line names an invocation that runs, under the workers of both generations.

The local host writes a line that the real one would drop under another name.
"""

from collections.abc import Callable

import pytest

from tests.doubles.world import png
from tests.host.jobs.site import Site
from tests.rig import Rig, until

IMAGES = 6
OTHER = pytest.mark.prove("a host for each worker and strategy; every day has each of them once")
#: What is written once for each image, whichever pool it is done by.
EACH = ("job recorded", "job claimed", "job completed")
#: Everything is found by walks: none of it in the thread that the worker has called.
WALKING = {"RECONCILE_SCHEDULE": "* * * * * *", "RECONCILE_GRACE_SECONDS": "0", "DISPATCH_GRACE_SECONDS": "0"}


def lost(rig: Rig) -> list[str]:
    """End the host; return the lines that it has dropped."""
    assert rig.hosts[-1].drain() == 0
    return rig.lost_lines()


@pytest.mark.parametrize(
    ("dispatch", "worker"),
    [
        ("timer", "thread"),
        pytest.param("timer", "context", marks=OTHER),
        pytest.param("both", "thread", marks=OTHER),
        pytest.param("both", "context", marks=OTHER),
    ],
)
@pytest.mark.case("host 1", was="DISPATCH=timer lost 6 of 6 `analysis started`; both lost all of reconcile and API")
def test_every_line_of_walks_and_sweeps_arrives(
    rig: Rig, worker: str, dispatch: str, case_result: Callable[[str], None]
) -> None:
    identities = [rig.upload(f"{number}.png", png(number + 1, 2)) for number in range(IMAGES)]
    rig.start("--worker", worker, DISPATCH=dispatch, Disabled="record_image", **WALKING)
    for identity in identities:
        rig.ended(identity)
    until(lambda: len(rig.log_lines("job completed")) == IMAGES, what="the last line")
    assert lost(rig) == []
    told = {event: rig.log_lines(event) for event in EACH}
    assert {event: len(lines) for event, lines in told.items()} == dict.fromkeys(EACH, IMAGES)
    assert all(line["invocation"] for lines in told.values() for line in lines)
    case_result("0 lines lost")


@pytest.mark.parametrize("worker", [pytest.param("thread", marks=OTHER), "context"])
@pytest.mark.case("host 1", was="lines of sync API routes were lost")
def test_every_line_of_the_api_arrives(rig: Rig, worker: str) -> None:
    host = rig.start("--worker", worker, Disabled="record_image,analyze_pending,analyze_queued,reconcile_images")
    site = Site.of(rig, "log-lines")
    for number in range(IMAGES - 1):
        site.new_job(str(number))
    assert site.call("PUT", "/images/cat.png", png(), content_type="image/png").status == 202
    assert site.next().status == 200
    assert lost(rig) == []
    assert len(rig.log_lines("job recorded", host)) == IMAGES
    assert len(rig.log_lines("job claimed", host)) == 1
