"""What befalls images while they wait in the queue: one host records them, and the next one analyses."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.rig import SAMPLES, Rig, until

CAT = (SAMPLES / "cat.png").read_bytes()
ROCKET = (SAMPLES / "rocket.jpg").read_bytes()


@dataclass(frozen=True)
class WaitingImages:
    """Three images that were recorded; then one was deleted, and one overwritten, and the next host began.

    Attributes:
        rig: With that host, which records nothing.
        ids: Of their jobs, by name.
        newer: The id of the job of the newer version.
        at_drain: States, and how often each message had been taken, at the end of the first host.
    """

    rig: Rig
    ids: dict[str, str]
    newer: str
    at_drain: tuple[list[str], list[int | None]]


@pytest.fixture(scope="module")
def waiting(shared_rig: Rig) -> WaitingImages:
    recorder = shared_rig.start(Disabled="analyze_queued,analyze_pending")
    ids = {name: shared_rig.upload(name, CAT) for name in ("stays", "goes", "changes")}
    until(lambda: shared_rig.waiting() == len(ids), what="the messages")  # each comes behind its row
    recorder.drain()
    messages = shared_rig.queues.get_queue_client("image-jobs").peek_messages(5)
    at_drain = (
        [str(job_of(shared_rig, job_id)["state"]) for job_id in ids.values()],
        [m.dequeue_count for m in messages],
    )
    shared_rig.blobs.get_blob_client("images", "goes").delete_blob()
    newer = shared_rig.upload("changes", ROCKET)
    shared_rig.start(Disabled="record_image")
    return WaitingImages(shared_rig, ids, newer, at_drain)


def job_of(made: Rig, job_id: str) -> dict[str, Any]:
    """Return a job that is there."""
    job = made.job(job_id)
    assert job is not None
    return job


def test_jobs_stay_pending_without_the_triggers_that_analyse(waiting: WaitingImages) -> None:
    assert waiting.at_drain == (["PENDING"] * 3, [0] * 3)


def test_an_image_that_waited_for_the_next_host_is_completed_at_its_first_attempt(waiting: WaitingImages) -> None:
    assert waiting.rig.end_of(waiting.ids["stays"]) == ("COMPLETED", 1)


def test_a_blob_deleted_while_queued_cancels_its_job(waiting: WaitingImages) -> None:
    job = waiting.rig.ended(waiting.ids["goes"])
    assert (job["state"], job["error"]["code"]) == ("CANCELED", "blob_gone")


def test_an_image_overwritten_while_queued_is_analysed_in_its_newer_version_alone(waiting: WaitingImages) -> None:
    older = waiting.rig.ended(waiting.ids["changes"])
    assert (older["state"], older["error"]["code"]) == ("CANCELED", "superseded")
    job = waiting.rig.ended(waiting.newer)
    assert (job["state"], job["attempts"], job["report"]["image"]["width_px"]) == ("COMPLETED", 1, 640)
