import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from localhost.host.blobs import BlobMessage
from shared.errors import StorageOut
from shared.ids import digest
from shared.jobs import State
from shared.steps.outcomes import Outcome
from tests.doubles.world import World
from tests.unit.test_messages import bodies, event

EVENT = BlobMessage("Host.Functions.record_image", "images", "cat.png", "0x1").dump()
examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _rejected(world: World, text: str) -> str:
    assert world.receive(text.encode(), owner="queue/1") == [Outcome.REJECTED]
    return digest(text)


def test_a_rejected_text_whose_image_has_come_is_recorded_and_announced_and_forgotten() -> None:
    world = World()
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    assert world.readmit(rejected) == [Outcome.RECORDED]
    assert [row.job.state for row in world.jobs.kept.jobs.values()] == [State.PENDING]
    assert (len(world.queue.sent), world.rejections.kept) == (1, {})


def test_one_whose_image_was_recorded_by_another_is_forgotten() -> None:
    world = World()
    rejected = _rejected(world, "images/cat.png")
    world.recorded()
    assert world.readmit(rejected) == [Outcome.DUPLICATE]
    assert world.rejections.kept == {}


def test_one_that_names_nothing_real_still_is_kept() -> None:
    world = World()
    rejected = _rejected(world, "images/cat.png")
    assert world.readmit(rejected) == [Outcome.REJECTED]
    assert list(world.rejections.kept) == ["images/cat.png"]


def test_one_of_which_a_part_is_still_missing_is_kept() -> None:
    world = World()
    rejected = _rejected(world, '["images/cat.png", "images/dog.png"]')
    world.upload()
    assert world.readmit(rejected) == [Outcome.RECORDED, Outcome.GONE]
    assert len(world.rejections.kept) == 1


def test_one_that_asks_for_nothing_by_now_is_kept() -> None:
    world = World()
    text = json.dumps({**event(), "eventType": "Microsoft.Storage.BlobDeleted"})
    world.rejections.reject(text, code="blob_unreadable", message="It was archived.")
    assert world.readmit(digest(text)) == [Outcome.REJECTED]
    assert list(world.rejections.kept) == [text]


def test_one_that_names_a_job_has_its_message_sent_and_is_forgotten() -> None:
    world = World()
    job_id = world.recorded()
    world.rejections.reject(job_id, code="unknown_job", message="It was not there yet.")
    assert world.readmit(digest(job_id)) == [Outcome.LIVE]
    assert (len(world.queue.sent), world.rejections.kept) == (2, {})


def test_one_that_is_rejected_once_more_while_it_is_redriven_is_kept() -> None:
    world = World()
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    again = (lambda: world.rejections.reject("images/cat.png", code="blob_not_found", message="Gone again."),)
    world.rejections.before("delete", *again)
    assert world.readmit(rejected) == [Outcome.RECORDED]
    assert list(world.rejections.kept) == ["images/cat.png"]


def test_it_is_deleted_last() -> None:
    world = World()
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    world.journal.clear()
    world.readmit(rejected)
    assert world.journal == ["rejections.get", "images.head", "jobs.insert", "queue.send", "rejections.delete"]


@pytest.mark.parametrize("port", ["jobs", "images", "rejections"])
def test_an_outage_raises_and_forgets_nothing(port: str) -> None:
    world = World()
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        world.readmit(rejected)
    assert list(world.rejections.kept) == ["images/cat.png"]


def test_an_id_of_nothing_is_unknown() -> None:
    assert World().readmit("0" * 32) == [Outcome.UNKNOWN]


@pytest.mark.parametrize("way", ["receive", "bury", "bury_event"])
@examples
@given(body=bodies)
@example(body=EVENT)
@example(body=b"images/cat.png")
@example(body=b'[[{"x": 1}], "\xff"]')
@example(body=b"https://[v1.a]/images/x")
@example(body=b"\xff\xfe?sig=x")
def test_no_body_makes_a_step_raise_and_each_is_acted_on_or_kept(way: str, body: bytes) -> None:
    world = World()
    world.upload()
    step = world.receive if way == "receive" else getattr(world, way)
    outcomes = step(body, owner="queue/1") if way == "receive" else step(body)
    assert bool(world.rejections.kept) == (Outcome.REJECTED in outcomes)
    assert set(outcomes) <= {Outcome.REJECTED} or world.jobs.kept.jobs


@examples
@given(body=bodies, uploaded=st.booleans())
@example(body=EVENT, uploaded=True)
@example(body=b'["images/cat.png", "images/dog.png"]', uploaded=True)
@example(body=b'{"url":"?sig=\\ud800"}', uploaded=True)
@example(body=b"\xff", uploaded=False)
def test_a_redrive_loses_nothing(body: bytes, uploaded: bool) -> None:  # noqa: FBT001 - drawn
    world = World()
    world.receive(body, owner="queue/1")
    if uploaded:
        world.upload()
    for row in list(world.rejections.kept.values()):
        outcomes = world.readmit(row.id)
        admitted = {Outcome.RECORDED, Outcome.DUPLICATE, Outcome.LIVE, Outcome.ENDED}
        assert (row.text in world.rejections.kept) is not admitted.issuperset(outcomes)
        assert row.text in world.rejections.kept or world.jobs.kept.jobs
