from types import SimpleNamespace

import pytest

from shared.steps.operators import blob_count
from shared.steps.upkeep.reconcile import WalkResult
from tests.doubles.world import World
from tests.unit.http.client import Client


def fill(world: World, *names: str) -> None:
    """Put blobs into the container long ago, and tell nobody."""
    for name in names:
        world.upload(name)
    world.clock.advance(3_600)


def test_the_blobs_of_the_container_are_counted_in_parts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_count, "PAGE", 2)
    monkeypatch.setattr(blob_count, "PAGES", 2)
    fill(client.world, *"abcde")
    first = client.call("GET", "/container").json
    second = client.call("GET", f"/container?cursor={first['cursor']}").json
    assert (first["blobs"], second) == (4, {"blobs": 1, "cursor": None})


def test_a_cursor_of_another_list_is_refused(client: Client) -> None:
    assert client.call("GET", "/container?cursor=abcd").refusal == (422, "invalid", "query.cursor")


def test_a_walk_records_what_no_event_has_announced(client: Client) -> None:
    fill(client.world, "a.png", "b.png")
    walk = client.call("POST", "/container/walk", {})
    assert (walk.status, walk.json["blobs"], walk.json["new"], walk.json["complete"]) == (200, 2, 2, True)
    (action,) = client.call("GET", "/actions").json["items"]
    assert (action["action"], action["result"]["done"]) == ("walk", 2)
    again = client.call("POST", "/container/walk", {})
    assert (again.json["blobs"], again.json["new"]) == (2, 0)


def test_a_walk_that_is_not_at_its_end_is_202(client: Client) -> None:
    client.darkroom.reconcile = SimpleNamespace(reconcile=lambda **_: WalkResult(seen=5))
    walk = client.call("POST", "/container/walk", {"seconds": 1})
    assert (walk.status, walk.json["complete"], walk.headers["retry-after"]) == (202, False, "2")


def test_a_walk_ends_after_the_seconds_that_it_was_given(client: Client) -> None:
    stops: list[bool] = []

    def walk(**options: object) -> WalkResult:
        stop = options["stop"]
        assert callable(stop)
        stops.append(stop())
        client.world.clock.advance(7)
        stops.append(stop())
        return WalkResult()

    client.darkroom.reconcile = SimpleNamespace(reconcile=walk)
    client.call("POST", "/container/walk", {"seconds": 7})
    assert stops == [False, True]


def test_a_walk_beside_another_is_409(client: Client) -> None:
    client.darkroom.reconcile = SimpleNamespace(reconcile=lambda **_: WalkResult(locked_out=True))
    assert client.call("POST", "/container/walk", {}).refusal == (409, "locked_out", None)


@pytest.mark.parametrize("seconds", [0, 121, "1", None])
def test_other_times_name_their_field(client: Client, seconds: object) -> None:
    assert client.call("POST", "/container/walk", {"seconds": seconds}).refusal == (422, "invalid", "body.seconds")
