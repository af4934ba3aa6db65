"""Jobs of images that are due, what names one in a queue, an attempt at one, and the error that it leaves."""

import json
from dataclasses import replace
from datetime import timedelta

from localhost.host.blobs import BlobMessage
from shared.rules import moves
from shared.rules.images import ImageRef
from shared.rules.jobs import SCHEMA, Job
from shared.steps.work.attempt import End
from tests.doubles.world import World, png

#: The image that a world uploads where no other is named.
CAT = ImageRef("images", "cat.png")
#: What the host puts into its poison queue when it gives up on the event of an image.
BLOB_EVENT = BlobMessage("Host.Functions.record_image", "images", "cat.png", "0x1").dump()


def hint(job_id: str) -> bytes:
    """Return a message that names a job."""
    return json.dumps({"v": 1, "job_id": job_id}).encode()


def due_images(world: World, count: int) -> list[str]:
    """Record images, lose their messages, and let them come due one after the other; return the ids of their jobs."""
    job_ids = []
    for number in range(count):
        job_ids.append(world.record_image(f"{number}.png", png(number + 1, 1)))
        world.clock.advance(1)
    world.clock.advance(world.settings.grace.total_seconds())
    world.queue.take_texts()
    world.queue.messages.clear()
    world.journal.clear()
    return job_ids


def insert_due(world: World, count: int, *, kind: str = "image-analysis", schema: int = SCHEMA) -> None:
    """Insert jobs that came due an hour ago, one after the other."""
    for number in range(count):
        move = moves.add(
            kind=kind,
            ref=f"images/{schema}-{number}.png",
            version="1",
            params={"bytes": 0},
            max_attempts=5,
            now=world.clock.now - timedelta(hours=1) + timedelta(seconds=number),
            grace=timedelta(0),
            add_nonce=world.draw(),
        )
        world.jobs.insert(replace(move, job=replace(move.job, schema=schema)))


def attempt_job(world: World, job_id: str) -> End:
    """Attempt a job as its message makes a worker do."""
    return world.darkroom.attempt.run(job_id, owner="queue/1")


def error_code(job: Job) -> str | None:
    """Return the code of a job's error; None without one."""
    return job.error and job.error.code
