"""``ImageListing`` in memory."""

from dataclasses import replace

from shared.rules.images import ListedBlob, Page
from tests.doubles.clock import FakeClock
from tests.doubles.images import MemoryImages
from tests.doubles.interceptor import TimedInterceptor


class MemoryListing(TimedInterceptor):
    """The container of images in memory, in the order of names.

    Attributes:
        most: Blobs that a page holds at most, whatever is asked for; the service too may give fewer.
        account: The name of the storage account.
    """

    def __init__(
        self, images: MemoryImages, clock: FakeClock, *, container: str, journal: list[str] | None = None
    ) -> None:
        super().__init__("listing", clock, journal)
        self._images = images
        self._container = container
        self.most = 1_000_000
        self.account = "one"

    def page(self, marker: str | None, *, limit: int) -> Page:
        """See ``ImageListing.page``."""
        date, most = self.answer("page"), min(limit, self.most)
        blobs = sorted(
            (ref.name, ListedBlob(ref, replace(blob.facts, folder=False)))
            for ref, blob in self._images.blobs.items()
            if ref.container == self._container and ref.name >= (marker or "")
        )
        following = blobs[most][0] if len(blobs) > most else None
        return Page(tuple(blob for _, blob in blobs[:most]), following, date)
