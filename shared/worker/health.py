"""How processes are, as ``GET /health`` says it."""

from collections.abc import Callable, Mapping
from typing import Any

#: Returns the state: ``is_well`` decides the status.
Report = Callable[[], Mapping[str, Any]]


def state_of(processes: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum up how processes are, as ``/health`` says it."""
    return {
        "is_well": bool(processes) and all(each["is_well"] for each in processes),
        "upkeep": next((each["upkeep"] for each in processes if each.get("upkeep") is not None), None),
        "processes": processes,
    }
