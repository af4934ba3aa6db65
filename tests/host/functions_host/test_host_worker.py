import asyncio
import contextvars
import inspect
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
from azure.functions.meta import Datum

from localhost.host.clock import SystemClock
from localhost.host.index import Function
from localhost.host.invocations import Generation, current_invocation
from localhost.host.log import AppLogs, Log
from localhost.host.worker import InvocationContext, Worker, decode, thread_count
from tests.host.functions_host.hosts import Events

METADATA = {
    "Id": "7",
    "DequeueCount": 2,
    "PopReceipt": "r",
    "InsertionTime": "2026-11-24T12:00:00+00:00",
    "ExpirationTime": "9999-12-31T23:59:59.1234567Z",
    "NextVisibleTime": "2026-11-24T12:10:00+00:00",
}


def function(call: Callable[..., Any], kind: str = "queueTrigger", plain: type | None = None) -> Function:
    trigger = {"type": kind, "name": "value"}
    return Function(
        name="f",
        call=call,
        trigger=trigger,
        bindings=(trigger,),
        is_async=inspect.iscoroutinefunction(call),
        takes_context="context" in inspect.signature(call).parameters,
        plain=plain,
        returns_http=False,
        is_disabled=False,
        directory=Path("/app"),
    )


@pytest.fixture
def log() -> Events:
    return Events()


@pytest.fixture
def worker(log: Events) -> Iterator[Worker]:
    made = Worker(log=log, clock=SystemClock(), timeout=timedelta(seconds=30), threads=2)
    yield made
    made.close()


def test_the_context_tells_what_the_call_is(worker: Worker, log: Events) -> None:
    seen: list[InvocationContext] = []

    def call(value: func.QueueMessage, context: InvocationContext) -> None:
        assert value.get_body() == b"x"
        assert context.thread_local_storage.invocation_id == context.invocation_id
        seen.append(context)

    assert worker.invoke(function(call), Datum("x", "string"), METADATA, reason="test").success
    context = seen[0]
    assert (context.function_name, context.function_directory) == ("f", "/app")
    assert context.trace_context.trace_parent.startswith("00-")
    assert context.retry_context.retry_count == 0
    assert log.find("function started", invocation=context.invocation_id, reason="test")
    assert log.find("function ended", invocation=context.invocation_id, outcome="succeeded")


def test_a_failure_is_told_from_the_apps_own_line_on(worker: Worker, log: Events) -> None:
    def call(value: func.QueueMessage) -> None:
        raise ValueError(value.id)

    result = worker.invoke(function(call), Datum("x", "string"), METADATA, reason="test")
    assert not result.success
    assert result.error is not None
    assert result.error.endswith("ValueError: 7")
    assert "concurrent" not in result.error
    assert log.find("function ended", outcome="failed", error=result.error)


def test_a_value_that_no_binding_takes_fails_the_call(worker: Worker) -> None:
    def call(value: func.QueueMessage) -> str:
        return str(value)

    assert not worker.invoke(function(call), Datum("x", "string"), METADATA, reason="test").success


def test_metadata_that_the_converter_refuses_fails_the_call(worker: Worker) -> None:
    def call(value: func.QueueMessage) -> None:
        raise AssertionError(value)

    result = worker.invoke(function(call), Datum("x", "string"), {"DequeueCount": "many"}, reason="test")
    assert "DequeueCount" in str(result.error)


def test_async_functions_share_one_loop_beside_the_pool(worker: Worker) -> None:
    seen: list[tuple[str, asyncio.AbstractEventLoop]] = []

    async def call(value: str) -> None:
        seen.append((threading.current_thread().name, asyncio.get_running_loop()))
        await asyncio.sleep(0)
        assert value == "x"

    for _ in range(2):
        assert worker.invoke(function(call, plain=str), Datum("x", "string"), {}, reason="test").success
    assert seen[0] == seen[1]
    assert seen[0][0] == "loop"


def test_a_plain_parameter_takes_the_body_as_it_is() -> None:
    assert decode(function(print, plain=bytes), Datum(b"x", "bytes"), METADATA) == b"x"


@pytest.mark.parametrize(("given", "count"), [("7", 7), ("", None), ("0", None), ("many", None)])
def test_the_pool_is_as_large_as_the_workers(given: str, count: int | None) -> None:
    standard = thread_count({})
    assert 5 <= standard <= 32
    assert thread_count({"PYTHON_THREADPOOL_THREAD_COUNT": given}) == (count or standard)


def test_what_the_app_logs_becomes_one_json_line_that_names_the_call(worker: Worker) -> None:
    stream = StringIO()
    logger = logging.getLogger("app.lines")
    handler = AppLogs(Log("one", stream))
    logger.addHandler(handler)

    def call(value: func.QueueMessage) -> None:
        logger.warning("got %s", value.id)
        logger.warning('{"event": "done"}')

    worker.invoke(function(call), Datum("x", "string"), METADATA, reason="test")
    logger.removeHandler(handler)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["message"], first["level"]) == ("app log", "got 7", "warning")
    assert (first["function"], first["instance"]) == ("f", "one")
    assert second["fields"] == {"event": "done"}
    assert first["invocation"] == second["invocation"]


def log_lines(worker: Worker, generation: Generation, work: Callable[[Callable[[], object]], object]) -> list[str]:
    """Call a function that logs by way of ``work``; return the names of the events that its lines become."""
    stream = StringIO()
    logger, handler = logging.getLogger("app.lines"), AppLogs(Log("one", stream), generation)
    logger.addHandler(handler)

    def call(value: str) -> None:
        work(lambda: logger.warning("got %s", value))

    assert worker.invoke(function(call, plain=str), Datum("x", "string"), {}, reason="test").success
    logger.warning("outside")
    logger.removeHandler(handler)
    assert handler.drops == stream.getvalue().count("app log dropped")
    return [json.loads(line)["event"] for line in stream.getvalue().splitlines()]


def in_bare_thread(call: Callable[[], object]) -> None:
    """Make the call in a thread that nothing is carried into."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()


def in_context_of_caller(call: Callable[[], object]) -> None:
    """Make the call in a thread that context variables are carried into, as asyncio's are."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, call).result()


@pytest.mark.parametrize(
    ("work", "thread", "context"),
    [
        (lambda call: call(), True, True),
        (in_bare_thread, False, False),
        (in_context_of_caller, False, True),
    ],
)
@pytest.mark.case("host 1", was="written as if nothing were wrong")
def test_a_line_that_names_no_running_invocation_is_told_apart(
    worker: Worker, work: Callable[[Callable[[], object]], object], *, thread: bool, context: bool
) -> None:
    names = {True: "app log", False: "app log dropped"}
    for generation, arrives in ((Generation.THREAD, thread), (Generation.CONTEXT, context)):
        assert log_lines(worker, generation, work) == [names[arrives], "app log dropped"]


def test_a_line_after_the_end_of_its_invocation_is_dropped(worker: Worker) -> None:
    kept: list[contextvars.Context] = []

    def call(value: str) -> None:
        assert value == "x"
        kept.append(contextvars.copy_context())

    worker.invoke(function(call, plain=str), Datum("x", "string"), {}, reason="test")
    assert kept[0].run(current_invocation, Generation.CONTEXT) is None


@pytest.mark.parametrize(("version", "generation"), [((3, 12), Generation.THREAD), ((3, 13), Generation.CONTEXT)])
def test_each_python_has_its_worker(version: tuple[int, int], generation: Generation) -> None:
    assert Generation.of(version) is generation


def fields(value: object) -> dict[str, Any]:
    names = [name for name in dir(type(value)) if isinstance(getattr(type(value), name), property)]
    return {name: getattr(value, name) for name in names}


@pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
@pytest.mark.parametrize(
    ("kind", "data", "metadata"),
    [
        ("queueTrigger", Datum("x", "string"), METADATA),
        (
            "blobTrigger",
            Datum(b"x", "bytes"),
            {"BlobTrigger": "c/n", "Uri": "http://x", "Properties": {"Length": 1, "ETag": {}}, "Metadata": {"a": "b"}},
        ),
        ("timerTrigger", Datum('{"IsPastDue": true, "ScheduleStatus": null, "Schedule": {}}', "json"), {}),
    ],
)
def test_a_trigger_value_is_what_the_production_worker_makes_of_it(
    kind: str, data: Datum, metadata: dict[str, Any]
) -> None:
    meta = pytest.importorskip("azure_functions_runtime.bindings.meta")
    datum = pytest.importorskip("azure_functions_runtime.bindings.datumdef").Datum
    meta.load_binding_registry()
    typed = {
        key: datum(value, "string") if isinstance(value, str) else datum(json.dumps(value), "json")
        for key, value in metadata.items()
    }
    theirs = meta.get_binding(kind).decode(datum(data.value, data.type), trigger_metadata=typed)
    ours = decode(function(print, kind), data, metadata)
    assert fields(ours) == fields(theirs)
