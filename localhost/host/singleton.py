"""One holder of a name among all instances of the app: a blob lease, as the real host takes.

Not fenced: after a lost lease two holders can overlap until the first one notices.
"""

import threading

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobLeaseClient

from localhost.host.clock import Clock
from localhost.host.log import Log
from localhost.host.renewals import Renewal, Renewals
from localhost.host.state import HostState

_CONFLICT = 409


class Singleton:
    """A lock that one instance holds for as long as it lives.

    Args:
        name: Under ``locks/<host id>/``.
        state: Where the lock's blob lies.
        lease_seconds: 15 to 60; a dead holder blocks the others so long.
        renewals: Renews the lease when half of it is gone.
        clock: Judges whether our own lease still runs.
        log: Told of taken and lost leases.
    """

    def __init__(
        self, name: str, *, state: HostState, lease_seconds: int, renewals: Renewals, clock: Clock, log: Log
    ) -> None:
        self._name = name
        self._state = state
        self._path = f"locks/{state.host_id}/{name}"
        self._seconds = lease_seconds
        self._renewals = renewals
        self._clock = clock
        self._log = log
        self._lock = threading.Lock()
        self._lease: BlobLeaseClient | None = None
        self._renewal: Renewal | None = None
        self._until = 0.0

    @property
    def is_held(self) -> bool:
        """Whether this instance holds the lock, as far as it knows."""
        with self._lock:
            return self._lease is not None and self._clock.monotonic() < self._until

    def acquire(self) -> bool:
        """Take the lock unless another instance has it; True when this instance holds it.

        Raises:
            AzureError: Storage cannot be asked.
        """
        if self.is_held:
            return True
        with self._lock:
            sent = self._clock.monotonic()
            lease = self._take()
            if lease is None:
                return False
            if self._renewal is not None:
                self._renewal.cancel()  # of a lease that ran out
            self._lease, self._until = lease, sent + self._seconds
            self._renewal = self._renewals.add(lambda: self._renew(lease), self._seconds / 2)
        self._log.event("lock taken", lock=self._name)
        return True

    def release(self) -> None:
        """Give the lock back, so that another instance need not wait for its end; harmless when not held."""
        with self._lock:
            lease, self._lease = self._lease, None
            if self._renewal is not None:
                self._renewal.cancel()
        if lease is None:
            return
        try:
            lease.release()
        except AzureError as error:
            self._log.event("lock not released", lock=self._name, error=repr(error))
        else:
            self._log.event("lock released", lock=self._name)

    def _take(self) -> BlobLeaseClient | None:
        lease = BlobLeaseClient(self._state.blob(self._path))
        try:
            try:
                lease.acquire(lease_duration=self._seconds)
            except ResourceNotFoundError:
                self._state.insert(self._path)
                lease.acquire(lease_duration=self._seconds)
        except HttpResponseError as error:
            if error.status_code != _CONFLICT:
                raise
            return None
        return lease

    def _renew(self, lease: BlobLeaseClient) -> float | None:
        sent = self._clock.monotonic()
        try:
            lease.renew()
        except HttpResponseError as error:
            if error.status_code in {404, 409, 412}:
                self._note_loss(lease, error)
                return None
            return self._seconds / 10
        except AzureError:
            return self._seconds / 10
        with self._lock:
            if self._lease is lease:
                self._until = sent + self._seconds
        return self._seconds / 2

    def _note_loss(self, lease: BlobLeaseClient, error: HttpResponseError) -> None:
        with self._lock:
            if self._lease is not lease:
                return
            self._lease = None
        self._log.event("lock lost", level="warning", lock=self._name, error=repr(error))
