import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

import pytest

from localhost.worker.converters import Trace
from shared.errors import StorageOut
from shared.heartbeat import Heartbeat
from shared.invocation import Pool, carry, enter, start
from shared.runtime import Runtime
from tests.doubles.clock import FakeClock
from tests.unit.acts import raising

LOG = logging.getLogger("tests.invocation")


@dataclass
class Call:
    """An invocation as the worker up to Python 3.12 gives it."""

    invocation_id: str
    thread_local_storage: threading.local = field(default_factory=threading.local)
    trace_context: Trace = field(default_factory=lambda: Trace("00-a-b-00"))


class Lines(logging.Handler):
    """Keep of each line which invocation it belongs to, as that worker finds it: in the thread that logs."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call
        self.owners: list[str | None] = []

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - a handler's shape
        """Look who logs."""
        self.owners.append(getattr(self.call.thread_local_storage, "invocation_id", None))


@pytest.fixture
def call() -> Call:
    """Return an invocation."""
    return Call("one")


@pytest.fixture
def lines(call: Call) -> Iterator[Lines]:
    """Listen to all lines."""
    handler, root = Lines(call), logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def log() -> None:
    """Log a line."""
    LOG.warning("a line")


def in_pool() -> None:
    """Log in a pool, by both ways into it."""
    with Pool(2, "test") as pool:
        pool.submit(log).result()
        list(pool.map(lambda _: log(), range(3)))


def in_thread() -> None:
    """Log in a thread of ours."""
    start(log, name="test").join()


def in_thread_of_asyncio() -> None:
    """Log where synchronous routes run."""
    asyncio.run(asyncio.to_thread(log))


@pytest.mark.parametrize(("work", "count"), [(in_pool, 4), (in_thread, 1), (in_thread_of_asyncio, 1)])
@pytest.mark.case("host 1", was="lines of pools, threads and routes named no invocation")
def test_a_line_of_any_thread_names_the_invocation_that_has_caused_it(
    call: Call, lines: Lines, work: Callable[[], None], count: int
) -> None:
    with enter(call):
        work()
    assert lines.owners == ["one"] * count


def test_a_line_of_a_library_is_as_good(call: Call, lines: Lines) -> None:
    with enter(call), Pool(1, "test") as pool:
        pool.submit(logging.getLogger("urllib3.connectionpool").warning, "full").result()
    assert lines.owners == ["one"]


@pytest.mark.case("host 1", was="a renewal's line named no invocation")
def test_a_renewal_that_fails_is_told_under_the_invocation_that_holds_the_lease(call: Call, lines: Lines) -> None:
    heartbeat = Heartbeat(margin=timedelta(seconds=1), runtime=Runtime(monotonic=FakeClock(0.0)), threaded=False)
    with enter(call):
        held = heartbeat.hold(1, raising(StorageOut("out")), lease=timedelta(seconds=60), sent_at=0.0)
    thread = threading.Thread(target=held.beat)  # one that knows of no invocation, like that of all leases
    thread.start()
    thread.join()
    assert lines.owners == ["one"]


def test_two_invocations_at_once_keep_their_lines_apart(call: Call, lines: Lines) -> None:
    other = Call("two", call.thread_local_storage)
    with enter(call):
        first = carry(log)
    with enter(other):
        second = carry(log)
    second()
    first()
    assert lines.owners == ["two", "one"]


def test_the_variable_of_the_newer_worker_is_set_while_the_invocation_runs(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable: ContextVar[str | None] = ContextVar("theirs", default=None)
    monkeypatch.setitem(sys.modules, "azure_functions_runtime", SimpleNamespace(invocation_id_cv=variable))
    with enter(call), Pool(1, "test") as pool:
        assert pool.submit(variable.get).result() == "one"
    assert variable.get() is None


def test_outside_every_invocation_a_pool_is_a_pool(lines: Lines) -> None:
    in_pool()
    assert lines.owners == [None] * 4
