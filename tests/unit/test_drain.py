import json
from collections import Counter

import pytest

from localhost.host.blobs import BlobMessage
from shared.errors import StorageOut
from shared.jobs import State
from shared.steps.outcomes import Outcome
from tests.doubles.world import World

EVENT = BlobMessage("Host.Functions.record_image", "images", "cat.png", "0x1").dump()
BODIES = (b"", b"{", b"\xff", b"images/absent.png", b'{"job_id":"a-' + b"0" * 32 + b'"}')


def test_queues_without_stuck_messages_are_looked_at_and_left() -> None:
    world = World()
    world.poison.put(b"{", dequeue_count=4)
    assert world.drain() == Counter()
    assert world.journal == ["poison.stuck", "blob poison.stuck"]


def test_a_stuck_message_of_a_job_is_buried_and_deleted() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = world.recorded()
    world.rival_claims(job_id)
    world.lapse()
    world.poison.put(json.dumps({"v": 1, "job_id": job_id}).encode(), dequeue_count=5)
    assert world.drain() == {Outcome.FAILED: 1}
    assert (world.job(job_id).state, world.poison.held, world.poison.lying) == (State.FAILED, {}, [])


def test_a_stuck_blob_event_is_recorded_and_deleted() -> None:
    world = World()
    world.upload()
    world.blob_poison.put(EVENT, dequeue_count=5)
    assert world.drain() == {Outcome.RECORDED: 1}
    assert (world.blob_poison.held, world.blob_poison.lying) == ({}, [])


@pytest.mark.parametrize("body", BODIES)
def test_what_cannot_be_followed_is_kept_and_deleted(body: bytes) -> None:
    world = World()
    world.poison.put(body, dequeue_count=5)
    assert world.drain() == {Outcome.REJECTED: 1}
    assert (len(world.rejections.kept), world.poison.held) == (1, {})


def test_a_message_is_deleted_after_it_was_taken_in() -> None:
    world = World()
    world.poison.put(b"{", dequeue_count=5)
    world.drain()
    assert world.journal[:4] == ["poison.stuck", "poison.receive", "rejections.reject", "poison.delete"]


def test_an_outage_raises_and_deletes_nothing() -> None:
    world = World()
    world.poison.put(b"{", dequeue_count=5)
    world.rejections.out = True
    with pytest.raises(StorageOut):
        world.drain()
    world.rejections.out = False
    world.poison.come_back()
    assert world.drain() == {Outcome.REJECTED: 1}
