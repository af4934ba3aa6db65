"""All that the steps need of storage, in one object, each port by what it keeps.

``shared.storage`` fills it with adapters, tests with doubles: what is built over it is the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.ports.actions import ActionLog
from shared.ports.audit import Audit
from shared.ports.ended import EndedJobs
from shared.ports.images import BlobReader, ImageListing, ImageStore, ThumbnailReader, ThumbnailStore
from shared.ports.index import JobIndex
from shared.ports.jobs import JobStore
from shared.ports.locks import LockStore
from shared.ports.marks import Marks
from shared.ports.poison import PoisonQueue
from shared.ports.queue import WorkQueue
from shared.ports.rejections import Rejections


class Blobs(ImageStore, BlobReader, ThumbnailReader, ThumbnailStore, Protocol):
    """The containers of images and thumbnails, for whoever writes, reads or clears them; others are only read."""


@dataclass(frozen=True, kw_only=True)
class Storage:
    """What is kept, and where.

    Attributes:
        jobs: Jobs, their attempts and their keys.
        index: The rows that lists go by.
        ended: Jobs that rest, and their way out.
        locks: Who does what no two do at once.
        images: Images and thumbnails.
        listing: The container of images, page by page.
        marks: Where walks stand.
        queue: Starts work.
        rejections: Texts that could not be followed.
        actions: What operators have done.
        poison: What the host has given up on.
        blob_poison: Blob events that it has given up on; None where they are not ours to read.
        audit: Everything, for proof.
        create: Creates what is missing. Costs: 6 requests.
        check: Raises ``SettingsInvalid`` where the jobs lie in another number of buckets. Costs: 1 read a process.
    """

    jobs: JobStore
    index: JobIndex
    ended: EndedJobs
    locks: LockStore
    images: Blobs
    listing: ImageListing
    marks: Marks
    queue: WorkQueue
    rejections: Rejections
    actions: ActionLog
    poison: PoisonQueue
    blob_poison: PoisonQueue | None
    audit: Audit
    create: Callable[[], None]
    check: Callable[[], None]
