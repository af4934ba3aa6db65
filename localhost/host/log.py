"""One JSON line an event on stderr; what the app logs comes through here too."""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any, TextIO

#: A function key as a URL carries it: an error may quote the URL.
_KEY = re.compile(r"\bcode=[^&\s\"'\\]+")
#: Libraries that would log every request.
_LIBRARIES = ("azure", "urllib3", "uvicorn")


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


class LibraryLogs(logging.Handler):
    """Pass on what the host's own libraries log, as events.

    Args:
        log: Where events go.
    """

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one event."""
        self._log.event("library log", level=record.levelname.lower(), logger=record.name, message=record.getMessage())


def capture(log: Log) -> None:
    """Send the libraries' records to ``log``, for the life of the process."""
    logging.getLogger().addHandler(LibraryLogs(log))
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_keys(value: object) -> object:
    return _KEY.sub("code=…", value) if isinstance(value, str) else value
