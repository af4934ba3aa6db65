"""The judge at the end of a world says what is missing, twice there, or of other bytes."""

import json
from typing import Any

import pytest

from tests.simulation import entry_points, reader
from tests.simulation.service.exchange import Request
from tests.simulation.world import World

NO_CONTENT = 204


@pytest.fixture
def world() -> World:
    """Return a sound world that keeps its jobs."""
    worlds = (world for world in map(World, range(1, 50)) if not world.stage.plan.purges)
    return next(world for world in worlds if not (outcome := world.run()).wrong and outcome.commits)


def judge(world: World, **changed: Any) -> list[str]:  # noqa: ANN401 - columns
    """Judge a world in which the rows of completed images have been changed by nobody of Darkroom."""
    service = world.stage.account
    for row in reader.rows_of(service, entry_points.JOBS):
        if row["RowKey"].startswith("job:") and row["state"] == "COMPLETED":
            path = f"{entry_points.JOBS}(PartitionKey='{row['PartitionKey']}',RowKey='{row['RowKey']}')"
            body = json.dumps(changed).encode()
            reply = service.serve(Request("MERGE", "table", (path,), {}, {"content-type": "application/json"}, body))
            assert reply.status == NO_CONTENT
    return reader.judge(service, world.stage.ledger, jobs=entry_points.JOBS, images=entry_points.IMAGES)


def test_a_sound_world_is_judged_so_again(world: World) -> None:
    assert judge(world) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"state": "RUNNING"}, "still RUNNING"),
        ({"version": "0x0"}, "no result"),
        ({"report": json.dumps({"source": {"sha256": "0" * 64}})}, "of other bytes"),
    ],
)
def test_what_was_changed_behind_its_back_is_told(world: World, changed: dict[str, str], said: str) -> None:
    assert any(said in sentence for sentence in judge(world, **changed))
