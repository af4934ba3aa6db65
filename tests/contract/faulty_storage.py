"""Storage whose connection can be made to fail, and a rival with a good one."""

from dataclasses import dataclass

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

    @property
    def store(self) -> JobStore:
        """The job store behind the faults."""
        return self.storage.jobs
