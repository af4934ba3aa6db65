"""What ended when: steps, their counts, and how long work took."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.history import MOST_HOURS, MOST_POINTS, End, History, history, starts_of, step_of
from shared.rules.jobs import State

NOW = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOURS = range(1, MOST_HOURS + 1)


@given(st.sampled_from(HOURS), st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_steps_follow_one_another_up_to_now_and_begin_at_the_same_moments_every_day(hours: int, at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    starts, step = starts_of(hours, now), step_of(hours)
    assert len(starts) <= MOST_POINTS
    assert {later - earlier for earlier, later in pairwise(starts)} == {step}
    assert starts[-1] <= now < starts[-1] + step
    assert (starts[-1] - datetime(2020, 1, 1, tzinfo=UTC)) % step == timedelta(0)
    assert now - starts[0] <= timedelta(hours=hours) < now - starts[0] + step + step


def test_an_end_counts_in_the_step_in_which_it_was_and_none_before_the_first_does() -> None:
    first = starts_of(1, NOW)[0]
    moments = [first - SECOND, first, first + MINUTE - SECOND, first + MINUTE, NOW, NOW + 9 * MINUTE]
    found = history([End(State.FAILED, at) for at in moments], hours=1, now=NOW, complete=True)
    assert [point.counts.get(State.FAILED, 0) for point in found.points] == [2, 1, *[0] * 57, 2]


def test_states_are_counted_apart() -> None:
    ends = [End(State.COMPLETED, NOW), End(State.CANCELED, NOW), End(State.CANCELED, NOW), End(State.FAILED, NOW)]
    last = history(ends, hours=6, now=NOW, complete=True).json["points"][-1]
    assert last == {
        "from": "2026-01-01T12:00:00.000Z",
        "completed": 1,
        "failed": 1,
        "canceled": 2,
        "p50_seconds": None,
        "p95_seconds": None,
    }


@pytest.mark.parametrize(
    ("took", "p50", "p95"),
    [([], None, None), ([7], 7, 7), ([2, 1], 1, 2), ([3, 1, 2], 2, 3), (range(1, 101), 50, 95)],
)
def test_times_are_those_of_completed_jobs_by_nearest_rank(took: list[int], p50: float | None, p95: float) -> None:
    ends = [End(State.COMPLETED, NOW, each * SECOND) for each in took]
    others = [End(State.FAILED, NOW, timedelta(days=1)), End(State.COMPLETED, NOW)]
    last = history([*ends, *others], hours=1, now=NOW, complete=True).points[-1]
    assert (last.p50_seconds, last.p95_seconds) == (p50, p95)


@pytest.mark.parametrize("hours", HOURS)
def test_a_history_fits_into_a_mark_and_comes_back_from_it(hours: int) -> None:
    ends = [End(State.COMPLETED, at, timedelta(seconds=123456.789012)) for at in starts_of(hours, NOW)]
    found = history(ends * 3, hours=hours, now=NOW, complete=False)
    text = json.dumps(found.value)
    assert len(text) <= 32_768
    again = History.of(json.loads(text))
    assert again is not None
    assert again.json == found.json


@pytest.mark.parametrize("value", [{}, {"schema": 0}, {"schema": 1}, {"schema": 1, "as_of": 5}])
def test_what_another_release_has_written_is_counted_anew(value: dict[str, object]) -> None:
    assert History.of(value) is None
