"""Tables and steps that break a rule, for the proof that schedules and scripts find it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from shared import wiring
from shared.clock import ServerClock
from shared.errors import Lost
from shared.ports.jobs import Key, Row
from shared.ports.marks import Mark
from shared.ports.rejections import RejectedMessage
from shared.ports.storage import Storage
from shared.rules.images import ListedBlob, Page
from shared.rules.jobs import Event, Move
from shared.steps.upkeep.reconcile import Position, Reconcile, _Slice
from shared.storage import cas, codec
from shared.storage.ended_table import EndedTable
from shared.storage.job_table import JobTable
from shared.storage.rejection_table import RejectionTable
from shared.wiring.steps import Darkroom
from tests.faults.enumeration_workers import Build


class LastWriterWins(JobTable):
    """Who is refused reads the row and writes over it."""

    def replace(self, row: Row, move: Move, **options: Any) -> Row:  # noqa: ANN401 - passed on
        """See ``JobStore.replace``."""
        try:
            return super().replace(row, move, **options)
        except Lost:
            stands = self.get(row.job.id)
            assert stands is not None
            return super().replace(stands, move, **options)


class BlindToKeys(JobTable):
    """A job is opened again whichever version is the newest by then."""

    def replace(
        self,
        row: Row,
        move: Move,
        *,
        over: Key | None = None,
        keyed: bool = False,
        superseded: tuple[Row, Move] | None = None,
        timeout: timedelta | None = None,
    ) -> Row:
        """See ``JobStore.replace``."""
        blind = move.event is Event.REDRIVE
        return super().replace(
            row,
            move,
            over=None if blind else over,
            keyed=keyed and not blind,
            superseded=superseded,
            timeout=timeout,
        )


class BlindToRejections(RejectionTable):
    """A rejected text is deleted as it stands, whoever has seen that."""

    def delete(self, row: RejectedMessage) -> None:
        """See ``Rejections.delete``."""
        stands = self.get(row.id)
        assert stands is not None
        super().delete(stands)

    def forget(self, rows: Sequence[RejectedMessage]) -> int:
        """See ``Rejections.forget``."""
        return super().forget([stands for row in rows if (stands := self.get(row.id)) is not None])


class BlindToMoves(EndedTable):
    """A job goes as it stands, whatever has become of it, and of its key row, since it was judged."""

    def purge(self, jobs: Sequence[tuple[Row, Key | None]]) -> set[str]:
        """See ``EndedJobs.purge``."""
        return super().purge([(self._stands(row), key and self._key_as_read(key)) for row, key in jobs])

    def _stands(self, row: Row) -> Row:
        entity, etag = self._read(row.job.id, codec.job_key(row.job.id))
        return codec.decode(entity, etag=etag, modified_at=row.modified_at, seen_at=row.seen_at)

    def _key_as_read(self, key: Key) -> Key:
        entity, etag = self._read(key.job_id, codec.ref_key(key.type, key.ref))
        return codec.decode_key(entity, etag=etag)

    def _read(self, job_id: str, row_key: str) -> tuple[Mapping[str, Any], str]:
        entity = self._table.get_entity(codec.partition(job_id, self._buckets), row_key)
        return entity, str(entity.metadata["etag"])


class ForgetsKeys(EndedTable):
    """The key row goes with the job."""

    def _operations(self, row: Row, key: Key | None) -> list[cas.Operation] | None:
        operations = super()._operations(row, None)
        if operations is None or key is None:
            return operations
        at = {"PartitionKey": operations[0][1]["PartitionKey"], "RowKey": codec.ref_key(key.type, key.ref)}
        return [*operations, ("delete", at)]


class Hasty(Reconcile):
    """The mark moves behind a page before any of it is done."""

    def _work(self, page: Page, watermark: datetime | None, done: _Slice) -> list[ListedBlob] | None:
        mark = self.marks.get(self.name)
        position = Position() if mark is None else Position.of(mark.value)
        self._next_mark = super()._keep(mark, position.behind(page, grace=self.settings.reconcile_grace))
        return super()._work(page, watermark, done)

    def _keep(self, mark: Mark | None, position: Position) -> Mark:  # noqa: ARG002 - it is done
        return self._next_mark


def over(broken: type[JobTable]) -> Build:
    """Return what wires a process over a job table that breaks a rule."""
    return partial(_built_over, partial(_with_jobs, broken))


def over_rejections(broken: type[RejectionTable]) -> Build:
    """Return what wires a process over rejected texts that break a rule."""
    return partial(_built_over, partial(_with_rejections, broken))


def over_ended(broken: type[EndedTable]) -> Build:
    """Return what wires a process over ended jobs that break a rule."""
    return partial(_built_over, partial(_with_ended, broken))


class _HastyDarkroom(Darkroom):
    @cached_property
    def reconcile(self) -> Reconcile:
        return Hasty(**vars(super().reconcile))


def hasty(environ: Mapping[str, str], **given: Any) -> Darkroom:  # noqa: ANN401 - passed on
    """Wire a process whose walks are hasty."""
    sound = wiring.build(environ, **given)
    return _HastyDarkroom(**{each.name: getattr(sound, each.name) for each in fields(sound)})


def _with_jobs(broken: type[JobTable], storage: Storage, clock: ServerClock) -> Storage:
    jobs = storage.jobs
    assert isinstance(jobs, JobTable)
    table = broken(jobs._table, buckets=jobs._buckets, clock=clock, retry=jobs._retry, draw=jobs._draw)
    return replace(storage, jobs=table)


def _with_rejections(broken: type[RejectionTable], storage: Storage, _clock: ServerClock) -> Storage:
    jobs = storage.jobs
    assert isinstance(jobs, JobTable)
    return replace(storage, rejections=broken(jobs._table, retry=jobs._retry, draw=jobs._draw))


def _with_ended(broken: type[EndedTable], storage: Storage, _clock: ServerClock) -> Storage:
    jobs = storage.jobs
    assert isinstance(jobs, JobTable)
    table = broken(jobs._table, buckets=jobs._buckets, retry=jobs._retry, draw=jobs._draw)
    return replace(storage, ended=table)


def _built_over(
    broken: Callable[[Storage, ServerClock], Storage],
    environ: Mapping[str, str],
    **given: Any,  # noqa: ANN401 - passed on
) -> Darkroom:
    sound = wiring.build(environ, **given)
    return replace(sound, storage=broken(sound.storage, sound.clock))
