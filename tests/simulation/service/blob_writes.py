"""Writes of block blobs."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.blob_reads import missing_blob
from tests.simulation.service.blob_state import Blob, Block, Container, md5
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.conditions import Conditions
from tests.simulation.service.containers import Containers, blob_name, metadata
from tests.simulation.service.exchange import Refusal, Reply, Request, Unreadable

_PROPERTIES = {
    "x-ms-blob-content-type": "Content-Type",
    "x-ms-blob-content-encoding": "Content-Encoding",
    "x-ms-blob-content-language": "Content-Language",
    "x-ms-blob-content-disposition": "Content-Disposition",
    "x-ms-blob-cache-control": "Cache-Control",
    "x-ms-blob-content-md5": "Content-MD5",
}
_TIERS = {tier.lower(): tier for tier in ("Hot", "Cool", "Cold", "Archive")}
_ANY_BYTES = "application/octet-stream"
_ENCRYPTED = {"x-ms-request-server-encrypted": "true"}
_LONGEST_BLOCK_ID = 64


@dataclass(frozen=True)
class BlobWrites:
    """Put Blob, Put Block, Put Block List, Set Blob Metadata, Properties and Tier, Delete Blob.

    Args:
        containers: That the blobs are in.
        clock: The account's time.
        behaviour: Where Azurite and real Azure differ.
    """

    containers: Containers
    clock: ServiceClock
    behaviour: Behaviour

    def put(self, request: Request) -> Reply:
        """Serve Put Blob of a whole block blob."""
        if request.headers.get("x-ms-blob-type") != "BlockBlob" or "x-ms-copy-source" in request.headers:
            raise Unreadable("InvalidHeaderValue")  # neither are other types of blobs served here, nor copies
        container, old = self.containers.look_up(request, uncommitted=True)
        entries, tier = metadata(request), _tier(request)
        digest = _check_md5(request)
        self._check(request, old, exists=old is not None)
        if old is not None and old.tier == "Archive":
            raise _archived()
        stamp = self.containers.stamp()
        kind = request.headers.get("content-type") or _ANY_BYTES
        blob = container.blobs[blob_name(request)] = Blob(
            stamp,
            stamp.moment,
            request.body,
            {"Content-Type": kind, **_properties(request), "Content-MD5": digest},
            entries,
            tier=tier or "Hot",
            is_tier_inferred=tier is None,
            tier_changed_at=stamp.moment if tier or self.behaviour.infers_tier_change else None,
        )
        if old is not None:
            blob.lease = old.lease.after_write()
        self._discard_blocks(container, blob_name(request))
        return Reply(201, {**stamp.headers(), "Content-MD5": digest, **_ENCRYPTED})

    def put_block(self, request: Request) -> Reply:
        """Serve Put Block: it belongs to the blob once a block list names it."""
        block_id = request.query.get("blockid", "")
        length = _check_block_id(block_id)
        container, blob = self.containers.look_up(request, uncommitted=True)
        _check_md5(request)
        staged = container.staged_blocks.setdefault(blob_name(request), {})
        if blob is None:
            stamp = self.containers.stamp()
            container.blobs[blob_name(request)] = Blob(stamp, stamp.moment)
        else:
            blob.lease.check_write(request.headers.get("x-ms-lease-id"))
            self._check_archived(blob)
            blob.lease = blob.lease.after_write()
            if any(len(base64.b64decode(other)) != length for other in staged):
                raise Refusal(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
        staged.pop(block_id, None)
        staged[block_id] = Block(block_id, request.body)
        return Reply(201, dict(_ENCRYPTED))

    def put_block_list(self, request: Request) -> Reply:
        """Serve Put Block List: the blob is the blocks that it names, in its order."""
        container, blob = self.containers.look_up(request, uncommitted=True)
        entries, tier, selection = metadata(request), _tier(request), _selection(request.body)
        self._check(request, blob, exists=blob is not None and blob.body is not None)
        if blob is not None:
            self._check_archived(blob)
        blocks = _blocks(container, blob, blob_name(request), selection)
        stamp = self.containers.stamp()
        if blob is None:
            blob = container.blobs[blob_name(request)] = Blob(stamp, stamp.moment)
        blob.stamp, blob.metadata, blob.blocks = stamp, entries, blocks
        blob.body = b"".join(block.data for block in blocks)
        blob.properties = {"Content-Type": _ANY_BYTES, **_properties(request)}
        blob.tier, blob.is_tier_inferred, blob.next_tier = tier or "Hot", tier is None, None
        blob.lease = blob.lease.after_write()
        container.staged_blocks.pop(blob_name(request), None)
        return Reply(201, {**stamp.headers(), "Content-MD5": md5(request.body), **_ENCRYPTED})

    def set_metadata(self, request: Request) -> Reply:
        """Serve Set Blob Metadata: all of it is replaced."""
        entries, blob = metadata(request), self._changeable(request)
        blob.metadata = entries
        return Reply(200, {**self._stamp(blob), **_ENCRYPTED})

    def set_properties(self, request: Request) -> Reply:
        """Serve Set Blob Properties: those that it does not name are cleared."""
        blob = self._changeable(request)
        blob.properties = _properties(request)
        return Reply(200, self._stamp(blob))

    def set_tier(self, request: Request) -> Reply:
        """Serve Set Blob Tier: neither the ETag nor Last-Modified change."""
        _, blob = self.containers.look_up(request)
        if blob is None:
            raise missing_blob()
        blob.lease.check_write(request.headers.get("x-ms-lease-id"))
        tier = request.headers.get("x-ms-access-tier", "")
        if tier not in _TIERS.values():
            message = "The access tier is not supported for this blob type."
            raise Refusal(400, "AccessTierNotSupportedForBlobType", message)
        rehydrates = blob.tier == "Archive" and tier != "Archive"
        if rehydrates and self.behaviour.rehydration_seconds:
            blob.next_tier, blob.tier_at = tier, self.clock.seconds + self.behaviour.rehydration_seconds
        else:
            blob.tier, blob.next_tier, blob.tier_changed_at = tier, None, self.clock.now()
        blob.is_tier_inferred = False
        blob.lease = blob.lease.after_write()
        return Reply(202 if rehydrates else 200)

    def delete(self, request: Request) -> Reply:
        """Serve Delete Blob; there are no snapshots."""
        container, blob = self.containers.look_up(request, uncommitted=True)
        self._check(request, blob)
        if blob is None:
            raise missing_blob()
        del container.blobs[blob_name(request)]
        self._discard_blocks(container, blob_name(request))
        return Reply(202, {"x-ms-delete-type-permanent": "true"})

    def _changeable(self, request: Request) -> Blob:
        _, blob = self.containers.look_up(request)
        self._check(request, blob)
        if blob is None:
            raise missing_blob()
        self._check_archived(blob)
        blob.lease = blob.lease.after_write()
        return blob

    def _check(self, request: Request, blob: Blob | None, *, exists: bool = False) -> None:
        """Refuse a write whose conditions do not hold, or that the blob's lease forbids.

        Args:
            request: With the conditions.
            blob: What is there.
            exists: Whether it stands in the way of a write that must be the first.
        """
        conditions = Conditions.of(request.headers)
        conditions.check_write(*((None, None) if blob is None else blob.validators))
        if exists and conditions.only_new:
            raise Refusal(409, "BlobAlreadyExists", "The specified blob already exists.")
        if blob is not None:
            blob.lease.check_write(request.headers.get("x-ms-lease-id"))

    def _discard_blocks(self, container: Container, name: str) -> None:
        if not self.behaviour.keeps_blocks:
            container.staged_blocks.pop(name, None)

    def _check_archived(self, blob: Blob) -> None:
        if blob.tier == "Archive" and self.behaviour.checks_archive:
            raise _archived()

    def _stamp(self, blob: Blob) -> dict[str, str]:
        blob.stamp = self.containers.stamp()
        return blob.stamp.headers()


def _properties(request: Request) -> Mapping[str, str]:
    values = ((name, request.headers.get(header)) for header, name in _PROPERTIES.items())
    return {name: value for name, value in values if value}


def _tier(request: Request) -> str | None:
    value = request.headers.get("x-ms-access-tier")
    if value is None:
        return None
    if value.lower() not in _TIERS:
        raise Refusal(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    return _TIERS[value.lower()]


def _check_md5(request: Request) -> str:
    """Return the body's MD5; refuse one that the request names and that is another."""
    digest = md5(request.body)
    if (request.headers.get("x-ms-blob-content-md5") or request.headers.get("content-md5") or digest) != digest:
        raise Refusal(400, "InvalidOperation", "Provided contentMD5 doesn't match.")
    return digest


def _check_block_id(block_id: str) -> int:
    """Return how long a block's id is; refuse one that is no base64, or too long."""
    try:
        raw = base64.b64decode(block_id, validate=True)
    except binascii.Error:
        message = "Value for one of the query parameters specified in the request URI is invalid."
        raise Refusal(400, "InvalidQueryParameterValue", message) from None
    if len(raw) > _LONGEST_BLOCK_ID:
        raise Refusal(400, "OutOfRangeInput", "One of the request inputs is out of range.")
    return len(raw)


def _selection(body: bytes) -> list[tuple[str, str]]:
    """Read a block list: where each block is to come from, and its id."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - of a test's own making
    except ET.ParseError:
        raise Unreadable("InvalidXmlDocument") from None
    return [(child.tag.lower(), child.text or "") for child in root]


def _blocks(container: Container, blob: Blob | None, name: str, selection: list[tuple[str, str]]) -> tuple[Block, ...]:
    committed = {block.name: block for block in blob.blocks} if blob else {}
    staged = container.staged_blocks.get(name, {})
    places = {"committed": (committed,), "uncommitted": (staged,), "latest": (staged, committed)}
    blocks = []
    for source, block_id in selection:
        block = next((place[block_id] for place in places.get(source, ()) if block_id in place), None)
        if block is None:
            raise Refusal(400, "InvalidBlockList", "The specified block list is invalid.")
        blocks.append(block)
    return tuple(blocks)


def _archived() -> Refusal:
    return Refusal(409, "BlobArchived", "This operation is not permitted on an archived blob.")
