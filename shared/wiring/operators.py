"""The steps that people take, as ``shared.wiring.steps`` has the others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.wiring.part import Part
from shared.wiring.parts import Parts

if TYPE_CHECKING:
    from shared.steps.operators.blob_count import CountBlobs
    from shared.steps.operators.bulk import Bulk
    from shared.steps.operators.cancel import Cancel
    from shared.steps.operators.gallery import Gallery
    from shared.steps.operators.group_causes import GroupCauses
    from shared.steps.operators.journal import Journal
    from shared.steps.operators.liveness import Liveness
    from shared.steps.operators.locks import ListLocks
    from shared.steps.operators.lookup import Lookup
    from shared.steps.operators.pages import Pages
    from shared.steps.operators.redrive import Redrive
    from shared.steps.operators.rejected import Readmit, RejectedList
    from shared.steps.operators.remove import Remove
    from shared.steps.operators.statistics import Count
    from shared.steps.operators.trends import CountEnds
    from shared.steps.operators.verify import Verify


@dataclass(frozen=True, kw_only=True)
class OperatorSteps(Parts):
    """What the API and the command call for operators; built of the same parts as the rest."""

    @Part
    def lookup(self) -> "Lookup":
        """Looks jobs and images up."""
        from shared.steps.operators.lookup import Lookup

        return Lookup(
            jobs=self.storage.jobs,
            index=self.storage.index,
            thumbnails=self.storage.images,
            settings=self.settings,
            kinds=lambda: tuple(self.works),
            pool=self.runtime.pool,
            pages=self.pages,
        )

    @Part
    def count_blobs(self) -> "CountBlobs":
        """Counts the blobs of the container."""
        from shared.steps.operators.blob_count import CountBlobs

        return CountBlobs(listing=self.storage.listing)

    @Part
    def gallery(self) -> "Gallery":
        """Lists images by what happened last."""
        from shared.steps.operators.gallery import Gallery

        return Gallery(index=self.storage.index, pages=self.pages, image_type=self.settings.image_type)

    @Part
    def pages(self) -> "Pages":
        """Makes pages of lists."""
        from shared.steps.operators.pages import Pages

        storage = self.storage
        return Pages(jobs=storage.jobs, index=storage.index, buckets=self.settings.job_buckets, pool=self.runtime.pool)

    @Part
    def statistics(self) -> "Count":
        """Counts what there is."""
        from shared.steps.operators.statistics import Count

        storage = self.storage
        return Count(
            jobs=storage.jobs,
            index=storage.index,
            marks=storage.marks,
            locks=storage.locks,
            liveness=self.liveness,
            poisons=[queue for queue in (storage.poison, storage.blob_poison) if queue is not None],
            settings=self.settings,
            clock=self.clock,
            kinds=self.lookup.types,
            pool=self.runtime.pool,
        )

    @Part
    def ends(self) -> "CountEnds":
        """Counts what has ended, step by step."""
        from shared.steps.operators.trends import CountEnds

        return CountEnds(
            index=self.storage.index,
            marks=self.storage.marks,
            settings=self.settings,
            clock=self.clock,
            kinds=self.lookup.types,
            pool=self.runtime.pool,
        )

    @Part
    def causes(self) -> "GroupCauses":
        """Groups late and failed jobs by what keeps them."""
        from shared.steps.operators.group_causes import GroupCauses

        return GroupCauses(
            jobs=self.storage.jobs,
            index=self.storage.index,
            marks=self.storage.marks,
            settings=self.settings,
            clock=self.clock,
            kinds=self.lookup.types,
            pool=self.runtime.pool,
        )

    @Part
    def lock_list(self) -> "ListLocks":
        """Says who holds the locks of timers."""
        from shared.steps.operators.locks import ListLocks

        return ListLocks(locks=self.storage.locks, margin=self.settings.margin)

    @Part
    def liveness(self) -> "Liveness":
        """Tells the ages of what timers do."""
        from shared.steps.operators.liveness import Liveness

        return Liveness(
            locks=self.storage.locks,
            marks=self.storage.marks,
            settings=self.settings,
            clock=self.clock,
            runtime=self.runtime,
        )

    @Part
    def cancel(self) -> "Cancel":
        """Cancels a job."""
        from shared.steps.operators.cancel import Cancel

        return Cancel(jobs=self.storage.jobs, clock=self.clock)

    @Part
    def redrive(self) -> "Redrive":
        """Opens a job again."""
        from shared.steps.operators.redrive import Redrive

        return Redrive(jobs=self.storage.jobs, announce=self.announce, clock=self.clock)

    @Part
    def readmit(self) -> "Readmit":
        """Follows a rejected text once more."""
        from shared.steps.operators.rejected import Readmit

        return Readmit(rejections=self.storage.rejections, admit=self.admit)

    @Part
    def remove(self) -> "Remove":
        """Deletes a job."""
        from shared.steps.operators.remove import Remove

        storage, settings = self.storage, self.settings
        return Remove(
            jobs=storage.jobs, ended=storage.ended, index=storage.index, thumbnails=storage.images, settings=settings
        )

    @Part
    def bulk(self) -> "Bulk":
        """Acts on many jobs or rejected texts."""
        from shared.steps.operators.bulk import Bulk

        return Bulk(
            cancel=self.cancel,
            redrive=self.redrive,
            remove=self.remove,
            readmit=self.readmit,
            pool=self.runtime.pool,
        )

    @Part
    def rejected(self) -> "RejectedList":
        """Looks rejected texts up."""
        from shared.steps.operators.rejected import RejectedList

        return RejectedList(rejections=self.storage.rejections, clock=self.clock)

    @Part
    def journal(self) -> "Journal":
        """Keeps who has done what."""
        from shared.steps.operators.journal import Journal

        return Journal(actions=self.storage.actions, now=self.now)

    @Part
    def verify(self) -> "Verify":
        """Proves the invariants."""
        from shared.steps.operators.verify import Verify
        from shared.steps.upkeep.retention import edges

        settings = self.settings
        return Verify(
            audit=self.storage.audit,
            thumbnails_container=settings.thumbnails_container,
            ended_before=lambda: edges(settings, self.clock.now()) if settings.purge_thumbnails else {},
        )
