import io

import pytest

from shared.cli import walks
from shared.cli.in_process import InProcess
from shared.cli.output import Progress
from shared.cli.service import Reply, ServiceDown, ServiceRefused
from shared.cli.walks import Backfill
from shared.runtime import Runtime
from shared.steps.operators import blob_count
from tests.doubles.service import FakeService, answer
from tests.doubles.world import World

BUSY = ServiceRefused(409, "locked_out", "Another walk is running.")
COUNT = {"blobs": 3, "cursor": None}


def progress() -> Progress:
    """Return one that nobody sees."""
    return Progress(io.StringIO(), "walking", None, is_shown=False)


def walk(*answers: Reply | Exception) -> tuple[Backfill, list[float], list[str]]:
    """Walk by the answers of an app; return the walk, its pauses and what it said."""
    pauses: list[float] = []
    said: list[str] = []
    service = FakeService({"POST /container/walk": [*answers], "GET /container": [answer(COUNT)]})
    found = Backfill(service, progress(), say=said.append, runtime=Runtime(pause=pauses.append))
    found.run(seconds=1)
    return found, pauses, said


def part(new: int, *, complete: bool = False) -> Reply:
    """Return the answer of one slice, which has listed two blobs."""
    return answer({"blobs": 2, "new": new, "complete": complete})


def test_it_walks_slice_by_slice_to_the_end() -> None:
    found, _, _ = walk(part(1), part(0), part(2, complete=True))
    assert (found.blobs, found.new, found.progress.total) == (6, 3, 3)


def test_it_waits_for_another_walk_and_says_so_once() -> None:
    _, pauses, said = walk(BUSY, BUSY, part(0), BUSY, part(0, complete=True))
    assert (pauses, len(said)) == ([walks._PAUSE_SECONDS] * 3, 2)


def test_slices_that_fail_one_after_another_end_it() -> None:
    down: list[Reply | Exception] = [ServiceDown("out")] * 4
    assert walk(*down, part(1), *down, part(1, complete=True))[0].new == 2
    with pytest.raises(ServiceDown):
        walk(*down, *down)


def test_another_refusal_ends_it_at_once() -> None:
    with pytest.raises(ServiceRefused):
        walk(ServiceRefused(403, "wrong_role", "No."))


def test_every_image_that_nobody_has_announced_gets_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_count, "PAGE", 2)
    world = World()
    for number in range(5):
        world.upload(f"{number}.png")
    world.clock.advance(3_600)
    service = InProcess(world.darkroom, user="me", runtime=Runtime(monotonic=world.clock, draw=world.draw))
    found = Backfill(service, progress(), say=str, runtime=Runtime())
    found.run(seconds=20)
    assert (found.blobs, found.new, found.progress.total) == (5, 5, 5)
