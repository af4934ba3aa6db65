from datetime import UTC, datetime, timedelta

import pytest

from shared.cli.filters import JobFilters
from shared.cli.words import moment
from shared.rules.jobs import State

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def test_an_age_counts_back_from_now_and_a_time_stands_as_it_is() -> None:
    assert moment("90m", NOW) == NOW - timedelta(minutes=90)
    assert moment("2026-05-04T05:02:01+02:00", NOW) == moment("2026-05-04T03:02:01Z", NOW) == NOW


def test_the_oldest_age_is_a_time_that_calendars_have() -> None:
    assert moment("999999d", NOW) < NOW - timedelta(days=30_000)


NO_TIMES = ["", "yesterday", "90", "90s", "-1h", "2026-05-04T03:02:01", "2026-13-01T00:00:00Z"]


@pytest.mark.parametrize("text", [*NO_TIMES, "0001-01-01T00:00:00+01:00"])
def test_another_time_is_refused_with_its_forms(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90m"):
        moment(text, NOW)


def test_what_is_left_out_asks_for_everything() -> None:
    assert set(JobFilters().query(NOW).values()) == {None}
    assert JobFilters().options() == []


def test_the_options_can_be_given_again() -> None:
    filters = JobFilters(state=State.FAILED, ref="images/a b", since="7d")
    assert filters.options() == ["--state", "FAILED", "--ref", "images/a b", "--since", "7d"]
    assert filters.query(NOW)["since"] == NOW - timedelta(days=7)
