"""One JSON line an event on stderr; what the app logs comes through here too."""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any, TextIO

from localhost.host import invocations
from localhost.host.invocations import Generation

#: A function key as a URL carries it: an error may quote the URL.
_KEY = re.compile(r"\bcode=[^&\s\"'\\]+")
#: Libraries that would log every request; the host's own clients use them too.
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


class AppLogs(logging.Handler):
    """Pass on what the app logs, as events that name the invocation.

    A line that names no running invocation never reaches Application Insights: here it is written as an event of
    another name, and counted. A line of a library that the host uses too, outside every invocation, may be the host's.

    Args:
        log: Where events go.
        generation: How the worker finds the invocation of a line.
    """

    def __init__(self, log: Log, generation: Generation = invocations.OWN) -> None:
        super().__init__(logging.INFO)
        self._log = log
        self._generation = generation
        #: Lines that the real host would have dropped.
        self.drops = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one event; a message that is a JSON object gives its fields under ``fields``."""
        owner = invocations.current_invocation(self._generation)
        function, invocation = owner or (None, None)
        message = record.getMessage()
        fields = _object(message)
        self._log.event(
            "app log" if owner else self._name_without_invocation(record),
            function=function,
            invocation=invocation,
            level=record.levelname.lower(),
            logger=record.name,
            message=message if fields is None else None,
            fields=fields,
            error=self._traceback(record),
        )

    def _name_without_invocation(self, record: logging.LogRecord) -> str:
        if record.name.partition(".")[0] in _LIBRARIES:
            return "library log"
        self.drops += 1
        return "app log dropped"

    def _traceback(self, record: logging.LogRecord) -> str | None:
        if record.exc_info is None:
            return None
        return (self.formatter or logging.Formatter()).formatException(record.exc_info)


def capture(log: Log, generation: Generation) -> AppLogs:
    """Send the root logger's records to ``log``, for the life of the process."""
    root, logs = logging.getLogger(), AppLogs(log, generation)
    root.addHandler(logs)
    root.setLevel(logging.INFO)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    return logs


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
