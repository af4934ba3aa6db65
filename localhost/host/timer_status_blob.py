"""Where a timer's status lies."""

from localhost.host import timer_status
from localhost.host.log import Log
from localhost.host.state import HostState
from localhost.host.timer_status import Status


class StatusBlob:
    """``timers/<host id>/<function id>/status`` in the host's container."""

    def __init__(self, state: HostState, function_id: str, log: Log) -> None:
        self._state = state
        self._path = f"timers/{state.host_id}/{function_id}/status"
        self._log = log

    def read(self) -> Status | None:
        """Return the status; None before the first start, or when nobody can read what is there."""
        text = self._state.read(self._path)
        if text is None:
            return None
        try:
            return timer_status.load(text)
        except ValueError as error:
            self._log.event("timer status unreadable", level="warning", blob=self._path, error=str(error))
            return None

    def write(self, status: Status) -> None:
        """Put the status there."""
        self._state.write(self._path, timer_status.dump(status))
