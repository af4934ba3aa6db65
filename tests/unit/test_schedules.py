"""The longest pause of a schedule."""

from datetime import timedelta

import pytest

from shared.rules.schedules import longest_pause

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "pause"),
    [
        ("0 * * * * *", timedelta(minutes=1)),
        ("*/10 * * * * *", timedelta(seconds=10)),
        ("* * * * * *", timedelta(seconds=1)),
        ("0 */5 * * * *", timedelta(minutes=5)),
        ("0 0,20 * * * *", timedelta(minutes=40)),
        ("0 17 * * * *", timedelta(hours=1)),
        ("0 5/25 * * * *", timedelta(minutes=25)),
        ("0 0 8-18 * * *", timedelta(hours=14)),
        ("0 0 8-18/5 * * *", timedelta(hours=14)),
        ("0 30 3 * * *", DAY),
        ("0 0 9 * * Mon-Fri", 3 * DAY),
        ("0 0 9 * * sunday", 7 * DAY),
        ("0 0 0 1 * *", 31 * DAY),
        ("0 0 0 1 JAN,jul *", 184 * DAY),
        ("0 0 0 29 2 *", 1461 * DAY),
        ("0 0 0 30 2 *", 1461 * DAY),
    ],
)
def test_the_longest_pause_of_a_schedule_is_known(schedule: str, pause: timedelta) -> None:
    assert longest_pause(schedule) == pause


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "", "61 * * * * *", "0 0 0 0 * *", "0 9-8 * * * *", "0 x * * * *", "0 */0 * * * *", "0 */-1 * * * *"],
)
def test_a_schedule_that_no_host_takes_has_no_pause(schedule: str) -> None:
    assert longest_pause(schedule) == timedelta(0)
