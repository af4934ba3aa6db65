"""Leases of blobs, by the service's own time.

Source:
    learn.microsoft.com, "Lease Blob", the table of outcomes by lease state, read 2026-11; and Azurite 3.35.
"""

from dataclasses import dataclass, replace

from tests.simulation.service.exchange import Refusal

_SHORTEST, _LONGEST, _INFINITE = 15, 60, -1


@dataclass(frozen=True)
class Lease:
    """One lease, or none.

    Attributes:
        state: ``available``, ``leased``, ``expired``, ``breaking`` or ``broken``.
        id: None while available.
        seconds: How long it lasts from each renewal on; None for ever.
        ends: When it expires, or is broken at last: seconds of the service's clock; None never, or already.
    """

    state: str = "available"
    id: str | None = None
    seconds: int | None = None
    ends: float | None = None

    @property
    def locks(self) -> bool:
        """Whether writes need the lease's id."""
        return self.state in ("leased", "breaking")

    @property
    def kind(self) -> str:
        """Whether it runs out."""
        return "infinite" if self.seconds is None else "fixed"

    def at(self, now: float) -> "Lease":
        """Return what has become of it by now."""
        if self.ends is None or now < self.ends:
            return self
        if self.state == "leased":
            return replace(self, state="expired", ends=None)
        return Lease("broken", self.id)

    def after_write(self) -> "Lease":
        """Return what a write leaves of it: one that is over is forgotten, and can't be renewed."""
        return self if self.locks else Lease()

    def acquire(self, lease_id: str, seconds: int, now: float) -> "Lease":
        """Take it, or take it again."""
        if self.state == "breaking":
            mine = lease_id == self.id
            raise _conflict("LeaseIsBreakingAndCannotBeAcquired" if mine else "LeaseAlreadyPresent")
        if self.state == "leased" and lease_id != self.id:
            raise _conflict("LeaseAlreadyPresent")
        if seconds == _INFINITE:
            return Lease("leased", lease_id)
        if not _SHORTEST <= seconds <= _LONGEST:
            raise _bad_header()
        return Lease("leased", lease_id, seconds, now + seconds)

    def renew(self, lease_id: str, now: float) -> "Lease":
        """Begin its time again; possible as long as nobody has written since it expired."""
        if lease_id != self.id:
            raise _conflict("LeaseIdMismatchWithLeaseOperation")
        if self.state in ("breaking", "broken"):
            raise _conflict("LeaseIsBrokenAndCannotBeRenewed")
        return Lease("leased", self.id, self.seconds, None if self.seconds is None else now + self.seconds)

    def change(self, lease_id: str, proposed: str) -> "Lease":
        """Give it another id."""
        if self.state == "breaking":
            mine = lease_id == self.id
            raise _conflict("LeaseIsBreakingAndCannotBeChanged" if mine else "LeaseIdMismatchWithLeaseOperation")
        if self.state != "leased":
            raise _conflict("LeaseNotPresentWithLeaseOperation")
        if self.id not in (lease_id, proposed):
            raise _conflict("LeaseIdMismatchWithLeaseOperation")
        return replace(self, id=proposed)

    def release(self, lease_id: str) -> "Lease":
        """Give it back."""
        if lease_id != self.id:
            raise _conflict("LeaseIdMismatchWithLeaseOperation")
        return Lease()

    def end(self, period: int | None, now: float) -> "Lease":
        """Break it: at once, at its end, or after a period, whichever is first."""
        if self.state == "available":
            raise _conflict("LeaseNotPresentWithLeaseOperation")
        if self.state in ("expired", "broken") or period == 0:
            return Lease("broken", self.id)
        if period is None:
            return Lease("broken", self.id) if self.ends is None else Lease("breaking", self.id, None, self.ends)
        if self.ends is not None and not 0 < period <= _LONGEST:
            raise _bad_header()
        return Lease("breaking", self.id, None, now + period if self.ends is None else min(now + period, self.ends))

    def check_read(self, lease_id: str | None) -> None:
        """Refuse a read that names a lease which is not this one."""
        if lease_id:
            self._check(lease_id)

    def check_write(self, lease_id: str | None) -> None:
        """Refuse a write that does not name the lease which locks the blob."""
        if self.locks and not lease_id:
            message = "There is currently a lease on the blob and no lease ID was specified in the request."
            raise Refusal(412, "LeaseIdMissing", message)
        if lease_id:
            self._check(lease_id)

    def _check(self, lease_id: str) -> None:
        if not self.locks:
            message = "A lease ID was specified, but the lease for the blob has expired."
            raise Refusal(412, "LeaseNotPresentWithBlobOperation", message)
        if lease_id.lower() != (self.id or "").lower():
            message = "The lease ID specified did not match the lease ID for the blob."
            raise Refusal(412, "LeaseIdMismatchWithBlobOperation", message)


def _conflict(code: str) -> Refusal:
    return Refusal(409, code)


def _bad_header() -> Refusal:
    return Refusal(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
