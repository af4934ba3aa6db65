from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localhost.host import ncrontab
from localhost.host.ncrontab import Constant

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


#: The text of an expression, or of a part of it, and the values that it names in each of its fields.
Drawn = tuple[str, list[set[int]]]


def item(low: int, high: int) -> st.SearchStrategy[tuple[str, set[int]]]:
    number = st.integers(low, high)
    one = number.map(lambda value: (str(value), {value}))
    whole = st.just(("*", set(range(low, high + 1))))
    span = st.tuples(number, number).filter(lambda pair: pair[0] < pair[1])
    ranged = span.map(lambda pair: (f"{pair[0]}-{pair[1]}", set(range(pair[0], pair[1] + 1))))
    tail = number.map(lambda value: (str(value), set(range(value, high + 1))))
    stepped = st.tuples(st.one_of(whole, ranged, tail), st.integers(1, high + 1)).map(
        lambda pair: (f"{pair[0][0]}/{pair[1]}", set(range(min(pair[0][1]), max(pair[0][1]) + 1, pair[1])))
    )
    return st.one_of(one, whole, ranged, stepped)


def expressions(*fields: tuple[int, int], rest: str = "") -> st.SearchStrategy[Drawn]:
    lists = [st.lists(item(*bounds), min_size=1, max_size=3) for bounds in fields]
    return st.tuples(*lists).map(
        lambda drawn: (
            " ".join(",".join(text for text, _ in items) for items in drawn) + rest,
            [set().union(*(values for _, values in items)) for items in drawn],
        )
    )


#: Of a day that every month has.
EXPRESSIONS = expressions((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)).filter(
    lambda drawn: min(drawn[1][3]) <= 28
)


def matches(fields: list[set[int]], at: datetime) -> bool:
    """Tell whether a moment matches all fields; there may be fewer than six."""
    parts = (at.second, at.minute, at.hour, at.day, at.month, at.isoweekday() % 7)
    return all(part in field for part, field in zip(parts, fields, strict=False))


@given(EXPRESSIONS, MOMENTS)
def test_the_next_occurrence_is_later_and_matches_every_field(drawn: Drawn, moment: datetime) -> None:
    due = ncrontab.parse(drawn[0]).after(moment)
    assert due > moment
    assert due.microsecond == 0
    assert matches(drawn[1], due)


@given(expressions((0, 59), (0, 59), rest=" * * * *"), MOMENTS)
def test_no_second_between_now_and_the_next_occurrence_matches(drawn: Drawn, moment: datetime) -> None:
    due = ncrontab.parse(drawn[0]).after(moment)
    second = moment.replace(microsecond=0) + timedelta(seconds=1)
    while second < due:
        assert not matches(drawn[1], second)
        second += timedelta(seconds=1)


@given(EXPRESSIONS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_a_later_moment_never_has_an_earlier_next_occurrence(drawn: Drawn, moment: datetime, later: timedelta) -> None:
    schedule = ncrontab.parse(drawn[0])
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
        ("0 0 0 29 11 5/2", "2030-11-29T00:00:00+00:00"),
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
        "* * * * * 1-7",
        "* * * * * 1,7/2",
        "* * * * * 5L",
        "* * * * * 5#2",
        "* * * L * *",
        "* * * * * * *",
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
