"""Containers of blobs."""

import re
from collections.abc import Mapping

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.blob_state import Blob, Container, Stamp
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.conditions import Conditions
from tests.simulation.service.exchange import Refusal, Reply, Request

_METADATA = "x-ms-meta-"
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Containers:
    """The containers of one account.

    Args:
        clock: The account's time.
        behaviour: Where Azurite and real Azure differ.

    Attributes:
        by_name: The containers.
    """

    def __init__(self, clock: ServiceClock, behaviour: Behaviour) -> None:
        self._clock = clock
        self._behaviour = behaviour
        self.by_name: dict[str, Container] = {}
        self._deletions: dict[str, float] = {}

    def find(self, request: Request) -> Container:
        """Return the container that a request names."""
        container = self.by_name.get(request.segments[0])
        if container is None:
            raise Refusal(404, "ContainerNotFound", "The specified container does not exist.")
        return container

    def look_up(self, request: Request, *, uncommitted: bool = False) -> tuple[Container, Blob | None]:
        """Return the container that a request names, and the blob in it.

        Args:
            request: Names both.
            uncommitted: Whether a blob counts that has blocks alone.
        """
        container = self.find(request)
        blob = container.blobs.get(blob_name(request))
        if blob is None or (blob.body is None and not uncommitted):
            return container, None
        self.go(blob)
        return container, blob

    def go(self, blob: Blob) -> None:
        """Let what time does to a blob happen."""
        blob.go(self._clock.seconds, self._clock.now())

    def stamp(self) -> Stamp:
        """Return the stamp of a write."""
        return Stamp(self._clock.stamp())

    def create(self, request: Request) -> Reply:
        """Serve Create Container."""
        name = request.segments[0]
        if self._deletions.get(name, 0) > self._clock.seconds:
            raise Refusal(409, "ContainerBeingDeleted", "The specified container is being deleted.")
        if name in self.by_name:
            raise Refusal(409, "ContainerAlreadyExists", "The specified container already exists.")
        container = self.by_name[name] = Container(self.stamp(), metadata(request))
        return Reply(201, container.stamp.headers())

    def properties(self, request: Request) -> Reply:
        """Serve Get Container Properties."""
        container = self.find(request)
        leases = {"x-ms-lease-state": "available", "x-ms-lease-status": "unlocked"}
        policies = {"x-ms-has-immutability-policy": "false", "x-ms-has-legal-hold": "false"}
        return Reply(200, {**container.stamp.headers(), **leases, **policies, **metadata_headers(container.metadata)})

    def set_metadata(self, request: Request) -> Reply:
        """Serve Set Container Metadata."""
        container, entries = self.find(request), metadata(request)
        Conditions.of(request.headers).check_write(container.stamp.etag, container.stamp.modified_at)
        container.stamp, container.metadata = self.stamp(), entries
        return Reply(200, container.stamp.headers())

    def delete(self, request: Request) -> Reply:
        """Serve Delete Container: its blobs go with it."""
        container, name = self.find(request), request.segments[0]
        Conditions.of(request.headers).check_write(container.stamp.etag, container.stamp.modified_at)
        del self.by_name[name]
        self._deletions[name] = self._clock.seconds + self._behaviour.container_deletion_seconds
        return Reply(202)


def blob_name(request: Request) -> str:
    """Return the name of the blob that a request names; the service takes a backslash for a slash."""
    return request.segments[1].replace("\\", "/")


def metadata(request: Request) -> Mapping[str, str]:
    """Read the metadata that a request brings."""
    entries = {}
    for key, value in request.raw_headers.items():
        name = key[len(_METADATA) :]
        if key.lower().startswith(_METADATA) and name:
            if not _IDENTIFIER.fullmatch(name):
                message = "The metadata specified is invalid. It has characters that are not permitted."
                raise Refusal(400, "InvalidMetadata", message)
            entries[name] = value
    return entries


def metadata_headers(entries: Mapping[str, str]) -> dict[str, str]:
    """Return metadata as headers of a reply."""
    return {f"{_METADATA}{name}": value for name, value in entries.items()}
