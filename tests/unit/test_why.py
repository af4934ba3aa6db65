from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.ports.jobs import Row
from shared.rules.jobs import Job, JobError, State
from shared.views import why

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MARGIN = 10 * SECOND
ERROR = JobError("corrupt_image", "Nothing to see.", NOW)
WAITS = Job(id="a-" + "0" * 32, type="a", ref="b", created=NOW - 60 * SECOND)
RUNS = replace(
    WAITS, state=State.RUNNING, owner="queue/1", claim_id="c", lease=60 * SECOND, token=1, attempts=1, started=NOW
)


WAITING = "It has waited for a worker since"
BACKED_OFF = replace(WAITS, token=1, not_before=NOW + SECOND)
SAID = "corrupt_image: Nothing to see."
DONE = replace(WAITS, state=State.COMPLETED, ended=NOW)
SUPERSEDED = JobError("superseded", "A newer version of the image was recorded.", NOW)


@pytest.mark.parametrize(
    ("job", "after", "sentence"),
    [
        (WAITS, 0, f"{WAITING} 2026-01-01T11:59:00.000Z."),
        (replace(WAITS, token=1, attempts=1, attempts_base=1), 0, f"{WAITING} 2026-01-01T12:00:00.000Z."),
        (BACKED_OFF, 0, "It is not due until 2026-01-01T12:00:01.000Z."),
        (BACKED_OFF, 1, f"{WAITING} 2026-01-01T12:00:01.000Z."),
        (
            replace(BACKED_OFF, error=ERROR),
            *(0, f"It is not due until 2026-01-01T12:00:01.000Z. The last attempt ended with {SAID}"),
        ),
        (RUNS, 0, "It is leased to queue/1 until 2026-01-01T12:01:10.000Z."),
        (RUNS, 69.9, "It is leased to queue/1 until 2026-01-01T12:01:10.000Z."),
        (
            replace(RUNS, attempts=5, max_attempts=5, deadline=NOW),
            0,
            "It is leased to queue/1 until 2026-01-01T12:01:10.000Z.",
        ),
        (RUNS, 70.5, "The lease of queue/1 has lapsed. Any worker may claim it."),
        (
            replace(WAITS, attempts=5, max_attempts=5),
            80,
            "It has used up its 5 attempts. The next worker or sweep ends it.",
        ),
        (
            replace(RUNS, attempts=5, max_attempts=5),
            80,
            "It has used up its 5 attempts. The next worker or sweep ends it.",
        ),
        *(
            (job, 80, "Its time limit passed at 2026-01-01T12:00:00.000Z. The next worker or sweep ends it.")
            for job in (replace(WAITS, deadline=NOW), replace(RUNS, deadline=NOW))
        ),
        (DONE, 0, "It completed at 2026-01-01T12:00:00.000Z."),
        (
            replace(DONE, state=State.FAILED, error=ERROR, attempts=1),
            *(0, f"It failed at 2026-01-01T12:00:00.000Z after 1 attempt: {SAID}"),
        ),
        (
            replace(DONE, state=State.CANCELED, error=SUPERSEDED),
            *(0, f"It was canceled at 2026-01-01T12:00:00.000Z: superseded: {SUPERSEDED.message}"),
        ),
    ],
)
def test_a_job_says_what_it_waits_for_or_how_it_ended(job: Job, after: float, sentence: str) -> None:
    row = Row(job, '"1"', modified_at=NOW, seen_at=NOW)
    assert why(row, margin=MARGIN, now=NOW + after * SECOND) == sentence
