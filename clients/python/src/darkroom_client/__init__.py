"""Work on Darkroom's jobs from anywhere: a small typed client of its HTTP API, over urllib3 alone.

A worker::

    from darkroom_client import Client

    with Client("http://127.0.0.1:7071/api") as client:
        for claim in client.claims("word-count"):
            with claim:
                claim.complete({"words": len(claim.params["text"].split())})

The names below are the public API; modules and other names may change.
"""

from darkroom_client.claim import Claim
from darkroom_client.client import Client
from darkroom_client.errors import ApiError, Conflict, InvalidRequest, NotFound, Stale, Unavailable
from darkroom_client.job import Job
from darkroom_client.operators import ActionResult, Operator

__all__ = [
    "ActionResult",
    "ApiError",
    "Claim",
    "Client",
    "Conflict",
    "InvalidRequest",
    "Job",
    "NotFound",
    "Operator",
    "Stale",
    "Unavailable",
]
