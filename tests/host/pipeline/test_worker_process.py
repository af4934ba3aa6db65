"""``darkroom worker`` on real Azurite, with real processes and signals."""

import os
import signal
import socket
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.rig import SAMPLES, Rig, until
from tests.worker_rig import Start, health, workers

CAT = (SAMPLES / "cat.png").read_bytes()


def slow_image() -> bytes:
    """Return an image of 7 MP, a fifth of a second's work."""
    large = BytesIO()
    with Image.open(SAMPLES / "coffee.webp") as small:
        small.resize((3000, 2250)).save(large, "WEBP", method=0)
    return large.getvalue()


@pytest.fixture
def start(rig: Rig) -> Iterator[Start]:
    """Start workers on the storage of a rig."""
    with workers(rig) as starting:
        yield starting


def upload(rig: Rig, count: int, data: bytes) -> list[str]:
    """Upload images and send a message that names each; return the ids of their jobs."""
    identities = [rig.upload(f"{number}.webp", data) for number in range(count)]
    for number in range(count):
        rig.send(f"images/{number}.webp")
    return identities


def completed(rig: Rig, identities: list[str]) -> int:
    """Count the jobs that are completed."""
    return sum(rig.in_state(identity, "COMPLETED") is not None for identity in identities)


def until_completed(rig: Rig, identities: list[str], count: int) -> None:
    """Wait until so many of the jobs are completed."""
    until(lambda: completed(rig, identities) >= count, what=f"{count} ends")


def test_an_image_that_a_message_names_is_completed_and_a_signal_ends_the_worker(rig: Rig, start: Start) -> None:
    worker = start("--drain", "20")
    (identity,) = upload(rig, 1, CAT)
    assert rig.end_of(identity) == ("COMPLETED", 1)
    until(lambda: rig.waiting() == 0, what="the deletion of the message")
    assert worker.drain() == 0
    assert [line["messages"] for line in worker.lines("worker stopped")] == [1]
    assert {"time", "level", "event"} <= set(worker.lines("job completed")[0])


def test_a_signal_lets_a_worker_end_what_it_has_begun_and_shows_the_rest_to_others(rig: Rig, start: Start) -> None:
    worker = start("--slots", "2", LEASE_SECONDS="60")
    identities = upload(rig, 8, slow_image())
    until_completed(rig, identities, 1)
    assert worker.drain() == 0
    assert [job["state"] for identity in identities if (job := rig.job(identity)) and job["state"] == "RUNNING"] == []
    shown = rig.queues.get_queue_client("image-jobs").receive_messages(messages_per_page=32, visibility_timeout=1)
    assert len(list(shown)) == rig.waiting() == 8 - completed(rig, identities)


def group_is_well(port: int) -> dict[str, Any] | None:
    """Return how a group is, once all of it is well."""
    status, state = health(port)
    return state if status == 200 else None


def test_a_group_starts_again_what_dies_and_says_how_it_is(rig: Rig, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    group = start("--processes", "2", "--health", str(port))
    killed = until(lambda: group_is_well(port), what="health")["processes"][1]["pid"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: group.lines("process of the worker ended: it is started again"), what="its death")
    state = until(lambda: group_is_well(port), what="health of its successor")
    assert state["processes"][1]["pid"] not in (None, killed)
    identities = upload(rig, 6, CAT)
    assert {rig.end_of(identity) for identity in identities} == {("COMPLETED", 1)}
    assert group.drain() == 0


@pytest.mark.prove("leases lapse in real time; every day test_worker_consumer loses messages in virtual time")
def test_a_group_that_is_killed_twice_loses_nothing_and_commits_nothing_twice(rig: Rig, start: Start) -> None:
    identities = upload(rig, 40, slow_image())
    for enough in (5, 20):
        group = start("--processes", "2", DISPATCH="queue")
        until_completed(rig, identities, enough)
        group.kill()
    start("--processes", "2", DISPATCH="queue")
    states = [rig.ended(identity, seconds=120)["state"] for identity in identities]
    for worker in start.started:
        worker.drain()
    print(rig.verify())
    _, commits = rig.count_transitions()
    assert states == ["COMPLETED"] * 40
    assert commits == dict.fromkeys(identities, 1)
