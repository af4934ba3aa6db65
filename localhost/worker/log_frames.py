"""Send what the app logs to the host, each line with the invocation that it names."""

import contextlib
import logging

from localhost.channel import Channel
from localhost.worker.current import current_invocation
from localhost.worker.kinds import Kind

#: Libraries that would log every request.
_LIBRARIES = ("azure", "urllib3")


class LogFrames(logging.Handler):
    """Pass records on to the host.

    Args:
        channel: To the host.
        kind: Decides where to look for the invocation.
    """

    def __init__(self, channel: Channel, kind: Kind) -> None:
        super().__init__(logging.INFO)
        self._channel = channel
        self._kind = kind

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        frame = {
            "frame": "log",
            "invocation": current_invocation(self._kind),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "error": self._traceback(record),
        }
        with contextlib.suppress(OSError):  # the host is gone, and so is its log
            self._channel.send(frame)

    def _traceback(self, record: logging.LogRecord) -> str | None:
        if record.exc_info is None:
            return None
        return (self.formatter or logging.Formatter()).formatException(record.exc_info)


def capture(channel: Channel, kind: Kind) -> None:
    """Send the root logger's records to the host, for the life of the process."""
    root = logging.getLogger()
    root.addHandler(LogFrames(channel, kind))
    root.setLevel(logging.INFO)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
