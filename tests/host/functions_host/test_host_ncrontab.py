from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localhost.host import ncrontab
from localhost.host.ncrontab import Constant, Cron

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def item(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    ranges = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), ranges, numbers.map(str)), st.integers(1, high + 1))
    return st.one_of(numbers.map(str), ranges, stepped.map(lambda pair: f"{pair[0]}/{pair[1]}"), st.just("*"))


def field(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(item(low, high), min_size=1, max_size=3).map(",".join)


#: Days up to 28 so that some day always matches.
EXPRESSIONS = st.tuples(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map(" ".join)


def matches(cron: Cron, moment: datetime) -> bool:
    return (
        moment.second in cron.seconds
        and moment.minute in cron.minutes
        and moment.hour in cron.hours
        and moment.day in cron.days
        and moment.month in cron.months
        and moment.isoweekday() % 7 in cron.weekdays
    )


@settings(deadline=None)
@given(EXPRESSIONS, MOMENTS)
def test_the_next_occurrence_is_later_and_matches_every_field(text: str, moment: datetime) -> None:
    cron = ncrontab.parse(text)
    assert isinstance(cron, Cron)
    due = cron.after(moment)
    assert due > moment
    assert due.microsecond == 0
    assert matches(cron, due)


@settings(deadline=None)
@given(st.tuples(field(0, 59), field(0, 59)).map(" ".join), MOMENTS)
def test_no_second_between_now_and_the_next_occurrence_matches(text: str, moment: datetime) -> None:
    cron = ncrontab.parse(f"{text} * * * *")
    assert isinstance(cron, Cron)
    due = cron.after(moment)
    second = moment.replace(microsecond=0) + timedelta(seconds=1)
    while second < due:
        assert not matches(cron, second)
        second += timedelta(seconds=1)


@settings(deadline=None)
@given(EXPRESSIONS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_a_later_moment_never_has_an_earlier_next_occurrence(text: str, moment: datetime, later: timedelta) -> None:
    schedule = ncrontab.parse(text)
    assert schedule.after(moment) <= schedule.after(moment + later)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 */5 * * * *", "2026-11-24T10:05:00+00:00"),
        ("* * * * * *", "2026-11-24T10:00:01+00:00"),
        ("0 0 * * * *", "2026-11-24T11:00:00+00:00"),
        ("0 0 9-17 * * *", "2026-11-24T11:00:00+00:00"),
        ("0 30 9 * * *", "2026-11-25T09:30:00+00:00"),
        ("0 30 9 * * 1-5", "2026-11-25T09:30:00+00:00"),
        ("0 30 9 * * Sun,sat", "2026-11-28T09:30:00+00:00"),
        ("0 30 9 * Jan Mon", "2027-01-04T09:30:00+00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00+00:00"),
        ("0 0 0 13 * 5", "2027-08-13T00:00:00+00:00"),
        ("5/20 * * * * *", "2026-11-24T10:00:05+00:00"),
        ("*/2 * * * *", "2026-11-24T10:02:00+00:00"),
        ("00:00:30", "2026-11-24T10:00:30+00:00"),
    ],
)
def test_known_expressions_are_due_when_the_documentation_says(text: str, due: str) -> None:
    now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert ncrontab.parse(text).after(now).isoformat() == due


def test_only_a_constant_interval_ignores_daylight_saving() -> None:
    assert ncrontab.parse("* * * * * *").adjusts_for_dst
    assert ncrontab.parse("01:00:00") == Constant(timedelta(hours=1))
    assert not ncrontab.parse("01:00:00").adjusts_for_dst


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "* * *",
        "60 * * * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "* * * * * Noday",
        "5-1 * * * * *",
        "*/0 * * * * *",
        "*/x * * * * *",
        "0 0 0 30 2 *",
        "00:00:00",
        "-1 * * * * *",
        "1,, * * * * *",
        "² * * * * *",
    ],
)
def test_what_never_comes_or_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ncrontab.parse(text)
