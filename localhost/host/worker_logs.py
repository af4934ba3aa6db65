"""What the app logs, as the worker process sends it.

Source:
    Azure/azure-functions-host, GrpcWorkerChannel.Log: a line of the app that names no running invocation is dropped;
    read 2026-11.
"""

import json
from collections.abc import Mapping
from typing import Any

from localhost.host.log import Log


class WorkerLogs:
    """Write the app's lines as events that name the invocation.

    A line that names no running invocation never reaches Application Insights: here it is written as an event of
    another name, and counted.

    Args:
        log: Where events go.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        #: Lines that the real host would have dropped.
        self.drops = 0

    def write(self, frame: Mapping[str, Any], function: str | None) -> None:
        """Write one line; a message that is a JSON object gives its fields under ``fields``.

        Args:
            frame: From the worker.
            function: Whose invocation it names; None when that does not run.
        """
        self.drops += function is None
        fields = _object(frame["message"])
        self._log.event(
            "app log dropped" if function is None else "app log",
            function=function,
            invocation=None if function is None else frame["invocation"],
            level=frame["level"],
            logger=frame["logger"],
            message=frame["message"] if fields is None else None,
            fields=fields,
            error=frame["error"],
        )


def _object(message: str) -> dict[str, Any] | None:
    """Return the message's fields when it is a JSON object."""
    if not message.startswith("{"):
        return None
    try:
        fields = json.loads(message)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
