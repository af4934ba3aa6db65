"""Why jobs are not done, who holds locks, and what ended when: what the API says over a world."""

from collections.abc import Callable

import pytest

from shared.rules.causes import PATIENCE
from shared.rules.rhythms import LOCKS
from shared.steps.operators import group_causes
from tests.unit.http.client import Client

LATE = PATIENCE.total_seconds() + 120 + 61


@pytest.fixture(name="client")
def _client() -> Client:
    return Client(JOB_BUCKETS="2")


def groups(client: Client) -> list[tuple[str, str | None, int]]:
    """Return cause, code and count of each group."""
    body = client.call("GET", "/why").json
    assert body["complete"]
    return [(each["cause"], each["code"], each["count"]) for each in body["groups"]]


def fail_image(client: Client, name: str) -> str:
    job_id = client.world.record_image(name, b"no image")
    client.world.darkroom.attempt.run(job_id, owner="queue/1")
    return job_id


def test_a_job_says_its_cause_and_what_helps(client: Client) -> None:
    job_id = fail_image(client, "a.png")
    body = client.call("GET", f"/jobs/{job_id}/why").json
    assert (body["cause"], body["code"], body["mend"]) == ("failed", "unsupported_format", None)
    assert body["code"] in body["why"]


def test_nothing_is_late_at_first(client: Client) -> None:
    client.add_job()
    client.claim_job("b")
    client.complete_job("c")
    assert groups(client) == []


def test_late_jobs_and_failures_are_grouped_by_what_keeps_them(client: Client) -> None:
    ids = [client.add_job(ref).json["id"] for ref in ("a", "b")]
    client.claim_job("c")
    for name in ("1.png", "2.png", "3.png"):
        fail_image(client, name)
    client.world.clock.advance(LATE)
    client.add_job("d")
    body = client.call("GET", "/why").json
    found = {each["cause"]: each for each in body["groups"]}
    assert {cause: each["count"] for cause, each in found.items()} == {"failed": 3, "waits_for_worker": 2, "lapsed": 1}
    assert found["failed"]["title"] == "Failed with unsupported_format: only another file helps"
    assert (sorted(found["waits_for_worker"]["first_ids"]), found["waits_for_worker"]["types"]) == (
        sorted(ids),
        {"t": 2},
    )
    assert found["waits_for_worker"]["oldest_age_seconds"] == pytest.approx(LATE, abs=2)


def test_a_failure_of_the_day_before_is_no_news(client: Client) -> None:
    fail_image(client, "a.png")
    client.world.clock.advance(group_causes.LATELY.total_seconds() + 60)
    assert groups(client) == []


def test_jobs_without_copies_are_read_and_beyond_a_bound_the_answer_is_not_complete(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.world.index.bare |= {fail_image(client, f"{number}.png") for number in range(3)}
    assert [count for _, _, count in groups(client)] == [3]
    monkeypatch.setattr(group_causes, "LOOKED_AT", 2)
    client.world.clock.advance(61)
    body = client.call("GET", "/why").json
    assert ([each["count"] for each in body["groups"]], body["complete"]) == ([2], False)


@pytest.mark.parametrize("event", ["cancel", "claim", "redrive"])
def test_a_job_that_has_moved_on_since_its_row_was_read_is_in_no_group(client: Client, event: str) -> None:
    world = client.world
    job_id = fail_image(client, "a.png") if event == "redrive" else client.add_job("a").json["id"]
    acts: dict[str, Callable[[str], object]] = {"cancel": world.darkroom.cancel.cancel, "claim": world.rival_claims}
    act = acts.get(event, world.darkroom.redrive.redrive)
    world.index.bare.add(job_id)
    world.clock.advance(LATE)
    world.jobs.before("get", lambda: act(job_id))
    assert groups(client) == []


def test_locks_say_who_holds_them_until_when_and_when_that_was_done(client: Client) -> None:
    assert client.call("GET", "/locks").json["items"][0] == {
        "name": "sweep",
        "holder": None,
        "lease_until": None,
        "done_at": None,
    }
    client.darkroom.sweep.sweep(owner="timer/1")
    client.world.clock.advance(60)
    with client.world.darkroom.lock.try_acquire("sweep", owner="timer/2"):
        before = len(client.world.journal)
        sweep, *others = client.call("GET", "/locks").json["items"]
        assert client.world.journal[before:] == ["locks.list"]
    assert sweep["holder"].startswith("timer/2")
    assert sweep["done_at"] < sweep["lease_until"]
    assert [each["name"] for each in (sweep, *others)] == [*LOCKS]


def test_a_lock_whose_lease_has_lapsed_is_nobodys(client: Client) -> None:
    client.world.darkroom.lock.try_acquire("purge", owner="timer/1")
    client.world.lapse()
    assert {each["holder"] for each in client.call("GET", "/locks").json["items"]} == {None}


def test_a_history_counts_ends_by_steps_and_the_time_of_completed_jobs(client: Client) -> None:
    fail_image(client, "a.png")
    claim = client.claim_job("b")
    client.world.clock.advance(20)
    client.report(claim, "complete", {"result": {}})
    body = client.call("GET", "/stats/history?hours=1").json
    sums = {name: sum(point[name] for point in body["points"]) for name in ("completed", "failed", "canceled")}
    assert (body["step_seconds"], len(body["points"]), sums) == (60, 60, {"completed": 1, "failed": 1, "canceled": 0})
    (point,) = [point for point in body["points"] if point["completed"]]
    assert point["p50_seconds"] == point["p95_seconds"] == pytest.approx(20, abs=1.1)


@pytest.mark.parametrize("hours", ["0", "25", "x", "1.5", ""])
def test_hours_are_1_to_24(client: Client, hours: str) -> None:
    assert client.call("GET", f"/stats/history?hours={hours}").refusal == (422, "invalid", "query.hours")


@pytest.mark.parametrize("path", ["/why", "/stats/history"])
def test_what_was_counted_is_good_for_a_minute_among_all_instances(client: Client, path: str) -> None:
    first = client.call("GET", path).json
    fail_image(client, "a.png")
    client.world.clock.advance(50)
    client.serve(client.world.another())
    before = len(client.world.journal)
    assert client.call("GET", path).json == first
    assert client.world.journal[before:] == ["marks.get"]
    client.world.clock.advance(11)
    assert client.call("GET", path).json != first


def test_hours_are_counted_apart(client: Client) -> None:
    assert client.call("GET", "/stats/history").json["step_seconds"] == 300
    assert client.call("GET", "/stats/history?hours=24").json["step_seconds"] == 1200
