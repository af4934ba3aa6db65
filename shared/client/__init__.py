"""Work for Darkroom from outside: a small typed client of its jobs API, over urllib3 alone.

    with Client("http://127.0.0.1:7071/api") as client:
        for job in client.claims("word-count"):
            with job:
                job.complete({"words": len(job.params["text"].split())})

Copy this folder as it is; of Darkroom it needs only ``monotonic``, for which ``time.monotonic`` will do.
"""

from shared.client.claimed import Claimed
from shared.client.client import Client
from shared.client.errors import ApiError, Conflict, Invalid, NotFound, Stale, Unreachable
from shared.client.job import Job

__all__ = ["ApiError", "Claimed", "Client", "Conflict", "Invalid", "Job", "NotFound", "Stale", "Unreachable"]
