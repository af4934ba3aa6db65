"""Job tables that break a rule, for the proof that schedules and scripts find it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from shared import wiring
from shared.errors import Lost
from shared.heartbeat import Heartbeat
from shared.jobs import Event, Move
from shared.ports import Key, Row
from shared.settings import Settings
from shared.storage.job_table import JobTable
from tests.faults.enumeration_case import Build


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
        superseded: tuple[Row, Move] | None = None,
        timeout: timedelta | None = None,
    ) -> Row:
        """See ``JobStore.replace``."""
        guard = None if move.event is Event.REDRIVE else over
        return super().replace(row, move, over=guard, superseded=superseded, timeout=timeout)


def over(broken: type[JobTable]) -> Build:
    """Return what wires a process over a table that breaks a rule."""
    return partial(_built_over, broken)


def _built_over(
    broken: type[JobTable],
    environ: Mapping[str, str],
    *,
    monotonic: Any,  # noqa: ANN401 - passed on
    **given: Any,  # noqa: ANN401 - passed on
) -> wiring.Darkroom:
    sound = wiring.build(environ, monotonic=monotonic, **given)
    jobs, settings = sound.storage.jobs, Settings.read(environ)
    table = broken(jobs._table, buckets=jobs._buckets, clock=jobs._clock, patience=jobs._patience, draw=jobs._draw)
    heartbeat = Heartbeat(margin=settings.margin, monotonic=monotonic, threaded=False)
    return wiring._wired(settings, replace(sound.storage, jobs=table), jobs._clock, heartbeat, monotonic)
