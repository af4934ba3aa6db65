"""How long a renewal takes when its partition answers nothing at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

from shared import wiring
from shared.errors import StorageOut, Undecided
from shared.ports.jobs import Row
from shared.ports.locks import LockRow
from shared.ports.storage import Storage
from shared.rules.jobs import Event, Job, Move
from shared.rules.locks import Lock
from shared.runtime import Runtime
from shared.storage.job_table import JobTable
from tests.doubles.clock import FakeClock
from tests.doubles.transports import Passing

TIMEOUT = timedelta(seconds=10)


class DeadConnection(Passing):
    """A connection over which no reply comes: each request takes all of the time that it is given."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - as the SDK calls it
        """Wait for nothing."""
        self._clock.advance(kwargs["connection_timeout"] + kwargs["read_timeout"])
        raise ServiceResponseError("timed out")


def _renew_job(storage: Storage, row: Row, _: LockRow) -> None:
    storage.jobs.replace(row, Move(Event.RENEW, row.job, row.seen_at), timeout=TIMEOUT)


def _read_job(storage: Storage, row: Row, _: LockRow) -> None:
    assert isinstance(storage.jobs, JobTable)
    storage.jobs._buckets_agree = True
    storage.jobs.get(row.job.id, timeout=TIMEOUT)


def _renew_lock(storage: Storage, _: Row, row: LockRow) -> None:
    storage.locks.replace(row, row.lock, timeout=TIMEOUT)


def _read_lock(storage: Storage, _: Row, row: LockRow) -> None:
    storage.locks.get(row.lock.name, timeout=TIMEOUT)


@pytest.mark.case("mutants 4", was="write and look took the time twice, a read three times 30 s")
@pytest.mark.parametrize("call", [_renew_job, _read_job, _renew_lock, _read_lock])
def test_a_call_with_a_time_out_takes_no_longer_however_many_requests_it_makes(
    call: Callable[[Storage, Row, LockRow], None],
) -> None:
    clock = FakeClock()
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    storage = wiring.build(
        environ,
        transport=DeadConnection(clock),
        runtime=Runtime(monotonic=clock, pause=clock.advance),
        threaded=False,
        works={},
    ).storage
    job = Job(id=f"image-analysis-{0:032x}", type="image-analysis", ref="images/a.png", due=clock.now)
    lock = LockRow(Lock(name="sweep", owner="timer/1", token=1, lease=TIMEOUT), 'W/"1"', clock.now, clock.now)
    begun_at = clock()
    with pytest.raises((Undecided, StorageOut)):
        call(storage, Row(job, 'W/"1"', clock.now, clock.now), lock)
    assert 0 < clock() - begun_at <= TIMEOUT.total_seconds()
