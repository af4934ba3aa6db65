"""A worker under a host: what a function gets, what becomes of what it returns or raises."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import azure.functions as func
import pytest

from localhost.channel import Data
from localhost.worker.converters import InvocationContext, Target, decode, thread_count
from localhost.worker.kinds import Kind
from localhost.worker.typed_data import datum_of, metadata_of
from tests.host.functions_host.hosts import Events
from tests.host.functions_host.one_function import METADATA, TEXT, Make


def test_the_context_tells_what_the_call_is(make: Make, log: Events) -> None:
    seen: list[InvocationContext] = []

    def call(value: func.QueueMessage, context: InvocationContext) -> None:
        assert value.get_body() == b"x"
        assert context.thread_local_storage.invocation_id == context.invocation_id
        seen.append(context)

    assert make(call).invoke().success
    context = seen[0]
    assert (context.function_name, context.function_directory) == ("f", "/app")
    assert context.trace_context.trace_parent.startswith("00-")
    assert context.retry_context.retry_count == 0
    assert log.find("function started", invocation=context.invocation_id, reason="test")
    assert log.find("function ended", invocation=context.invocation_id, outcome="succeeded")


def test_a_failure_is_told_from_the_apps_own_line_on(make: Make, log: Events) -> None:
    def call(value: func.QueueMessage) -> None:
        raise ValueError(value.id)

    result = make(call).invoke()
    assert not result.success
    assert result.error is not None
    assert result.error.endswith("ValueError: 7")
    assert "concurrent" not in result.error
    assert log.find("function ended", outcome="failed", error=result.error)


def test_a_value_that_no_binding_takes_fails_the_call(make: Make) -> None:
    def call(value: func.QueueMessage) -> str:
        return str(value)

    assert "has no binding for it" in str(make(call).invoke().error)


def test_metadata_that_the_converter_refuses_fails_the_call(make: Make) -> None:
    def call(value: func.QueueMessage) -> None:
        raise AssertionError(value)

    assert "DequeueCount" in str(make(call).invoke(DequeueCount="many").error)


def test_async_functions_share_one_loop_beside_the_pool(make: Make) -> None:
    seen: list[tuple[str, asyncio.AbstractEventLoop]] = []

    async def call(value: str) -> None:
        seen.append((threading.current_thread().name, asyncio.get_running_loop()))
        await asyncio.sleep(0)
        assert value == "x"

    one = make(call)
    assert [one.invoke().success for _ in range(2)] == [True, True]
    assert seen[0] == seen[1]
    assert seen[0][0] == "loop"


def test_an_async_function_that_blocks_holds_up_every_call(make: Make, log: Events) -> None:
    go_on, begun = threading.Event(), threading.Event()

    async def call(value: str) -> None:
        begun.set()
        assert go_on.wait(15)
        assert value == "x"

    one = make(call)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.invoke)
        assert begun.wait(15)
        begun.clear()
        second = pool.submit(one.invoke)
        log.wait_for("function started", count=2)
        assert not begun.wait(0.1)
        go_on.set()
        assert [first.result(15).success, second.result(15).success] == [True, True]


def target(kind: str, *, is_plain: bool = False) -> Target:
    return Target(print, kind, "value", is_async=False, takes_context=False, is_plain=is_plain, returns_http=False)


def test_a_plain_parameter_takes_the_body_as_it_is() -> None:
    assert decode(target("queueTrigger", is_plain=True), Data("bytes", b"\xff"), METADATA) == b"\xff"


@pytest.mark.parametrize(("given", "count"), [("7", 7), ("", None), ("0", None), ("many", None)])
def test_the_pool_is_as_large_as_the_workers(given: str, count: int | None) -> None:
    standard = thread_count({})
    assert 5 <= standard <= 32
    assert thread_count({"PYTHON_THREADPOOL_THREAD_COUNT": given}) == (count or standard)


@pytest.mark.parametrize(("version", "kind"), [((3, 12), Kind.THREAD), ((3, 13), Kind.RUNTIME)])
def test_each_python_has_its_worker(version: tuple[int, int], kind: Kind) -> None:
    assert Kind.of(version) is kind


def fields(value: object) -> dict[str, Any]:
    names = [name for name in dir(type(value)) if isinstance(getattr(type(value), name), property)]
    return {name: getattr(value, name) for name in names}


@pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
@pytest.mark.parametrize(
    ("kind", "data", "metadata"),
    [
        ("queueTrigger", TEXT, METADATA),
        (
            "blobTrigger",
            Data("bytes", b"x"),
            {"BlobTrigger": "c/n", "Uri": "http://x", "Properties": {"Length": 1, "ETag": {}}, "Metadata": {"a": "b"}},
        ),
        ("timerTrigger", Data("json", b'{"IsPastDue": true, "ScheduleStatus": null, "Schedule": {}}'), {}),
    ],
)
def test_a_trigger_value_is_what_the_production_worker_makes_of_it(
    kind: str, data: Data, metadata: dict[str, Any]
) -> None:
    meta = pytest.importorskip("azure_functions_runtime.bindings.meta")
    make_datum = pytest.importorskip("azure_functions_runtime.bindings.datumdef").Datum
    meta.load_binding_registry()
    theirs = meta.get_binding(kind).decode(
        datum_of(data, make_datum), trigger_metadata=metadata_of(metadata, make_datum)
    )
    ours = decode(target(kind), data, metadata)
    assert fields(ours) == fields(theirs)
