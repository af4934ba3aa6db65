"""What an image is called, and which version of it is meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.errors import InvalidReference
from shared.rules.names import Kind, check

#: In place of a version: any, where a blob stands. No blob has it as its ETag.
ANY_VERSION = "*"


@dataclass(frozen=True)
class ImageRef:
    """The place of an image: one name, whichever version is stored under it.

    Attributes:
        container: The blob container.
        name: The blob's name in it; may hold ``/``, spaces, ``#``, ``%`` and most other characters.
    """

    container: str
    name: str

    @property
    def ref(self) -> str:
        """The reference that a job carries, ``container/name``."""
        return f"{self.container}/{self.name}"

    @classmethod
    def of(cls, ref: str) -> Self:
        """Read ``container/name``.

        Raises:
            InvalidReference: Not of that form, or a name that storage can't keep: see ``shared.rules.names``.
        """
        container, slash, name = ref.partition("/")
        if not slash:
            raise InvalidReference("The reference must be 'container/name'.")
        return cls(check(Kind.CONTAINER, container), check(Kind.BLOB, name))


@dataclass(frozen=True)
class BlobFacts:
    """What the service tells of a blob: a HEAD all of it, a listing all but whether an empty one marks a folder.

    Attributes:
        version: Its ETag, bare: see ``version_of``.
        size_bytes: Length of the content.
        content_type: As declared by the uploader; not to be believed.
        modified_at: Aware UTC.
        content_md5: Of the content, 32 hex digits, where the service knows it.
        created_at: When the blob was made, aware UTC; a change of metadata leaves it as it was.
        content_encoding: As declared by the uploader: how the stored bytes are to be read.
        folder: Whether it marks a folder, and holds nothing.
        archived: Whether its bytes can't be read before it is rehydrated.
        tier_changed_at: When its access tier was changed last, aware UTC; its ETag does not tell.
    """

    version: str
    size_bytes: int
    content_type: str | None
    modified_at: datetime
    content_md5: str | None = None
    created_at: datetime | None = None
    content_encoding: str | None = None
    folder: bool = False
    archived: bool = False
    tier_changed_at: datetime | None = None


@dataclass(frozen=True)
class ListedBlob:
    """What a listing tells of a blob.

    Attributes:
        ref: The image, as it is named there: ``ImageRef.of`` may refuse it.
        facts: As a HEAD tells them.
    """

    ref: ImageRef
    facts: BlobFacts

    @property
    def is_plain(self) -> bool:
        """Whether a listing tells all that its recording needs.

        Only a HEAD tells whether an empty blob marks a folder. A tier that was changed may open a job again, and who
        reads an archived blob is told how. A name that can't be recorded is kept with the reason.
        """
        if not self.facts.size_bytes or self.facts.archived or self.has_left_archive:
            return False
        try:
            return ImageRef.of(self.ref.ref) == self.ref
        except InvalidReference:
            return False

    @property
    def has_left_archive(self) -> bool:
        """Whether its tier was changed after its upload, to one in which it can be read."""
        facts = self.facts
        return not facts.archived and facts.tier_changed_at is not None and facts.tier_changed_at > facts.modified_at

    def is_newer(self, watermark: datetime | None) -> bool:
        """Whether it has come, or left the archive, after a moment; None is before all."""
        facts = self.facts
        if watermark is None or facts.modified_at > watermark:
            return True
        return self.has_left_archive and facts.tier_changed_at is not None and facts.tier_changed_at > watermark


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    Attributes:
        blobs: In the order of the listing.
        marker: Where the next page begins; None at the end.
        seen_at: ``Date`` of the reply that brought it, aware UTC, whole seconds.
    """

    blobs: tuple[ListedBlob, ...]
    marker: str | None
    seen_at: datetime


def version_of(etag: str) -> str:
    """Strip an ETag of its quotes and of ``W/``: a HEAD gives quotes, a listing does not."""
    return etag.removeprefix("W/").strip('"')
