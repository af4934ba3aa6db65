"""Each strategy alone and both together, under two local hosts: every image once, at its first attempt.

``DARKROOM_IMAGES`` says how many; 30 are enough for every day.
"""

import os
from collections import Counter

import pytest

from tests.doubles.world import png
from tests.rig import Rig, until

IMAGES = int(os.environ.get("DARKROOM_IMAGES", "30"))
OWNERS = {"timer": {"timer"}, "queue": {"queue"}, "both": {"timer", "queue"}}


@pytest.mark.parametrize("dispatch", OWNERS)
def test_two_hosts_complete_all_images_with_one_attempt_each(rig: Rig, dispatch: str) -> None:
    for _ in range(2):
        rig.start(DISPATCH=dispatch, SWEEP_PARALLELISM="8", DISPATCH_GRACE_SECONDS="30", LEASE_SECONDS="30")
    identities = [rig.upload(f"{number:03}.png", png(number + 1, 2)) for number in range(IMAGES)]
    jobs = [rig.ended(identity, seconds=180) for identity in identities]
    assert Counter((job["state"], job["attempts"]) for job in jobs) == {("COMPLETED", 1): IMAGES}
    owners = {str(attempt["owner"]).partition("/")[0] for attempt in rig.attempts()}
    assert owners
    assert owners <= OWNERS[dispatch]
    assert rig.verify().endswith(f"{IMAGES} jobs, 0 violations, 0 repaired, 0 notes")
    assert rig.applied()[1] == Counter(identities)


@pytest.mark.parametrize("dispatch", ["queue", "both"])
def test_a_message_that_was_taken_out_is_made_good_within_two_sweeps(rig: Rig, dispatch: str) -> None:
    recorder = rig.start(Disabled="analyze_queued,analyze_pending")
    identity = rig.upload("cat.png", png())
    until(lambda: rig.in_state(identity, "PENDING"), what="the row")
    recorder.drain()
    rig.queues.get_queue_client("image-jobs").clear_messages()
    due = rig.darkroom.storage.jobs.get(identity)
    rig.start(DISPATCH=dispatch, Disabled="record_image")
    assert rig.ended(identity)["state"] == "COMPLETED"
    sweeps = rig.logged("sweep done")
    assert due is not None
    assert 1 <= len(sweeps) <= 2
