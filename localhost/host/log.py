"""One JSON line an event on stderr; what the app logs comes through here too."""

import json
import logging
import re
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

#: Which invocation runs in this thread or task: (function name, invocation id); set by the worker.
CURRENT: ContextVar[tuple[str, str] | None] = ContextVar("invocation", default=None)

#: A function key as a URL carries it: an error may quote the URL.
_KEY = re.compile(r"\bcode=[^&\s\"'\\]+")
#: Libraries that would log every request of the host's own clients.
_QUIET = {"azure": logging.WARNING, "urllib3": logging.ERROR}


class Log:
    """Write events.

    Args:
        instance: The name of this host; stands in each line, since several hosts may share a terminal.
        stream: Where to write; stderr as it is at the moment of writing, when left out.
    """

    def __init__(self, instance: str = "", stream: TextIO | None = None) -> None:
        self._instance = instance
        self._stream = stream
        self._lock = threading.Lock()

    def event(self, name: str, **fields: object) -> None:
        """Write one line: the event, the time, and the fields that are not None, with no key of any URL."""
        line: dict[str, Any] = {"event": name, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        if self._instance:
            line["instance"] = self._instance
        line.update((key, _without_keys(value)) for key, value in fields.items() if value is not None)
        text = json.dumps(line, default=str, ensure_ascii=False)
        with self._lock:
            print(text, file=self._stream or sys.stderr, flush=True)


class AppLogs(logging.Handler):
    """Pass on what the app logs, as events that name the invocation."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one event; a message that is a JSON object gives its fields under ``fields``."""
        function, invocation = CURRENT.get() or (None, None)
        message = record.getMessage()
        fields = _object(message)
        self._log.event(
            "app log",
            function=function,
            invocation=invocation,
            level=record.levelname.lower(),
            logger=record.name,
            message=message if fields is None else None,
            fields=fields,
            error=self._traceback(record),
        )

    def _traceback(self, record: logging.LogRecord) -> str | None:
        if record.exc_info is None:
            return None
        return (self.formatter or logging.Formatter()).formatException(record.exc_info)


def capture(log: Log) -> None:
    """Send the root logger's records to ``log``, for the life of the process."""
    root = logging.getLogger()
    root.addHandler(AppLogs(log))
    root.setLevel(logging.INFO)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def _without_keys(value: object) -> object:
    return _KEY.sub("code=…", value) if isinstance(value, str) else value


def _object(message: str) -> dict[str, Any] | None:
    """Return the message's fields when it is a JSON object."""
    if not message.startswith("{"):
        return None
    try:
        fields = json.loads(message)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
