"""Each strategy alone and both together, under two local hosts: every image once, at its first attempt.

A few images, and both together, are enough for every day. Of many, each strategy and each host must have a share.
"""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from shared.clock import DATE_STEP
from tests.doubles.world import png
from tests.proving import at_length
from tests.rig import Rig, until

IMAGES = at_length(6, 200)
OWNERS = {"timer": {"timer"}, "queue": {"queue"}, "both": {"timer", "queue"}}
ALONE = pytest.mark.prove("two hosts for each strategy; every day has both together")
MANY = IMAGES >= 100
#: A message has all the time that it needs; where both strategies work, none: they meet at every job.
GRACE = {"timer": "120", "queue": "120", "both": "0"}


@pytest.mark.parametrize("dispatch", [*(pytest.param(alone, marks=ALONE) for alone in ("timer", "queue")), "both"])
def test_two_hosts_complete_all_images_with_one_attempt_each(rig: Rig, dispatch: str) -> None:
    grace, lease = GRACE[dispatch], "30"
    hosts = [
        rig.start(DISPATCH=dispatch, SWEEP_PARALLELISM="8", DISPATCH_GRACE_SECONDS=grace, LEASE_SECONDS=lease)
        for _ in range(2)
    ]
    identities = [rig.upload(f"{number:03}.png", png(number + 1, 2)) for number in range(IMAGES)]
    assert Counter(rig.end_of(identity, seconds=180) for identity in identities) == {("COMPLETED", 1): IMAGES}
    owners = Counter(str(attempt["owner"]).partition("/")[0] for attempt in rig.attempts())
    shares = [len(rig.log_lines("job completed", host)) for host in hosts]
    print(f"{dispatch}: {IMAGES} images, attempts by {dict(owners)}, by host {shares}")
    assert owners.keys() == OWNERS[dispatch] if MANY else owners.keys() <= OWNERS[dispatch]
    assert all(shares) or not MANY or dispatch == "timer"  # which one host holds
    assert rig.verify() == f"{IMAGES} jobs, 0 violations, 0 repaired, 0 notes"
    claims, commits = rig.count_transitions()
    assert claims == commits == Counter(identities)


@pytest.mark.prove("two hosts that wait for ticks; every day test_log_lines has sweeps alone, unit tests what is due")
@pytest.mark.parametrize("dispatch", ["queue", "both"])
def test_a_job_whose_message_was_lost_is_completed_before_the_third_tick_after_it_is_due(
    rig: Rig, dispatch: str
) -> None:
    recorder = rig.start(Disabled="analyze_queued,analyze_pending", DISPATCH=dispatch, DISPATCH_GRACE_SECONDS="1")
    identity = rig.upload("cat.png", png())
    until(lambda: rig.waiting() == 1, what="the message")
    recorder.drain()
    rig.queues.get_queue_client("image-jobs").clear_messages()
    row = rig.darkroom.storage.jobs.get(identity)
    assert row is not None
    assert row.job.due is not None
    rig.start(DISPATCH=dispatch, Disabled="record_image", SCHEDULE="*/2 * * * * *")
    job = rig.ended(identity)
    ended = until(lambda: _times(rig.log_lines("job completed")), what="the log's word")[0]
    ticks = _times([line for line in rig.log_lines("function started") if line["function"] == "analyze_pending"])
    since_due = [tick for tick in ticks if row.job.due <= tick <= ended]
    print(f"{dispatch}: due {row.job.due.time()}, then {len(since_due)} ticks, completed {ended.time()}")
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)
    assert row.job.due - DATE_STEP <= ended  # the service's time may be ahead of what a reply said
    assert len(since_due) <= 2


def _times(lines: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(line["time"]) for line in lines]
