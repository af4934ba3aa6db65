"""The environment of a host; pure."""

import re
from collections.abc import Mapping

STORAGE = "AzureWebJobsStorage"

#: What a run differs in from a deployment; what the user has set himself wins.
DEFAULTS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "SCHEDULE": "*/2 * * * * *",
    "LEASE_SECONDS": "10",
    "DISPATCH_GRACE_SECONDS": "5",
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
}

#: Every form in which a host may be told its storage account, under both of its names and both of its separators.
_STORAGE = re.compile(rf"(AzureWebJobs)?{STORAGE}((__|:).*)?", re.IGNORECASE)
#: These name other settings to connect by; a run never leaves its own storage.
_CONNECTIONS = ("IMAGES_CONNECTION", "JOBS_CONNECTION")


def environment(base: Mapping[str, str], connection: str) -> dict[str, str]:
    """Return the environment for the hosts of a run.

    Args:
        base: The user's.
        connection: The run's storage, which no setting of the user's can replace: files given to a run must not end
            up in an account that some shell happens to be set up for.
    """
    kept = {name: value for name, value in base.items() if not _STORAGE.fullmatch(name)}
    return {**DEFAULTS, **kept, **dict.fromkeys(_CONNECTIONS, STORAGE), STORAGE: connection}
