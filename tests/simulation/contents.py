"""Which bytes each version of each blob has had: what a result must be of."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.simulation.service.exchange import Reply, Request


@dataclass
class Contents:
    """All versions of all blobs, as they were written.

    Attributes:
        versions: ETags of each blob, in the order of their writes.
        digests: SHA-256 of each version's bytes, by reference and ETag.
        sizes: Number of them, likewise.
    """

    versions: dict[str, list[str]] = field(default_factory=dict)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)

    def on_write(self, request: Request, reply: Reply) -> None:
        """Take in a blob that was written."""
        if "ETag" not in reply.headers:
            return
        ref, etag = "/".join(request.segments), reply.headers["ETag"].strip('"')
        order = self.versions.setdefault(ref, [])
        same = "comp" in request.query and order  # its metadata were written: the bytes are as they were
        self.digests[ref, etag] = self.digests.get((ref, order[-1]), "") if same else sha256(request.body).hexdigest()
        self.sizes[ref, etag] = self.sizes.get((ref, order[-1]), 0) if same else len(request.body)
        order.append(etag)

    def of_record(self, job_id: str, row: Mapping[str, Any]) -> Iterator[str]:
        """What is recorded of an image is a version that it has had, and what storage has told of that one."""
        order = self.versions.get(str(row["ref"]))
        if order is None or not row.get("version"):
            return
        if row["version"] not in order:
            yield f"{job_id}: recorded for {row['version']}, which {row['ref']} has never had"
            return
        size = self.sizes[row["ref"], row["version"]]
        if json.loads(row["params"]).get("bytes") != size:
            yield f"{job_id}: recorded with {row['params']}, and its blob has {size} bytes"

    def of_result(self, job_id: str, row: Mapping[str, Any]) -> Iterator[str]:
        """The result of an image is that of the bytes of its version, and of any that it stands for as well."""
        seen = json.loads(row["report"]).get("source", {}).get("sha256")
        for version in filter(None, (row.get("version"), row.get("retagged"))):
            if self.digests.get((row["ref"], version), seen) != seen:
                yield f"{job_id}: its result is not of the bytes of {version}"

    def of_order(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
        """The newest version of a reference never goes back to an older one."""
        order = self.versions.get(str(after["ref"]), [])
        moments = [order.index(row["version"]) for row in (before, after) if row["version"] in order]
        if moments != sorted(moments):
            yield f"{after['ref']}: an older version was put over a newer one"
