"""A pipeline in storage to be verified, and a hand in its tables."""

import uuid
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared.ports.jobs import Row
from shared.rules.images import ImageRef
from shared.rules.invariants import Finding, Rule
from shared.rules.moves import claim
from shared.steps.operators.verify import VerifyResult
from shared.steps.work.attempt import End
from shared.storage import row_keys
from tests.contract import job_moves
from tests.contract.places import Place
from tests.contract.uploads import blob_of, ref_of, upload
from tests.sdk_clients import table_of


class VerifyBench:
    """A pipeline in storage, and a hand in its tables."""

    def __init__(self, place: Place, transport: HttpTransport[Any, Any] | None = None, **more: str) -> None:
        self.environ = place.environ
        self.darkroom = place.with_settings(**{"DISPATCH": "both", **more}).build(transport, create=True)
        self.table = table_of(self.darkroom.storage.jobs)
        self.findings: list[Finding] = []

    def upload(self, name: str, data: bytes | None = None) -> ImageRef:
        """Put an image there."""
        return upload(self.darkroom, name, data)

    def touch(self, name: str) -> ImageRef:
        """Change an image's metadata and nothing else."""
        ref, blob = ref_of(self.darkroom, name), blob_of(self.darkroom, name)
        blob.set_blob_metadata({"seen": "yes"})
        return ref

    def record(self, name: str = "cat.png", data: bytes | None = None) -> Row:
        """Record an image."""
        return self.row(self.darkroom.record.record(self.upload(name, data)).job_id)

    def completed(self, name: str = "cat.png") -> Row:
        """Record and analyse an image."""
        row = self.record(name)
        assert self.darkroom.attempt.run(row.job.id, owner="queue/1") is End.COMPLETED
        return self.row(row.job.id)

    def row(self, job_id: str) -> Row:
        """Return a job as it stands."""
        return job_moves.row_of(self.darkroom.storage.jobs, job_id)

    def claim(self, row: Row, *, lapsed: bool = False) -> Row:
        """Claim a job as another worker does."""
        now, settings = self.darkroom.clock.now(), self.darkroom.settings
        drawn = uuid.uuid4().hex
        move = claim(row.job, owner="rival/1", claim_id=drawn, now=now, lapsed=lapsed, lease=settings.lease)
        return self.darkroom.storage.jobs.replace(row, move)

    def place(self, row: Row) -> str:
        """Return the partition of a job."""
        return row_keys.partition(row.job.id, self.darkroom.settings.job_buckets)

    def index(self, row: Row) -> list[str]:
        """Return the keys of a job's index rows."""
        keys = [entity["RowKey"] for entity in self.table.list_entities(select=["RowKey"])]
        return [key for key in keys if key.startswith(("due:", "end:")) and key.endswith(row.job.id)]

    def remove(self, place: str, row_key: str) -> None:
        """Delete a row by hand."""
        self.table.delete_entity(place, row_key)

    def put(self, place: str, row_key: str, **columns: object) -> None:
        """Write a row by hand, over what stands there."""
        self.table.upsert_entity({"PartitionKey": place, "RowKey": row_key, **columns})

    def verify(self, *, repair: bool = False, blobs: bool = True) -> VerifyResult:
        """Verify, and keep what was found."""
        self.findings = []
        return self.darkroom.verify.verify(self.findings.append, repair=repair, blobs=blobs)

    def rules(self) -> list[Rule]:
        """Return the rules that were found broken."""
        return [finding.rule for finding in self.findings]
