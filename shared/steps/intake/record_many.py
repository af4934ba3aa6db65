"""Record images that a listing names, many in one transaction: rows first, messages second.

A transaction takes jobs of one bucket, and all of them or none. So it is for names of which probably none is recorded:
one that is costs the others a second transaction, and two of them all of it. Nothing is written twice whatever the
caller believes: a name that is recorded by then is refused, and goes its own way.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.errors import ContentRefused, OneRefused, StorageOut, TooLarge, Undecided
from shared.ports.jobs import MOST_TOGETHER, JobStore
from shared.rules import ids
from shared.rules.images import ListedBlob
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce
from shared.steps.intake.image_job import NewImageJob
from shared.telemetry import LogEvent, emit

#: Blobs of one bucket, as many as one transaction takes.
Group = tuple[ListedBlob, ...]
#: Sends of one group: the first, and one without the image that was refused.
_SENDS = 2


@dataclass(kw_only=True)
class RecordMany:
    """Record many images at once.

    Attributes:
        jobs: Where the rows go.
        new_job: Makes the rows.
        announce: Sends the messages.
        settings: Type and buckets.
        draw: Returns a new nonce, 32 hex digits.
    """

    jobs: JobStore
    new_job: NewImageJob
    announce: Announce
    settings: Settings
    draw: Callable[[], str]

    def group(self, blobs: Iterable[ListedBlob]) -> list[Group]:
        """Put together what one transaction takes, in the order of the first of each; only plain ones take part."""
        buckets: dict[int, list[list[ListedBlob]]] = {}
        groups: list[list[ListedBlob]] = []
        for blob in blobs:
            if not blob.is_plain:
                continue
            job_id = ids.job_id(self.settings.image_type, blob.ref.ref, blob.facts.version)
            own = buckets.setdefault(ids.bucket(job_id, self.settings.job_buckets), [])
            if not own or len(own[-1]) == MOST_TOGETHER:
                own.append([])
                groups.append(own[-1])
            own[-1].append(blob)
        return [tuple(group) for group in groups]

    def record(self, group: Group) -> Sequence[ListedBlob] | None:
        """Record images of one bucket whose names are probably new.

        An image that is refused is left out, and the rest sent once more.

        Returns:
            Those that are recorded now, and announced; none after a second refusal. None where nobody has said whether
            they were recorded, or which of them storage refuses.

        Costs: 1 transaction, and 1 message an image; 1 transaction more when one is refused.
        """
        nonce = self.draw()
        added = {blob: self.new_job.add(blob.ref, blob.facts, add_nonce=nonce) for blob in group}
        for _ in range(_SENDS):
            try:
                self.jobs.insert_many([*added.values()])
            except OneRefused as refusal:
                added = {blob: move for blob, move in added.items() if move.job.id != refusal.job_id}
                if not added:
                    return []
            except (ContentRefused, TooLarge, Undecided, StorageOut):
                return None
            else:
                for move in added.values():
                    emit(LogEvent.RECORDED, job=move.job.id, ref=move.job.ref)
                    self.announce.announce(move.job)
                return [*added]
        return []
