"""Tables and steps that break a rule, for the proof that schedules and scripts find it."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from shared import wiring
from shared.errors import Lost
from shared.ports.jobs import Key, Row
from shared.ports.marks import Mark
from shared.ports.rejections import RejectedMessage
from shared.rules.images import Page
from shared.rules.jobs import Event, Move
from shared.steps.operators.journal import Entry, Journal
from shared.steps.operators.redrive import Redrive
from shared.steps.upkeep.position import Position
from shared.steps.upkeep.reconcile import Ends, Reconcile, _Slice
from shared.storage import codec, row_keys
from shared.storage.batches import Operation
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

    def replace(self, row: Row, move: Move, **options: Any) -> Row:  # noqa: ANN401 - passed on
        """See ``JobStore.replace``."""
        blind = {"over": None, "keyed": False} if move.event is Event.REDRIVE else {}
        return super().replace(row, move, **options | blind)


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
        entity, etag = self._read(row.job.id, row_keys.job_key(row.job.id))
        return codec.decode(entity, etag=etag, modified_at=row.modified_at, seen_at=row.seen_at)

    def _key_as_read(self, key: Key) -> Key:
        entity, etag = self._read(key.job_id, row_keys.ref_key(key.type, key.ref))
        return codec.decode_key(entity, etag=etag)

    def _read(self, job_id: str, row_key: str) -> tuple[Mapping[str, Any], str]:
        entity = self._table.get_entity(row_keys.partition(job_id, self._buckets), row_key)
        return entity, str(entity.metadata["etag"])


class ForgetsKeys(EndedTable):
    """The key row goes with the job."""

    def _operations(self, row: Row, key: Key | None) -> list[Operation] | None:
        operations = super()._operations(row, None)
        if operations is None or key is None:
            return operations
        at = {"PartitionKey": operations[0][1]["PartitionKey"], "RowKey": row_keys.ref_key(key.type, key.ref)}
        return [*operations, ("delete", at)]


class Hasty(Reconcile):
    """The mark moves behind a page before any of it is done."""

    def _work(self, pages: Sequence[Page], watermark: datetime | None, done: _Slice) -> Ends:
        mark = self.marks.get(self.name)
        position = Position() if mark is None else Position.of(mark.value)
        for page in pages:
            position = position.behind(page, grace=self.settings.reconcile_grace)
        self._next_mark = super()._keep(mark, position)
        return super()._work(pages, watermark, done)

    def _keep(self, mark: Mark | None, position: Position) -> Mark:  # noqa: ARG002 - it is done
        return self._next_mark


class LateJournal(Journal):
    """An action is kept when it is done."""

    @contextmanager
    def record(self, *facts: Any, **more: Any) -> Iterator[Entry]:  # noqa: ANN401 - passed on
        """See ``Journal.record``."""
        done = Entry()
        yield done
        with super().record(*facts, **more) as entry:
            entry.counts = done.counts


class Timeless(Redrive):
    """A job is opened again whenever it has ended."""

    def redrive(self, job_id: str, **more: Any) -> Row:  # noqa: ANN401 - passed on
        """See ``Redrive.redrive``."""
        return super().redrive(job_id, **more | {"as_of": None})


def late(environ: Mapping[str, str], **given: Any) -> Darkroom:  # noqa: ANN401 - passed on
    """Wire a process that keeps actions when they are done."""
    darkroom = wiring.build(environ, **given)
    vars(darkroom)["journal"] = LateJournal(**vars(darkroom.journal))
    return darkroom


def timeless(environ: Mapping[str, str], **given: Any) -> Darkroom:  # noqa: ANN401 - passed on
    """Wire a process that opens jobs again whenever they have ended."""
    darkroom = wiring.build(environ, **given)
    vars(darkroom)["redrive"] = Timeless(**vars(darkroom.redrive))
    return darkroom


def over(broken: type[JobTable | EndedTable | RejectionTable]) -> Build:
    """Return what wires a process over a table that breaks a rule, in place of the sound one."""
    return partial(_build_over, broken)


def hasty(environ: Mapping[str, str], **given: Any) -> Darkroom:  # noqa: ANN401 - passed on
    """Wire a process whose walks are hasty."""
    darkroom = wiring.build(environ, **given)
    vars(darkroom)["reconcile"] = Hasty(**vars(darkroom.reconcile))
    return darkroom


def _build_over(broken: type[object], environ: Mapping[str, str], **given: Any) -> Darkroom:  # noqa: ANN401 - passed on
    sound = wiring.build(environ, **given)
    ((name, port),) = (each for each in vars(sound.storage).items() if issubclass(broken, type(each[1])))
    table = copy.copy(port)
    table.__class__ = broken
    return replace(sound, storage=replace(sound.storage, **{name: table}))
