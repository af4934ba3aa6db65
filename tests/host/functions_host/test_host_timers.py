import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest

from localhost.host import ncrontab, timer_status
from localhost.host.log import Log
from localhost.host.timer_status import Status
from localhost.host.timers import Timer
from tests.host.functions_host.hosts import Launch, Storage
from tests.rig import until

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVERY_MINUTE = ncrontab.parse("0 * * * * *")


class FakeTime:
    """A clock that moves only when somebody waits."""

    def __init__(self, until: datetime) -> None:
        self.moment = NOON
        self.until = until
        self.waits = 0
        self.on_wait: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment

    def monotonic(self) -> float:
        """Return the moment in seconds."""
        return self.moment.timestamp()

    def wait(self, seconds: float) -> bool:
        """Move on; True at the end."""
        self.waits += 1
        assert self.waits < 1000, "waits without end"
        self.moment += timedelta(seconds=seconds)
        self.on_wait()
        return self.moment >= self.until


class FakeLock:
    """A lock that is free or not."""

    def __init__(self, *, free: bool = True) -> None:
        self.free = free
        self.is_held = False

    def acquire(self) -> bool:
        """Take it when it is free."""
        self.is_held = self.free
        return self.is_held


class FakeStatuses:
    """A status in memory."""

    def __init__(self, status: Status | None = None) -> None:
        self.status = status
        self.is_broken = False

    def read(self) -> Status | None:
        """Return what was written."""
        return self.status

    def write(self, status: Status) -> None:
        """Keep it, unless broken."""
        if self.is_broken:
            raise ConnectionError
        self.status = status


class Bench:
    """One timer on fakes; ``ticks`` holds when each began and whether it was past due."""

    def __init__(self, *, minutes: float, lasts: Iterable[float] = repeat(0.0), **parts: Any) -> None:  # noqa: ANN401
        self.time = FakeTime(NOON + timedelta(minutes=minutes))
        self.lasts = iter(lasts)
        self.statuses = FakeStatuses()
        self.ticks: list[tuple[float, bool]] = []
        self.requests: list[str] = []
        standard: dict[str, Any] = {"run_on_startup": False, "lock": FakeLock(), "statuses": self.statuses}
        self.timer = Timer(
            name="tick",
            schedule=EVERY_MINUTE,
            call=self.call,
            clock=self.time,
            wait=self.time.wait,
            retry_seconds=15,
            log=Log(),
            **standard | parts,
        )

    def run(self) -> list[tuple[float, bool]]:
        """Run the timer to the end of its time; return its ticks."""
        self.timer.run()
        return self.ticks

    def call(self, request: str) -> None:
        """Note the tick and let its time pass."""
        began = (self.time.moment - NOON).total_seconds()
        assert len(self.requests) < 20, "ticks without end"
        self.requests.append(request)
        self.ticks.append((began, json.loads(request)["IsPastDue"]))
        self.time.moment += timedelta(seconds=next(self.lasts))


def test_a_timer_ticks_at_each_occurrence() -> None:
    assert Bench(minutes=3.5).run() == [(60, False), (120, False), (180, False)]


@pytest.mark.case("host 8", was="the next tick came at its own time")
def test_ticks_missed_behind_a_long_run_collapse_to_one_at_its_end() -> None:
    assert Bench(minutes=5.5, lasts=[150, 0, 0, 0]).run() == [(60, False), (210, False), (240, False), (300, False)]


def test_a_timer_whose_runs_are_always_too_long_ends_with_the_host() -> None:
    assert Bench(minutes=5.5, lasts=repeat(150)).run() == [(60, False), (210, False)]


def test_the_status_is_written_after_the_run() -> None:
    seen: list[Status | None] = []
    bench = Bench(minutes=1.5)
    bench.timer._call = lambda _request: seen.append(bench.statuses.status)
    bench.run()
    assert [status.next for status in seen if status] == [NOON + timedelta(minutes=1)]
    assert bench.statuses.status is not None
    assert bench.statuses.status.next == NOON + timedelta(minutes=2)


@pytest.mark.parametrize(("ago", "past_due"), [(1, False), (90, True), (36_000, True)])
def test_one_past_due_run_makes_up_for_all_that_was_missed(ago: int, past_due: bool) -> None:  # noqa: FBT001
    last = NOON - timedelta(seconds=ago)
    statuses = FakeStatuses(Status(last=last, next=EVERY_MINUTE.after(last), updated_at=last))
    assert Bench(minutes=1.5, statuses=statuses).run() == ([(0, True)] if past_due else []) + [(60, False)]


def test_a_timer_that_is_not_monitored_has_no_past_due_run_and_no_status() -> None:
    bench = Bench(minutes=2.5, statuses=None)
    assert bench.run() == [(60, False), (120, False)]
    assert [json.loads(request)["ScheduleStatus"] for request in bench.requests] == [None, None]


def test_only_the_holder_of_the_lock_ticks() -> None:
    assert Bench(minutes=3.5, lock=FakeLock(free=False)).run() == []


def test_a_lost_lock_stops_the_ticks_until_it_is_taken_again() -> None:
    lock = FakeLock()
    bench = Bench(minutes=4.5, lock=lock)

    def lose_after_first(request: str) -> None:
        bench.call(request)
        lock.is_held = lock.free = len(bench.ticks) != 1

    bench.timer._call = lose_after_first
    assert bench.run() == [(60, False)]


def test_a_lock_that_is_lost_while_waiting_stops_the_tick() -> None:
    lock = FakeLock()
    bench = Bench(minutes=4.5, lock=lock)

    def lose_after_90_seconds() -> None:
        lock.free = bench.time.moment < NOON + timedelta(seconds=90)
        lock.is_held = lock.is_held and lock.free

    bench.time.on_wait = lose_after_90_seconds
    assert bench.run() == [(60, False)]


def test_run_on_startup_fires_on_every_instance() -> None:
    assert Bench(minutes=1.5, run_on_startup=True, lock=FakeLock(free=False)).run() == [(0, False)]


def test_a_failing_status_blob_does_not_repeat_the_run() -> None:
    bench = Bench(minutes=2.5)
    bench.statuses.is_broken = True
    assert bench.run() == [(60, False), (120, False)]


def test_two_instances_tick_one_timer(storage: Storage, launch: Launch) -> None:
    hosts = [launch("timers"), launch("timers")]
    holder = until(lambda: [host for host in hosts if host.log.find("lock taken")])[0]
    for _ in range(2):
        assert holder.call()[1].past_due is False
    other = next(host for host in hosts if host is not holder)
    assert not other.log.find("function started")
    assert holder.log.find("lock taken", lock="Host.Functions.tick.Listener")
    assert storage.blobs.get_container_client("azure-webjobs-hosts").exists()


def test_a_drained_host_gives_its_locks_back(storage: Storage, launch: Launch) -> None:
    running = launch("timers")
    running.log.wait_for("lock taken")
    lock = storage.blobs.get_blob_client("azure-webjobs-hosts", f"locks/{storage.name}/Host.Functions.tick.Listener")
    assert lock.get_blob_properties().lease.state == "leased"
    running.host.close()
    assert lock.get_blob_properties().lease.state == "available"


def test_a_run_missed_while_no_host_lived_is_made_up_at_the_next_start(storage: Storage, launch: Launch) -> None:
    settings = {"SCHEDULE": "0 0 * * * *"}
    first = launch("timers", settings=settings)
    first.log.wait_for("lock taken")
    first.host.close()
    blob = storage.blobs.get_blob_client("azure-webjobs-hosts", f"timers/{storage.name}/Host.Functions.tick/status")
    noted = timer_status.load(blob.download_blob().readall())
    long_ago = noted.updated_at - timedelta(hours=2)
    missed = Status(last=long_ago, next=long_ago + timedelta(hours=1), updated_at=long_ago)
    blob.upload_blob(timer_status.dump(missed), overwrite=True)
    _, request = launch("timers", settings=settings).call()
    assert request.past_due is True
    assert datetime.fromisoformat(request.schedule_status["Last"]) == long_ago
    assert request.schedule == {"AdjustForDST": True}
