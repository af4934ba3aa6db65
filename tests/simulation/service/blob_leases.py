"""Lease Blob."""

from collections.abc import Mapping
from uuid import UUID

from tests.simulation.service.blob_reads import missing_blob
from tests.simulation.service.blob_state import Blob
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.conditions import Conditions
from tests.simulation.service.containers import Containers
from tests.simulation.service.exchange import Reply, Request, Unreadable

_STATUS = {"acquire": 201, "renew": 200, "change": 200, "release": 200, "break": 202}
_ID, _PROPOSED = "x-ms-lease-id", "x-ms-proposed-lease-id"
_WANTED = {"renew": (_ID,), "change": (_ID, _PROPOSED), "release": (_ID,)}


class BlobLeases:
    """Serve what takes, keeps and gives back leases.

    Args:
        containers: That the blobs are in.
        clock: The account's time: leases run out by it.
    """

    def __init__(self, containers: Containers, clock: ServiceClock) -> None:
        self._containers = containers
        self._clock = clock
        self._draws = 0

    def serve(self, request: Request) -> Reply:
        """Serve Lease Blob; ETag and Last-Modified stay as they are."""
        action, headers = request.headers.get("x-ms-lease-action", ""), request.headers
        if action not in _STATUS:
            raise Unreadable("InvalidHeaderValue")
        if any(name not in headers for name in _WANTED.get(action, ())):
            raise Unreadable("MissingRequiredHeader")
        _, blob = self._containers.look_up(request, uncommitted=True)
        conditions = Conditions.of(headers)
        if blob is None:
            conditions.check_write(None, None)
            raise missing_blob()
        conditions.check_write(*blob.validators)
        answer = self._act(action, blob, headers)
        return Reply(_STATUS[action], {**blob.stamp.headers(), **answer})

    def _act(self, action: str, blob: Blob, headers: Mapping[str, str]) -> dict[str, str]:
        """Do it, and return what the reply tells of the lease."""
        lease, now = blob.lease, self._clock.seconds
        if action == "release":
            blob.lease = lease.release(headers[_ID])
            return {}
        if action == "break":
            period = headers.get("x-ms-lease-break-period")
            blob.lease = lease.end(None if period is None else int(period), now)
            left = 0 if blob.lease.ends is None else round(blob.lease.ends - now)
            return {"x-ms-lease-time": str(left)}
        if action == "acquire":
            lease_id = headers.get(_PROPOSED) or self._draw()
            blob.lease = lease.acquire(lease_id, int(headers.get("x-ms-lease-duration", "-1")), now)
        elif action == "renew":
            blob.lease = lease.renew(headers[_ID], now)
        else:
            blob.lease = lease.change(headers[_ID], headers[_PROPOSED])
        return {_ID: str(blob.lease.id)}

    def _draw(self) -> str:
        """Return the next lease id: each service draws the same, in the same order."""
        self._draws += 1
        return str(UUID(int=self._draws, version=4))
