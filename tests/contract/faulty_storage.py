"""Storage whose connection can be made to fail, and a rival with a good one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ports.jobs import JobStore
from shared.ports.storage import Storage
from tests.contract.benches import AzureJobs
from tests.doubles.transports import FaultyTransport


@dataclass
class FaultyStorage:
    """Storage behind a faulty transport, and a rival's view of the same storage."""

    storage: Storage
    wire: FaultyTransport
    rival: AzureJobs
    rivals: Storage
    images_container: str

    @property
    def store(self) -> JobStore:
        """The job store behind the faults."""
        return self.storage.jobs

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.rival.now

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return every row of the job table."""
        return self.rival.rows()

    def reopen(self, *, buckets: int) -> JobStore:
        """Open the table anew."""
        return self.rival.reopen(buckets=buckets)
