"""Reads of block blobs."""

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.blob_state import Blob, Block, md5
from tests.simulation.service.conditions import Conditions
from tests.simulation.service.containers import Containers, blob_name, metadata_headers
from tests.simulation.service.exchange import Refusal, Reply, Request, http_date

_RANGE = re.compile(r"[^=]*=(\d+)-(\d*)")
#: Up to here the MD5 is computed of a part, and of a blob that has none of its own.
_COMPUTED = 4 * 1024 * 1024


@dataclass(frozen=True)
class BlobReads:
    """Get Blob, Get Blob Properties, Get Block List.

    Args:
        containers: That the blobs are in.
        behaviour: Where Azurite and real Azure differ.
    """

    containers: Containers
    behaviour: Behaviour

    def get(self, request: Request) -> Reply:
        """Serve Get Blob, whole or a range of it."""
        blob = self._readable(request)
        if blob.tier == "Archive":
            raise Refusal(409, "BlobArchived", "This operation is not permitted on an archived blob.")
        body, headers = blob.body or b"", _describe(blob)
        own = headers.pop("Content-MD5", None)
        if own is not None:
            headers["x-ms-blob-content-md5"] = own
        part = self._range(request, blob)
        if part is None:
            whole = own or (md5(body) if blob.size <= _COMPUTED else None)
            return Reply(200, headers | ({} if whole is None else {"Content-MD5": whole}), body)
        first, last = part
        headers["Content-Range"] = f"bytes {first}-{last}/{blob.size}"
        data = body[first : last + 1]
        if request.headers.get("x-ms-range-get-content-md5") == "true" and len(data) <= _COMPUTED:
            headers["Content-MD5"] = md5(data)
        return Reply(206, headers, data)

    def head(self, request: Request) -> Reply:
        """Serve Get Blob Properties."""
        blob = self._readable(request)
        headers = {**_describe(blob), "Content-Length": str(blob.size)}
        if blob.tier is not None:
            headers["x-ms-access-tier"] = blob.tier
            headers["x-ms-access-tier-inferred"] = str(blob.is_tier_inferred).lower()
        if blob.next_tier is not None:
            headers["x-ms-archive-status"] = f"rehydrate-pending-to-{blob.next_tier.lower()}"
        if blob.tier_changed_at is not None:
            headers["x-ms-access-tier-change-time"] = http_date(blob.tier_changed_at)
        return Reply(200, headers)

    def block_list(self, request: Request) -> Reply:
        """Serve Get Block List."""
        container, blob = self.containers.look_up(request, uncommitted=True)
        if blob is None:
            raise missing_blob()
        kind = request.query.get("blocklisttype", "committed").lower()
        committed = blob.blocks if kind in ("committed", "all") else ()
        staged = container.staged_blocks.get(blob_name(request), {}) if kind in ("uncommitted", "all") else {}
        lists = f"{_list('Committed', committed)}{_list('Uncommitted', tuple(staged.values()))}"
        headers = {
            **blob.stamp.headers(),
            "Content-Type": "application/xml",
            "x-ms-blob-content-length": str(blob.size),
        }
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{lists}</BlockList>'.encode()
        return Reply(200, headers, body)

    def _readable(self, request: Request) -> Blob:
        _, blob = self.containers.look_up(request)
        conditions = Conditions.of(request.headers)
        if blob is None:
            conditions.check_read(None, None)
            raise missing_blob()
        conditions.check_read(blob.stamp.etag, blob.stamp.modified_at)
        blob.lease.check_read(request.headers.get("x-ms-lease-id"))
        return blob

    def _range(self, request: Request, blob: Blob) -> tuple[int, int] | None:
        """Return the first and last byte of the part that is asked for; None where it is the whole blob.

        A range that can't be read is no range. One that ends behind the last byte ends there.
        """
        parts = _RANGE.fullmatch(request.headers.get("x-ms-range") or request.headers.get("range") or "")
        if parts is None:
            return None
        first, last = int(parts[1]), int(parts[2]) if parts[2] else None
        if last is not None and first > last:
            return None
        behind = first >= blob.size and (self.behaviour.checks_ranges or first > blob.size)
        if behind or (not blob.size and last):
            message = "The range specified is invalid for the current size of the resource."
            raise Refusal(416, "InvalidRange", message, headers={"Content-Range": f"bytes */{blob.size}"})
        return first, blob.size - 1 if last is None else min(last, blob.size - 1)


def missing_blob() -> Refusal:
    """Return what the service says of a blob that is not there."""
    return Refusal(404, "BlobNotFound", "The specified blob does not exist.")


def _describe(blob: Blob) -> dict[str, str]:
    headers = {
        **blob.stamp.headers(),
        **metadata_headers(blob.metadata),
        **blob.properties,
        "x-ms-creation-time": http_date(blob.created),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-lease-state": blob.lease.state,
        "x-ms-lease-status": "locked" if blob.lease.locks else "unlocked",
        "Accept-Ranges": "bytes",
        "x-ms-server-encrypted": "true",
    }
    if blob.lease.state == "leased":
        headers["x-ms-lease-duration"] = blob.lease.kind
    return headers


def _list(kind: str, blocks: tuple[Block, ...]) -> str:
    lines = "".join(f"<Block><Name>{escape(one.name)}</Name><Size>{len(one.data)}</Size></Block>" for one in blocks)
    return f"<{kind}Blocks>{lines}</{kind}Blocks>"
