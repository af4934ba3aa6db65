"""Production code runs in one thread under any scheduler: it starts no thread, and holds up none."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from typing import Any

import pytest

from shared import wiring
from shared.handlers import Context
from shared.ports.queries import JobQuery
from shared.rules.images import ImageRef
from shared.runtime import Runtime
from shared.steps.intake.add import NewJob
from shared.wiring.steps import Darkroom
from tests.doubles.world import png
from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.transport import InProcess

_LOCK = threading.Lock
ENVIRON = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "ANALYSIS_ISOLATION": "off",
    "RECONCILE_GRACE_SECONDS": "0",
    "RETENTION_COMPLETED_DAYS": "1",
    "PURGE_THUMBNAILS": "true",
}


class WatchedLock:
    """A lock of the process's own, which says how many of its kind are held."""

    held = 0

    def __init__(self) -> None:
        self._lock = _LOCK()

    def acquire(self, *how: Any) -> bool:  # noqa: ANN401 - as a lock has it
        """Take it."""
        taken = self._lock.acquire(*how)
        WatchedLock.held += taken
        return taken

    def release(self) -> None:
        """Let go."""
        WatchedLock.held -= 1
        self._lock.release()

    def __enter__(self) -> bool:
        """Take it."""
        return self.acquire()

    def __exit__(self, *raised: object) -> None:
        """Let go."""
        self.release()


class Wire(InProcess):
    """Note each request under which a lock of the process is held.

    Attributes:
        blocked: Those.
    """

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.calls_under_lock: list[str] = []

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the SDK calls it
        """Look, and send."""
        if WatchedLock.held:
            self.calls_under_lock.append(f"{request.method} {request.url}")
        return super().send(request, **kwargs)


class AtOnce(Executor):
    """A pool that makes each call at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - an executor
        """Make the call."""
        done = Future[Any]()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as an executor does
            done.set_exception(error)
        return done


def build_process(wire: Wire) -> Darkroom:
    """Wire a process that has one type of work besides images: it takes so long that its lease is renewed."""
    account = wire.account
    runtime = Runtime(
        monotonic=account.clock.monotonic, pause=account.clock.go, pool=lambda *_: AtOnce(), lock=nullcontext
    )

    def slow(_: Context) -> Mapping[str, int]:
        account.clock.go(25)
        darkroom.heartbeat.beat()
        return {"words": 2}

    darkroom = wiring.build(ENVIRON, transport=wire, runtime=runtime, threaded=False, works={"slow": slow})
    return darkroom


def test_no_step_starts_a_thread_or_sends_a_request_under_a_lock_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "Lock", WatchedLock)
    monkeypatch.setattr(threading.Thread, "start", pytest.fail)
    room = build_process(wire := Wire(storage_account()))
    room.storage.create()
    for number in range(3):
        room.upload.upload(ImageRef("images", f"{number}.png"), png(number + 1, 1), content_type="image/png")
    added = room.add.add(NewJob(kind="slow", ref="a", params={}, unique=True)).row
    assert added is not None
    assert room.reconcile.reconcile(owner="timer/1").seen == 3
    room.runtime.pause(200)
    assert sum(room.sweep.sweep(owner="timer/2").outcomes.values()) == 4
    assert len(room.lookup.list(JobQuery(), limit=10).items) == 4
    assert room.statistics.count().jobs["slow"]["COMPLETED"] == 1
    room.runtime.pause(2 * 86_400)
    assert room.purge.purge(owner="timer/3").jobs == 4
    assert wire.calls_under_lock == []
