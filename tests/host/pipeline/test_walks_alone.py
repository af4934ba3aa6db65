"""The blob trigger disabled entirely: the walk alone finds every image, and a walk that has nothing to do does nothing.

The hosts walk once a second, and no image is too young for them.
"""

from collections import Counter

import pytest

from tests.doubles.world import png
from tests.proving import at_length
from tests.request_log import writes
from tests.rig import Rig, until

IMAGES = at_length(10, 50)
WALKING = {"RECONCILE_SCHEDULE": "* * * * * *", "RECONCILE_GRACE_SECONDS": "0", "THUMBNAILS": "off"}
#: The only rows that a walk may write for itself: those that keep walks apart, and remember how far the last one came.
LOCK, MARK = "darkroomlocks reconcile", "darkroomjobs mark:reconcile:images"
#: What it writes for each image that it has missed.
RECORDING = ("darkroomjobs job:", "POST image-jobs/messages")


def upload_images(rig: Rig) -> list[str]:
    """Upload images before there is a host; return the ids that their jobs will have."""
    return [rig.upload(f"{number % 7}/{number:02}.png", png(number + 1, 2)) for number in range(IMAGES)]


def wait_for_walks(rig: Rig, *, walks: int) -> list[int]:
    """Wait for so many walks; return what each has missed, when all of them were whole and saw all images."""
    lines = until(lambda: (told := rig.log_lines("reconcile done"))[walks - 1 :] and told, what=f"walk {walks}")
    print(*(f"seen {line['seen']}, missed {line['missed']}" for line in lines), sep="; ")
    assert {(line["seen"], line["vanished"], line["complete"]) for line in lines} == {(IMAGES, 0, True)}
    return [line["missed"] for line in lines]


def test_a_walk_finds_all_images_that_no_event_announced_and_each_is_completed_at_its_first_attempt(rig: Rig) -> None:
    identities = upload_images(rig)
    rig.start(Disabled="record_image,analyze_pending", **WALKING)
    assert Counter(rig.end_of(identity) for identity in identities) == {("COMPLETED", 1): IMAGES}
    first, *later = wait_for_walks(rig, walks=2)
    assert (first, set(later)) == (IMAGES, {0})
    assert rig.verify() == f"{IMAGES} jobs, 0 violations, 0 repaired, 0 notes"
    claims, commits = rig.count_transitions()
    assert claims == commits == Counter(identities)


@pytest.mark.prove("every day the contract tests count the requests of a second walk, and a unit test its writes")
def test_a_second_walk_writes_its_lock_and_its_mark_and_nothing_else(rig: Rig) -> None:
    upload_images(rig)
    rig.start(Disabled="record_image,analyze_pending,analyze_queued", **WALKING)
    first, *later = wait_for_walks(rig, walks=2)
    assert (first, set(later), rig.waiting()) == (IMAGES, {0}, IMAGES)
    rig.count_transitions()
    written = writes(rig.request_log)
    behind_first = written.index(MARK) + 1  # a walk keeps its place when all images of a page are done
    recorded = [what for what in written[:behind_first] if what.startswith(RECORDING)]
    assert (len(recorded), set(written[behind_first:])) == (2 * IMAGES, {LOCK, MARK})
