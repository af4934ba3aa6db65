"""When a timer is due: NCRONTAB expressions and constant intervals; pure.

Six fields: second, minute, hour, day, month, day of week (0 is Sunday); five mean second 0. A moment must match
*all* fields, day and day of week included, unlike cron's. Times are UTC, as on Azure without WEBSITE_TIME_ZONE.

Source:
    https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions, read 2026-11.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cronsim import CronSim, CronSimError

from localhost.host.app_settings import time_span

#: What cronsim reads and NCRONTAB does not: the last day or weekday, the nth weekday, and 7 for Sunday.
_OF_CRON_ALONE = re.compile(r".*[#L]|.*(?<!/)7")
_LEAP_YEAR = datetime(2000, 1, 1, tzinfo=UTC)


class Schedule(Protocol):
    """When a timer is due."""

    @property
    def adjusts_for_dst(self) -> bool:
        """Whether it follows the clock on the wall (a constant interval does not)."""
        ...

    def after(self, moment: datetime) -> datetime:
        """Return the first due moment later than ``moment``, aware UTC."""
        ...


@dataclass(frozen=True)
class Constant:
    """Due every ``interval``, counted from the moment asked about."""

    interval: timedelta
    adjusts_for_dst: bool = False

    def after(self, moment: datetime) -> datetime:
        """Return the first due moment later than ``moment``."""
        return moment + self.interval


@dataclass(frozen=True)
class Cron:
    """Due at each second that matches all fields."""

    text: str
    adjusts_for_dst: bool = True

    def after(self, moment: datetime) -> datetime:
        """Return the first due moment later than ``moment``, on a whole second.

        Raises:
            ValueError: The expression is malformed, or no day of 50 years matches it (30 February).
        """
        try:
            due = CronSim(self.text, moment.astimezone(UTC))
            due.day_and = True
            due.weekdays.discard(7)
            return next(due)
        except CronSimError as error:
            raise ValueError(f"{self.text!r} is not an NCRONTAB expression: {error}.") from None
        except StopIteration:
            raise ValueError(f"The schedule {self.text!r} never comes: no date matches it.") from None


def parse(text: str) -> Schedule:
    """Read an NCRONTAB expression or a time span.

    Raises:
        ValueError: It is neither, or it never comes.
    """
    fields = text.upper().split()
    if len(fields) == 1:
        interval = time_span(text)
        if interval <= timedelta(0):
            raise ValueError("A constant interval must be longer than zero.")
        return Constant(interval)
    if not fields or "L" in fields[-3] or _OF_CRON_ALONE.match(fields[-1]):
        raise ValueError(
            f"{text!r} is not an NCRONTAB expression. Write: second minute hour day month weekday (0 to 6)."
        )
    cron = Cron(text)
    cron.after(_LEAP_YEAR)
    return cron
