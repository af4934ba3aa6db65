"""What a timer's status blob says, and what follows from it: past due, next, monitored; pure."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from localhost.host.ncrontab import Schedule

#: Below this interval the real host forces the schedule monitor off.
MONITORED_FROM = timedelta(minutes=1)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Status:
    """The last and the next occurrence, as written after each run.

    ``last`` is year 1 before the first run, as .NET's default date is.
    """

    last: datetime
    next: datetime
    updated_at: datetime


def first_status(schedule: Schedule, now: datetime) -> Status:
    """Return what is noted at the very first start: nothing has run, nothing is past due."""
    return Status(last=_NEVER, next=schedule.after(now), updated_at=now)


def status_after(schedule: Schedule, started: datetime, due: datetime | None) -> Status:
    """Return what is noted after a run.

    Args:
        schedule: The timer's schedule.
        started: When the run began.
        due: The occurrence it ran for; None for a past-due run or one at start-up. A run that began before its
            moment (clocks skew) counts as that moment, so that one occurrence is never noted as next twice.
    """
    last = max(started, due) if due is not None else started
    return Status(last=last, next=schedule.after(last), updated_at=last)


def is_past_due(schedule: Schedule, status: Status, now: datetime) -> bool:
    """Tell whether an occurrence went by without a run.

    The next occurrence is computed from the last run: after a change of the schedule, the stored one is wrong.
    """
    since = status.updated_at if status.last == _NEVER else status.last
    return now > schedule.after(since)


def is_monitored(schedule: Schedule, now: datetime, *, use_monitor: bool) -> bool:
    """Tell whether occurrences are remembered across restarts."""
    first = schedule.after(now)
    return use_monitor and schedule.after(first) - first >= MONITORED_FROM


def dump(status: Status) -> str:
    """Return the status as the blob's JSON."""
    return json.dumps(_fields(status))


def load(text: str | bytes) -> Status:
    """Read a status blob.

    Raises:
        ValueError: It holds something else.
    """
    try:
        fields = json.loads(text)
        last, following, updated = (datetime.fromisoformat(fields[key]) for key in ("Last", "Next", "LastUpdated"))
    except (KeyError, TypeError) as error:
        raise ValueError(f"The timer status has no field {error}.") from None
    return Status(last=last, next=following, updated_at=updated)


def timer_request(schedule: Schedule, status: Status | None, *, past_due: bool) -> str:
    """Return the JSON that the function's TimerRequest is made of."""
    return json.dumps(
        {
            "Schedule": {"AdjustForDST": schedule.adjusts_for_dst},
            "ScheduleStatus": None if status is None else _fields(status),
            "IsPastDue": past_due,
        }
    )


def _fields(status: Status) -> dict[str, str]:
    return {
        "Last": status.last.isoformat(),
        "Next": status.next.isoformat(),
        "LastUpdated": status.updated_at.isoformat(),
    }
