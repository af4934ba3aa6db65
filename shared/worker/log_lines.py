"""What a process logs, as one line of JSON each on stderr: under Functions the host adds time and level itself."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from shared.telemetry import LOGGER


class JsonLines(logging.Formatter):
    """Write a record as a line of JSON: its time and level, and the fields of an event, or else its text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at.replace("+00:00", "Z"), "level": record.levelname}
        line |= _event(record) or {"logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def _event(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of an event, as ``telemetry.emit`` has logged it; nothing of other records."""
    if record.name != LOGGER.name or record.msg != "%s" or not isinstance(record.args, tuple):
        return {}
    fields: dict[str, Any] = json.loads(str(record.args[0]))
    return fields


def write_to_stderr() -> None:
    """Write what this process logs to its stderr: events from INFO on, what libraries say from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOGGER.setLevel(logging.INFO)
