"""What an image is called, and which version of it is meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.errors import InvalidReference

#: Limits of the blob service: container names of 3 to 63 characters, blob names of 1 to 1,024.
CONTAINER_LENGTH = (3, 63)
NAME_LENGTH = (1, 1024)


#: A URL's parts that every HTTP client folds away: such a name would reach another blob, or another container.
_FOLDED = frozenset({".", ".."})


@dataclass(frozen=True)
class ImageRef:
    """The place of an image: one name, whichever version stands there.

    Attributes:
        container: The blob container.
        name: The blob's name in it; may hold ``/``, spaces, ``#``, ``%`` and any other character.
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
            InvalidReference: Not of that form, longer than the blob service allows, or not to be said in a URL.
        """
        container, slash, name = ref.partition("/")
        if not slash or not (CONTAINER_LENGTH[0] <= len(container) <= CONTAINER_LENGTH[1]):
            raise InvalidReference("reference: want 'container/name' with a container name of 3 to 63 characters")
        if not (NAME_LENGTH[0] <= len(name) <= NAME_LENGTH[1]):
            raise InvalidReference("reference: want a blob name of 1 to 1,024 characters behind 'container/'")
        if _FOLDED & set(name.split("/")) or not _speakable(name):
            raise InvalidReference("reference: want a blob name without '.' and '..' between slashes, in valid Unicode")
        return cls(container, name)


@dataclass(frozen=True)
class BlobFacts:
    """What one HEAD tells of a blob.

    Attributes:
        version: Its ETag, bare: see ``version_of``.
        size_bytes: Length of the content.
        content_type: As declared by the uploader; not to be believed.
        modified_at: Aware UTC.
        content_md5: Of the content, 32 hex digits, where the service knows it.
        created_at: When the blob was made, aware UTC; a change of metadata leaves it as it was.
    """

    version: str
    size_bytes: int
    content_type: str | None
    modified_at: datetime
    content_md5: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True)
class Listed:
    """What a listing tells of a blob.

    Attributes:
        ref: The image, as it is named there: ``ImageRef.of`` may refuse it.
        version: Its ETag, bare.
        modified_at: By the service's clock, aware UTC, whole seconds.
    """

    ref: ImageRef
    version: str
    modified_at: datetime


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    Attributes:
        blobs: In the order of the listing.
        marker: Where the next page begins; None at the end.
        seen_at: ``Date`` of the reply that brought it, aware UTC, whole seconds.
    """

    blobs: tuple[Listed, ...]
    marker: str | None
    seen_at: datetime


def version_of(etag: str) -> str:
    """Strip an ETag of its quotes and of ``W/``: a HEAD gives quotes, a listing does not."""
    return etag.removeprefix("W/").strip('"')


def _speakable(name: str) -> bool:
    """Whether UTF-8 can say it: JSON can bring half of a surrogate pair."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
