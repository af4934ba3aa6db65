from collections.abc import Iterator

import pytest

from shared.errors import ContentRefused, StorageOut
from shared.rules.jobs import State
from shared.steps.work.external import HEADS
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.external_jobs import KIND, MINUTE, add_job, claim_job


def next_of(world: World) -> str | None:
    """Claim the next of the type; return its id."""
    row = world.darkroom.external.claim_next(KIND, owner="worker/1")
    return None if row is None else row.job.id


def draw_chances(world: World, *chances: float) -> None:
    """Let these be drawn, over and over."""

    def draw() -> Iterator[float]:
        while True:
            yield from chances

    world.darkroom.external.claims.chance = draw().__next__


def test_of_no_jobs_none_is_claimed_and_each_bucket_is_asked_once() -> None:
    world = World(JOB_BUCKETS="4")
    assert next_of(world) is None
    assert world.journal == ["jobs.due"] * 4


def test_a_due_job_is_claimed_for_its_owner_and_lease(world: World) -> None:
    job_id = add_job(world)
    world.clock.advance(1)
    row = world.darkroom.external.claim_next(KIND, owner="worker/1", lease=5 * MINUTE)
    assert row is not None
    assert (row.job.id, row.job.owner, row.job.lease, row.job.state) == (job_id, "worker/1", 5 * MINUTE, State.RUNNING)


def test_a_claim_without_a_lease_has_that_of_the_settings(world: World) -> None:
    add_job(world)
    world.clock.advance(1)
    row = world.darkroom.external.claim_next(KIND, owner="worker/1")
    assert row is not None
    assert row.job.lease == world.settings.lease


def test_jobs_of_other_types_are_left(world: World) -> None:
    add_job(world, kind="other")
    world.clock.advance(1)
    assert next_of(world) is None


def test_each_due_job_is_claimed_once_whatever_its_bucket(world: World) -> None:
    ids = {add_job(world, f"{number}") for number in range(20)}
    world.clock.advance(1)
    assert {next_of(world) for _ in range(20)} == ids
    assert next_of(world) is None


def test_among_the_due_the_oldest_come_first() -> None:
    world = World(JOB_BUCKETS="1")
    ids = []
    for number in range(HEADS + 3):
        ids.append(add_job(world, f"{number}"))
        world.clock.advance(1)
    assert next_of(world) in ids[:HEADS]
    assert {next_of(world) for _ in range(HEADS)} >= set(ids[:3])


def test_among_the_first_of_them_one_is_taken_at_random() -> None:
    firsts = set()
    for chances in ((0.1, 0.9, 0.8, 0.7), (0.9, 0.1, 0.8, 0.7), (0.9, 0.8, 0.1, 0.7)):
        world = World(JOB_BUCKETS="1")
        for number in range(3):
            add_job(world, f"{number}")
            world.clock.advance(1)
        draw_chances(world, 0.0, *chances[:3])
        firsts.add(next_of(world))
    assert len(firsts) == 3


def test_buckets_are_asked_at_random() -> None:
    firsts = set()
    for lucky in range(2):
        world = World(JOB_BUCKETS="2")
        for number in range(8):
            add_job(world, f"{number}")
        world.clock.advance(1)
        draw_chances(world, *(0.0 if number == lucky else 0.9 for number in range(2)), *[0.5] * 16)
        first = next_of(world)
        assert first is not None
        firsts.add(int(first[-32:-30], 16) % 2)
    assert firsts == {0, 1}


def test_a_job_that_another_holds_is_skipped() -> None:
    world = World(JOB_BUCKETS="1")
    claim_job(world)
    world.clock.advance(61)  # its due row has come up, and its lease has not lapsed for others
    assert next_of(world) is None
    waiting = add_job(world, "other text")
    world.clock.advance(1)
    assert next_of(world) == waiting


def test_a_job_whose_worker_has_died_is_taken_over(world: World) -> None:
    job_id, claim = claim_job(world)
    world.lapse()
    assert (next_of(world), world.job(job_id).token) == (job_id, claim.token + 1)


def test_a_job_that_is_not_due_is_skipped(world: World) -> None:
    job_id = add_job(world, not_before=world.clock.now + MINUTE)
    world.clock.advance(1)
    assert next_of(world) is None
    world.clock.advance(61)
    assert next_of(world) == job_id


def test_a_job_of_a_newer_release_is_skipped() -> None:
    world = World(JOB_BUCKETS="1")
    world.newer_release_writes(add_job(world))
    waiting = add_job(world, "other text")
    world.clock.advance(1)
    assert next_of(world) == waiting


def test_a_job_that_is_removed_meanwhile_is_skipped() -> None:
    world = World(JOB_BUCKETS="1")
    gone, waiting = add_job(world), add_job(world, "other text")
    world.clock.advance(1)
    draw_chances(world, 0.5)
    world.jobs.before("get", *[lambda: world.jobs.table.jobs.pop(gone, None)] * 2)
    assert next_of(world) == waiting


def test_a_job_that_a_rival_was_faster_with_is_skipped() -> None:
    world = World(JOB_BUCKETS="1")
    ids = {add_job(world), add_job(world, "other text")}
    world.clock.advance(1)
    taken: list[str] = []

    def rival() -> None:
        (first,) = [each for each in sorted(ids) if world.job(each).state is State.PENDING][:1]
        taken.append(first)
        world.rival_claims(first)

    draw_chances(world, 0.5)
    world.jobs.before("replace", rival)
    assert next_of(world) in ids - set(taken)


def test_jobs_that_may_never_be_claimed_again_are_ended_on_the_way() -> None:
    world = World(JOB_BUCKETS="1")
    spent, _ = claim_job(world, add_job(world, "spent", max_attempts=1))
    over = add_job(world, "over", ttl=MINUTE)
    world.lapse()
    waiting = add_job(world, "waiting")
    world.clock.advance(1)
    draw_chances(world, 0.5)
    while (found := next_of(world)) is not None:
        assert found == waiting
    assert [world.job(each).state for each in (spent, over)] == [State.FAILED] * 2
    codes = [error.code for each in (spent, over) if (error := world.job(each).error)]
    assert codes == ["attempts_exhausted", "time_limit"]


def test_a_job_that_is_left_to_its_message_is_claimed_when_there_is_no_other() -> None:
    world = World({KIND: lambda _: None}, JOB_BUCKETS="1")
    older = add_job(world)
    world.clock.advance(world.settings.grace.total_seconds() + 1)
    younger = add_job(world, "younger")
    world.clock.advance(1)
    assert [next_of(world), next_of(world), next_of(world)] == [older, younger, None]


def test_where_messages_start_jobs_twice_as_many_queries_find_nothing() -> None:
    world = World({KIND: lambda _: None}, JOB_BUCKETS="4")
    assert next_of(world) is None
    assert world.journal == ["jobs.due"] * 8


def test_a_job_that_was_tried_in_the_first_window_is_not_read_again_in_the_second() -> None:
    world = World({KIND: lambda _: None}, JOB_BUCKETS="1")
    claim_job(world)
    world.clock.advance(61)
    assert next_of(world) is None
    assert world.journal == ["jobs.due", "jobs.get", "jobs.due"]


def test_an_outage_is_not_an_empty_table(world: World) -> None:
    world.jobs.out = True
    with pytest.raises(StorageOut):
        next_of(world)


def test_the_first_claim_of_a_process_asks_for_the_time(world: World) -> None:
    add_job(world)
    world.clock.advance(1)
    world.clock.server._epoch = None
    world.journal.clear()
    assert next_of(world) is not None
    assert world.journal[:2] == ["index.types", "jobs.due"]


def test_a_claim_of_a_type_takes_a_query_a_get_and_a_transaction() -> None:
    world = World(JOB_BUCKETS="1")
    add_job(world)
    world.clock.advance(1)
    next_of(world)
    assert world.journal == ["jobs.due", "jobs.get", "jobs.replace"]


def test_a_job_that_nobody_can_claim_keeps_no_worker_from_the_others(world: World) -> None:
    job_ids = {add_job(world, ref) for ref in ("a", "b")}
    world.clock.advance(1)
    world.jobs.before("replace", raising(ContentRefused("EntityTooLarge")))
    assert next_of(world) in job_ids
