"""Find new blobs by listing: source LogsAndContainerScan, on one instance at a time."""

from collections.abc import Callable, Sequence

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from localhost.host.blobs import BlobMessage
from localhost.host.host_context import HostContext
from localhost.host.index import Function
from localhost.host.receipts import Receipts, Version, Watermark
from localhost.host.singleton import Singleton

LOCK = "WebJobs.Internal.Blobs.Listener"


class Scanner:
    """Scan one function's container.

    Args:
        function: Whose path pattern counts.
        context: The host's parts.
        send: Puts a message on the host's blob trigger queue.
    """

    def __init__(self, function: Function, context: HostContext, send: Callable[[BlobMessage], None]) -> None:
        self._function = function
        self._context = context
        self._send = send
        self._receipts = Receipts(context.state, function.id, function.pattern.container)
        self._watermark: Watermark | None = None
        self._waits_for_container = False

    def forget(self) -> None:
        """Read the watermark again before the next scan: another instance may have come further."""
        self._watermark = None

    def scan(self) -> None:
        """List once and announce what is new.

        Costs: 1 list a 5,000 names; see ``Receipts.announce`` for each new version.
        """
        if self._watermark is None:
            self._watermark = self._receipts.load_watermark()
        before = self._watermark
        try:
            listed = self._list()
        except ResourceNotFoundError:
            if not self._waits_for_container:
                self._log("waiting for the container to exist")
            self._waits_for_container = True
            return
        self._waits_for_container = False
        failed = [version for version in listed if before.wants(version) and not self._announce(version)]
        self._watermark = before.after(listed, failed)
        if self._watermark.latest != before.latest:
            self._receipts.store_watermark(self._watermark)

    def _list(self) -> list[Version]:
        """Return the matching blobs of the container, in the order of their names."""
        pattern = self._function.pattern
        container: ContainerClient = self._context.connections.blobs(self._function.connection).get_container_client(
            pattern.container
        )
        found = map(Version.of, container.list_blobs(name_starts_with=pattern.prefix or None))
        return [version for version in found if pattern.match(version.name) is not None]

    def _announce(self, version: Version) -> bool:
        """Announce one version; False when it must be tried again in the next scan."""
        if self._context.stop.is_set():
            return False
        message = BlobMessage(self._function.id, self._function.pattern.container, version.name, version.etag)
        try:
            return self._receipts.announce(version, lambda: self._send(message))
        except AzureError as error:
            self._log("blob not announced", level="error", blob=version.name, error=repr(error))
            return False

    def _log(self, event: str, **fields: object) -> None:
        self._context.log.event(
            event, function=self._function.name, container=self._function.pattern.container, **fields
        )


def run(scanners: Sequence[Scanner], lock: Singleton, context: HostContext) -> None:
    """Scan every container in turn while this instance holds the lock, until the host stops."""
    interval = context.options.scan.total_seconds()
    # An idle instance asks for the lock about as often as the holder scans.
    retry = min(context.options.singleton_lease.total_seconds() / 4, max(interval, 1.0))
    while not context.stop.is_set():
        try:
            if not lock.is_held:
                for scanner in scanners:
                    scanner.forget()
            if lock.acquire():
                for scanner in scanners:
                    scanner.scan()
        except Exception as error:  # noqa: BLE001 - the edge of a thread that must outlive any failure
            context.log.event("scan failed", level="error", error=repr(error))
        context.stop.wait(interval if lock.is_held else retry)
