import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.cli import words
from shared.errors import StorageOut
from shared.rules.ids import digest
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from tests.doubles.world import World
from tests.proving import at_length
from tests.unit.image_jobs import BLOB_EVENT
from tests.unit.test_messages import bodies, event

examples = settings(max_examples=at_length(12, 500), suppress_health_check=[HealthCheck.too_slow])


def _rejected(world: World, text: str) -> str:
    assert world.darkroom.receive.receive(text.encode(), owner="queue/1") == [Disposition.REJECTED]
    return digest(text)


PATH, TWO = "images/cat.png", '["images/cat.png", "images/dog.png"]'
JOB_TOO = json.dumps([f"image-analysis-{0:032x}", PATH])
DELETION = json.dumps({**event(), "eventType": "Microsoft.Storage.BlobDeleted"})


def _ended(world: World) -> str:
    world.darkroom.attempt.run(job_id := world.record_image(), owner="queue/1")
    return job_id


def _of_a_newer_release(world: World) -> str:
    job_id = world.record_image()
    world.newer_release_writes(job_id)
    return job_id


@pytest.mark.parametrize(
    ("text", "outcomes", "sent", "kept"),
    [
        pytest.param(lambda world: world.upload() and PATH, ["recorded"], 1, False, id="its image has come"),
        pytest.param(lambda world: world.record_image() and PATH, ["duplicate"], 1, False, id="its image is recorded"),
        pytest.param(lambda _: PATH, ["rejected"], 0, True, id="it names nothing real still"),
        pytest.param(lambda world: world.upload() and TWO, ["recorded", "rejected"], 1, True, id="a part is missing"),
        pytest.param(lambda _: DELETION, ["ignored"], 0, True, id="it asks for nothing by now"),
        pytest.param(World.record_image, ["live"], 2, False, id="it names a job: its message is sent"),
        pytest.param(_ended, ["ended"], 1, False, id="its job has ended"),
        pytest.param(_of_a_newer_release, ["left"], 1, True, id="its job is of a newer release"),
        pytest.param(
            lambda world: world.upload() and JOB_TOO, ["rejected", "recorded"], 1, True, id="a job is missing"
        ),
    ],
)
def test_a_redrive_follows_a_text_and_forgets_it_once_all_of_it_is_admitted(
    world: World, text: Callable[[World], str], outcomes: list[str], sent: int, *, kept: bool
) -> None:
    rejected = text(world)
    world.rejections.reject(rejected, code="blob_not_found", message="It was not there yet.")
    assert world.darkroom.readmit.readmit(digest(rejected)) == outcomes
    assert (len(world.queue.messages), list(world.rejections.rows)) == (sent, [rejected] if kept else [])


def test_one_that_is_rejected_once_more_while_it_is_redriven_is_kept(world: World) -> None:
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    again = (lambda: world.rejections.reject("images/cat.png", code="blob_not_found", message="Gone again."),)
    world.rejections.before("delete", *again)
    assert world.darkroom.readmit.readmit(rejected) == [Recording.RECORDED]
    assert list(world.rejections.rows) == ["images/cat.png"]


def test_it_is_deleted_last(world: World) -> None:
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    world.journal.clear()
    world.darkroom.readmit.readmit(rejected)
    assert world.journal == ["rejections.get", "images.head", "jobs.insert", "queue.send", "rejections.delete"]


@pytest.mark.parametrize("port", ["jobs", "images", "rejections"])
def test_an_outage_raises_and_forgets_nothing(world: World, port: str) -> None:
    rejected = _rejected(world, "images/cat.png")
    world.upload()
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        world.darkroom.readmit.readmit(rejected)
    assert list(world.rejections.rows) == ["images/cat.png"]


def test_an_id_of_nothing_is_unknown() -> None:
    assert World().darkroom.readmit.readmit("0" * 32) == [Disposition.UNKNOWN]


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("12h", 12), ("7d", 168), ("0d", 0)])
def test_an_age_is_a_number_and_a_unit(text: str, hours: float) -> None:
    assert words.age(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["7", "d", "-1d", "1.5h", "1w", " 7d", "9999999d"])
def test_an_age_of_another_form_says_what_it_must_be(text: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number followed by m, h or d"):
        words.age(text)


@pytest.mark.parametrize("way", ["receive", "bury", "admit"])
@examples
@given(body=bodies)
@example(body=BLOB_EVENT)
@example(body=b"images/cat.png")
@example(body=b'[[{"x": 1}], "\xff"]')
@example(body=b"https://[v1.a]/images/x")
@example(body=b"\xff\xfe?sig=x")
@example(body=b"[" * 900 + b"]" * 900)
@example(body=b'{"name":"x","size":' + b"9" * 9_000 + b"}")
@example(body=b'{"name":"\\ud800","eventType":"Microsoft.Storage.BlobCreated","data":{}}')
@example(body=b'{"name":"x","name":"images/cat.png","dequeueCount":"many"}')
def test_no_body_makes_a_step_raise_and_each_is_acted_on_or_kept(way: str, body: bytes) -> None:
    world = World()
    world.upload()
    step = getattr(getattr(world.darkroom, way), way)
    outcomes = step(body, owner="queue/1") if way == "receive" else step(body)
    assert bool(world.rejections.rows) == (Disposition.REJECTED in outcomes)
    assert set(outcomes) <= {Disposition.REJECTED, Disposition.IGNORED} or world.jobs.table.jobs
    assert outcomes


@examples
@given(body=bodies, uploaded=st.booleans())
@example(body=BLOB_EVENT, uploaded=True)
@example(body=b'["images/cat.png", "images/dog.png"]', uploaded=True)
@example(body=b'{"url":"?sig=\\ud800"}', uploaded=True)
@example(body=b"\xff", uploaded=False)
def test_a_redrive_loses_nothing(body: bytes, uploaded: bool) -> None:  # noqa: FBT001 - drawn
    world = World()
    world.darkroom.receive.receive(body, owner="queue/1")
    if uploaded:
        world.upload()
    for row in list(world.rejections.rows.values()):
        outcomes = world.darkroom.readmit.readmit(row.id)
        admitted = {Recording.RECORDED, Recording.DUPLICATE, Disposition.LIVE, Disposition.ENDED}
        assert (row.text in world.rejections.rows) is not admitted.issuperset(outcomes)
        assert row.text in world.rejections.rows or world.jobs.table.jobs


def test_bytes_that_are_no_text_are_kept_and_not_followed_as_if_they_were(world: World) -> None:
    assert world.darkroom.receive.receive(b"\xff", owner="queue/1") == [Disposition.REJECTED]
    (row,) = world.rejections.rows.values()
    world.upload(row.text)
    assert world.darkroom.readmit.readmit(row.id) == [Disposition.REJECTED]
    assert [kept.code for kept in world.rejections.rows.values()] == ["not_text"]
