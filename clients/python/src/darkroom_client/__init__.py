"""Work for Darkroom from outside: a small typed client of its jobs API, over urllib3 alone.

with Client("http://127.0.0.1:7071/api") as client:
for job in client.claims("word-count"):
with job:
job.complete({"words": len(job.params["text"].split())})
"""

from darkroom_client.claimed import Claimed
from darkroom_client.client import Client
from darkroom_client.errors import ApiError, Conflict, Invalid, NotFound, Stale, Unreachable
from darkroom_client.job import Job

__all__ = ["ApiError", "Claimed", "Client", "Conflict", "Invalid", "Job", "NotFound", "Stale", "Unreachable"]
