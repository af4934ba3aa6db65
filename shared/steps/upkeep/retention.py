"""How long an ended job is kept."""

from collections.abc import Mapping
from datetime import datetime

from shared.rules.jobs import State
from shared.settings.settings import Settings


def edges(settings: Settings, now: datetime) -> Mapping[State, datetime]:
    """Return, for each state in which a job rests, the moment before which it must have ended to be purged."""
    return {
        State.COMPLETED: now - settings.retention_completed,
        State.FAILED: now - settings.retention_failed,
        State.CANCELED: now - settings.retention_canceled,
    }
