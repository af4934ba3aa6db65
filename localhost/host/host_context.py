"""What every listener of one host works with."""

import threading
from dataclasses import dataclass

from localhost.host.activity import Activity
from localhost.host.app_settings import HostJson
from localhost.host.clock import Clock
from localhost.host.connections import Connections
from localhost.host.host_options import HostOptions
from localhost.host.log import Log
from localhost.host.renewals import Renewals
from localhost.host.singleton import Singleton
from localhost.host.state import HostState
from localhost.host.worker import Worker


@dataclass(frozen=True, kw_only=True)
class HostContext:
    """One host's parts; closed by the host, in order."""

    options: HostOptions
    host_json: HostJson
    log: Log
    clock: Clock
    #: Set when the host drains: listeners take on nothing new.
    stop: threading.Event
    activity: Activity
    renewals: Renewals
    connections: Connections
    worker: Worker
    state: HostState

    def poll_max_seconds(self, *, own: bool) -> float:
        """Return the longest wait between two polls of an empty queue: a user's, or the host's own."""
        of_file = self.host_json.own_polling_interval if own else self.host_json.max_polling_interval
        return (of_file if self.options.poll_max is None else self.options.poll_max).total_seconds()

    def singleton(self, name: str) -> Singleton:
        """Return the lock of this name; nothing is taken yet."""
        return Singleton(
            name,
            state=self.state,
            lease_seconds=int(self.options.singleton_lease.total_seconds()),
            renewals=self.renewals,
            clock=self.clock,
            log=self.log,
        )
