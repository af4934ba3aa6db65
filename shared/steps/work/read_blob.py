"""Read a blob for a handler: what the blob service says of it comes as the word that ends an attempt."""

from dataclasses import dataclass

from shared.errors import BlobGone, BlobTooLarge, BlobUnreadable, InvalidReference
from shared.handlers import FailJob, RetryJob
from shared.ports.images import BlobReader
from shared.rules.images import ImageRef


@dataclass(kw_only=True)
class ReadBlob:
    """Read blobs up to the byte gate.

    Attributes:
        blobs: Where they are.
        max_bytes: The gate.
    """

    blobs: BlobReader
    max_bytes: int

    def read(self, ref: str) -> bytes:
        """Return all bytes of ``container/name``; errors and costs as ``Context.read`` has them."""
        try:
            return self.blobs.read_current(ImageRef.of(ref), most_bytes=self.max_bytes)
        except InvalidReference as refused:
            raise FailJob("invalid_reference", str(refused)) from None
        except BlobGone:
            raise FailJob("blob_gone", "The blob does not exist.") from None
        except BlobTooLarge as large:
            message = f"The blob has {large.size_bytes:,} bytes. The limit is {self.max_bytes:,}."
            raise FailJob("too_many_bytes", message) from None
        except BlobUnreadable as refused:
            raise (RetryJob if refused.passing else FailJob)(refused.code, str(refused)) from None
