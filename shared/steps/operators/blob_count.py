"""Count the blobs of the container of images, so that who walks through it can say how far it is."""

from dataclasses import dataclass

from shared.ports.images import ImageListing

#: Blobs of one list, the most that the service gives.
PAGE = 5_000
#: Lists of one call.
PAGES = 10


@dataclass(frozen=True)
class BlobCount:
    """A part of the count.

    Attributes:
        blobs: How many there are, in this part.
        marker: Where the next part begins; None at the end.
    """

    blobs: int
    marker: str | None


@dataclass(frozen=True, kw_only=True)
class CountBlobs:
    """Count blobs, a part at a time.

    Attributes:
        listing: The container of images.
    """

    listing: ImageListing

    def count(self, marker: str | None = None) -> BlobCount:
        """Count up to 50,000 blobs.

        Args:
            marker: Of the part before; None for the first.

        Raises:
            MarkerRejected: The service does not know the marker any longer.
            StorageOut: Storage is out.

        Costs: 1 list for 5,000 blobs, at most 10.
        """
        blobs = 0
        for _ in range(PAGES):
            page = self.listing.page(marker, limit=PAGE)
            blobs, marker = blobs + len(page.blobs), page.marker
            if marker is None:
                break
        return BlobCount(blobs, marker)
