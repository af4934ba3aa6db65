"""The blob service: who serves which request, and how a refusal is written."""

import re
from collections.abc import Callable
from xml.sax.saxutils import escape

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.blob_leases import BlobLeases
from tests.simulation.service.blob_reads import BlobReads
from tests.simulation.service.blob_writes import BlobWrites
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.containers import Containers
from tests.simulation.service.exchange import Refusal, Reply, Request, Unreadable, check_name
from tests.simulation.service.listing import Listing

_NAME = re.compile(r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]")
_NOT_MODIFIED = 304
_AZURITE = Behaviour()

_Operation = Callable[[Request], Reply]


class BlobService:
    """Block blobs in containers.

    Args:
        clock: The account's time.
        behaviour: Where Azurite and real Azure differ.
    """

    def __init__(self, clock: ServiceClock, behaviour: Behaviour = _AZURITE) -> None:
        self._behaviour = behaviour
        containers = Containers(clock, behaviour)
        writes = BlobWrites(containers, clock, behaviour)
        reads = BlobReads(containers, behaviour)
        listing = Listing(containers, behaviour)
        leases = BlobLeases(containers, clock)
        self._of_account: dict[str, _Operation] = {"GET list": listing.containers}
        self._of_container: dict[str, _Operation] = {
            "PUT": containers.create,
            "GET": containers.properties,
            "HEAD": containers.properties,
            "DELETE": containers.delete,
            "PUT metadata": containers.set_metadata,
            "GET list": listing.blobs,
        }
        self._of_blob: dict[str, _Operation] = {
            "PUT": writes.put,
            "PUT block": writes.put_block,
            "PUT blocklist": writes.put_block_list,
            "PUT metadata": writes.set_metadata,
            "PUT properties": writes.set_properties,
            "PUT tier": writes.set_tier,
            "PUT lease": leases.serve,
            "DELETE": writes.delete,
            "GET": reads.get,
            "HEAD": reads.head,
            "HEAD metadata": reads.head,
            "GET blocklist": reads.block_list,
        }

    def serve(self, request: Request) -> Reply:
        """Answer a request."""
        try:
            reply = self._operation(request)(request)
        except Refusal as refusal:
            reply = self._refuse(refusal)
            if request.method == "HEAD":
                reply.headers.pop("Content-Type", None)
        if request.method == "HEAD" or reply.status == _NOT_MODIFIED:
            reply.body = b""
        reply.headers["x-ms-version"] = request.headers.get("x-ms-version", "")
        return reply

    def _refuse(self, refusal: Refusal) -> Reply:
        bare = isinstance(refusal, Unreadable) and not self._behaviour.codes_refusals
        return Reply(refusal.status) if bare else _refuse(refusal)

    def _operation(self, request: Request) -> _Operation:
        if request.segments and not request.segments[0].startswith("$"):  # a system container
            check_name(request.segments[0], _NAME)
        operations = (self._of_account, self._of_container, self._of_blob)[len(request.segments)]
        name = f"{request.method} {request.query.get('comp', '')}".rstrip()
        operation = operations.get(name)
        if operation is None or (operations is self._of_container and request.query.get("restype") != "container"):
            raise Unreadable("InvalidUri")  # or an operation that is not served here
        return operation


def _refuse(refusal: Refusal) -> Reply:
    if not refusal.code:
        return Reply(refusal.status, dict(refusal.headers))
    body = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    headers = {"x-ms-error-code": refusal.code, "Content-Type": "application/xml", **refusal.headers}
    return Reply(refusal.status, headers, f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode())
