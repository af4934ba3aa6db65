"""Times as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.cli import moments

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "age"),
    [("2026-05-04T11:58:30.000Z", "90 s"), ("2026-05-04T11:00:00Z", "60 min"), ("2026-05-01T12:00:00Z", "3 d"),
     ("2026-05-04T12:00:09Z", "0 s"), ("2026-05-04T11:59:00", "60 s"), (None, ""), ("soon", ""), (7, "")],
)  # fmt: skip
def test_an_age_counts_back_and_what_is_no_time_has_none(value: object, age: str) -> None:
    assert moments.age(value, NOW) == age


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0349, "35 ms"), (1.24, "1.2 s"), (59, "59 s"), (900, "15 min"), (-1, ""), (None, ""), (True, ""), (1e99, "")],
)
def test_a_duration_has_as_many_digits_as_tell_something(seconds: object, text: str) -> None:
    assert moments.seconds(seconds) == text


def test_clocks_that_differ_make_no_negative_duration() -> None:
    assert moments.duration(timedelta(seconds=-5)) == "0 ms"
    assert moments.between("2026-05-04T12:00:00Z", "2026-05-04T12:00:01.5Z") == "1.5 s"
    assert moments.between("2026-05-04T12:00:00Z", None) == ""


def test_a_whole_time_is_in_utc_and_has_no_fraction() -> None:
    assert moments.whole("2026-05-04T14:00:00.123+02:00") == "2026-05-04T12:00:00Z"
