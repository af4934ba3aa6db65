"""What a process loads before its first message: what that message needs, and no more."""

import gc
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shared.wiring.collector import collector_at_rest
from shared.wiring.part import GUARD, Part
from tests.doubles.world import World

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import gc, json, os, sys
from shared import wiring
from shared.cli import worker
from shared.cli.command import main
from shared.worker.run import Ending
from shared.worker.worker import Worker
def consume(environ, plan):
    Worker(wiring.build(environ, threaded=False), slots=plan.slots)
    print(json.dumps({"modules": list(sys.modules), "collects": gc.isenabled(), "kept": gc.get_freeze_count()}))
    return Ending.SETTLED
worker.consume = consume
sys.argv = ["darkroom", "worker", "--slots", "2"]
main()
"""
#: What the first request of the API loads.
SAY = "\nimport json, sys; print(json.dumps({'modules': list(sys.modules)}))"
API = "import function_app, shared.http.gateway as gateway; gateway._own_gateway()._forward"
#: With all that is below them.
UNUSED = (
    *("PIL", "azure.functions", "azure.identity", "fastapi", "http.server", "pydantic", "rich", "starlette", "typer"),
    *("shared.analysis.examine", "shared.analysis.metadata", "shared.http"),
    *("opentelemetry", "shared.wiring.spans", "shared.wiring.traces"),
    *("shared.steps.operators", "shared.steps.upkeep", "shared.worker.health_server"),
)


def _run(script: str, **settings: str) -> dict[str, object]:
    environ = {**os.environ, "AzureWebJobsStorage": "UseDevelopmentStorage=true", **settings}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def worker() -> dict[str, object]:
    """Start a worker, and say what it has loaded."""
    return _run(WORKER)


def test_a_worker_loads_nothing_that_its_first_message_does_not_need(worker: dict[str, object]) -> None:
    modules = worker["modules"]
    assert isinstance(modules, list)
    assert "shared.steps.work.receive" in modules
    assert [name for name in modules if any(f"{name}.".startswith(f"{each}.") for each in UNUSED)] == []


@pytest.mark.parametrize("script", ["import function_app", API])
def test_a_function_app_that_does_not_trace_loads_nothing_that_makes_spans(script: str) -> None:
    modules = _run(f"{script}{SAY}")["modules"]
    assert isinstance(modules, list)
    allowed = "opentelemetry.sdk" if script == API else "opentelemetry"  # FastAPI itself knows the interface
    makers = (allowed, "shared.wiring.spans", "shared.wiring.traces")
    assert [name for name in modules if name.startswith(makers)] == []


def test_one_that_traces_has_what_makes_spans_before_its_first_request() -> None:
    modules = _run(f"{API}{SAY}", OTEL_TRACES_EXPORTER="console")["modules"]
    assert {"opentelemetry.sdk.trace", "shared.wiring.spans"} <= {*modules}  # type: ignore[misc] # a list


def test_what_a_process_has_loaded_is_never_searched_for_garbage_and_all_else_is(worker: dict[str, object]) -> None:
    assert worker["collects"] is True
    assert int(str(worker["kept"])) > 50_000


def test_a_collector_that_rests_already_stays_at_rest() -> None:
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_each_step_of_a_darkroom_can_be_built() -> None:
    darkroom = World().darkroom
    kind = type(darkroom)
    names = [name for name in dir(kind) if isinstance(getattr(kind, name), Part)]
    assert len(names) > 30
    assert all(getattr(darkroom, name) is getattr(darkroom, name) for name in names)


class _Lock:
    """A lock that says when a second thread asks for it."""

    def __init__(self) -> None:
        self._lock, self._askers, self.second = threading.RLock(), set[int](), threading.Event()

    def __enter__(self) -> None:
        self._askers.add(threading.get_ident())
        if len(self._askers) == 2:
            self.second.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class _Owner:
    def __init__(self, lock: _Lock) -> None:
        self._lock, self.times = lock, 0
        vars(self)[GUARD] = lock

    @Part
    def part(self) -> object:
        self.times += 1
        assert self._lock.second.wait(30)
        return object()


def test_threads_that_ask_together_for_a_part_get_the_same() -> None:
    owner, parts = _Owner(_Lock()), list[object]()
    threads = [threading.Thread(target=lambda: parts.append(owner.part)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (owner.times, len(parts), len(set(parts))) == (1, 2, 1)
