"""Take in an image over HTTP: put the blob, then record it, without waiting for its event."""

from dataclasses import dataclass

from shared.ports.images import ImageStore
from shared.rules.images import ImageRef
from shared.steps.intake.record import Record, RecordResult


@dataclass(kw_only=True)
class Upload:
    """Upload images.

    Attributes:
        images: Where the blob goes.
        record: Records it.
    """

    images: ImageStore
    record: Record

    def upload(
        self, ref: ImageRef, data: bytes, *, content_type: str, only_new: bool = False, etag: str | None = None
    ) -> RecordResult:
        """Put an image under its name and record its job. The blob's event comes as well, and is a duplicate.

        Args:
            ref: The image.
            data: Its bytes.
            content_type: As its client declares it; the analysis goes by the bytes.
            only_new: Refuse a name that is taken.
            etag: As ``ImageStore.put`` has it.

        Raises:
            Mismatch: The name is taken, is free, or has another version.
            StorageOut: Storage is out.
            Undecided: Whether it was written is not known; it may be sent again.

        Costs: blob write, and those of ``record``.
        """
        self.images.put(ref, data, mime=content_type, only_new=only_new, etag=etag)
        return self.record.record(ref)
