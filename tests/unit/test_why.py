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


def told(job: Job, *, after: timedelta = timedelta(0)) -> str:
    """Say why, some time after the row was written."""
    return why(Row(job, '"1"', modified_at=NOW, seen_at=NOW), margin=MARGIN, now=NOW + after)


def test_a_job_that_nobody_has_touched_waits_since_it_was_added() -> None:
    assert told(WAITS) == "It has waited for a worker since 2026-01-01T11:59:00.000Z."


def test_a_job_that_was_given_back_waits_since_then() -> None:
    assert told(replace(WAITS, token=1, attempts=1, attempts_base=1)) == (
        "It has waited for a worker since 2026-01-01T12:00:00.000Z."
    )


@pytest.mark.parametrize(("after", "begins"), [(0, "It is not due until"), (1, "It has waited for a worker since")])
def test_a_job_is_not_due_until_its_moment_and_waits_since(after: int, begins: str) -> None:
    assert told(replace(WAITS, token=1, not_before=NOW + SECOND), after=after * SECOND) == (
        f"{begins} 2026-01-01T12:00:01.000Z."
    )


def test_a_job_that_backs_off_tells_its_last_error() -> None:
    assert told(replace(WAITS, not_before=NOW + SECOND, error=ERROR)) == (
        "It is not due until 2026-01-01T12:00:01.000Z. The last attempt ended with corrupt_image: Nothing to see."
    )


@pytest.mark.parametrize(("after", "left"), [(0, 70), (0.5, 70), (58, 12), (69.9, 1)])
def test_a_leased_job_tells_by_whom_and_how_long_others_keep_off(after: float, left: int) -> None:
    assert told(RUNS, after=after * SECOND) == f"It is leased to queue/1 for {left} more seconds."


def test_anybody_may_claim_a_job_whose_lease_and_margin_are_over() -> None:
    assert told(RUNS, after=70.5 * SECOND) == "The lease of queue/1 has lapsed. Any worker may claim it."


@pytest.mark.parametrize("job", [WAITS, RUNS])
def test_a_job_whose_attempts_are_used_up_waits_for_its_end(job: Job) -> None:
    spent = replace(job, attempts=5, max_attempts=5)
    assert told(spent, after=80 * SECOND) == "It has used up its 5 attempts. The next worker or sweep ends it."


@pytest.mark.parametrize("job", [WAITS, RUNS])
def test_a_job_whose_time_is_over_waits_for_its_end(job: Job) -> None:
    assert told(replace(job, deadline=NOW), after=80 * SECOND) == (
        "Its time limit passed at 2026-01-01T12:00:00.000Z. The next worker or sweep ends it."
    )


def test_a_live_lease_comes_before_what_may_follow_it() -> None:
    assert told(replace(RUNS, attempts=5, max_attempts=5, deadline=NOW)).startswith("It is leased to queue/1")


def test_an_ended_job_tells_when_and_how_it_ended() -> None:
    done = replace(WAITS, state=State.COMPLETED, ended=NOW)
    assert told(done) == "It completed at 2026-01-01T12:00:00.000Z."
    assert told(replace(done, state=State.FAILED, error=ERROR, attempts=1)) == (
        "It failed at 2026-01-01T12:00:00.000Z after 1 attempt: corrupt_image: Nothing to see."
    )
    superseded = JobError("superseded", "A newer version of the image was recorded.", NOW)
    assert told(replace(done, state=State.CANCELED, error=superseded)) == (
        "It was canceled at 2026-01-01T12:00:00.000Z: superseded: A newer version of the image was recorded."
    )
