"""What the app logs, and whose it is: the real host drops a line that names no running invocation."""

import contextvars
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import azure.functions as func
import pytest

from localhost.host.log import LibraryLogs
from localhost.worker.kinds import Kind
from localhost.worker.log_frames import LogFrames
from tests.host.functions_host.hosts import Events
from tests.host.functions_host.one_function import Make, OneFunction

APP_LOGGER = logging.getLogger("app.lines")


def log_through(one: OneFunction, kind: Kind) -> LogFrames:
    """Send the records of the app's logger to the host, as a worker of this kind does."""
    frames = LogFrames(one.threads[-1].theirs, kind)
    APP_LOGGER.addHandler(frames)
    return frames


def test_what_the_app_logs_becomes_one_event_that_names_the_call(make: Make, log: Events) -> None:
    def call(value: func.QueueMessage) -> None:
        APP_LOGGER.warning("got %s", value.id)
        APP_LOGGER.warning('{"event": "done"}')

    one = make(call)
    frames = log_through(one, Kind.THREAD)
    assert one.invoke().success
    APP_LOGGER.removeHandler(frames)
    first, second = log.find("app log")
    assert (first["message"], first["level"], first["function"]) == ("got 7", "warning", "f")
    assert second["fields"] == {"event": "done"}
    assert first["invocation"] == second["invocation"]


def log_lines(make: Make, log: Events, kind: Kind, work: Callable[[Callable[[], object]], object]) -> list[str]:
    """Call a function that logs by way of ``work``; return the names of the events that its lines become."""

    def call(value: str) -> None:
        work(lambda: APP_LOGGER.warning("got %s", value))

    one = make(call)
    before, frames = len(log.entries), log_through(one, kind)
    assert one.invoke().success
    dropped = len(log.find("app log dropped"))
    APP_LOGGER.warning("outside")
    APP_LOGGER.removeHandler(frames)
    log.wait_for("app log dropped", count=dropped + 1)
    names = [event["event"] for event in log.entries[before:] if event["event"].startswith("app log")]
    assert one.worker.drops == names.count("app log dropped")
    return names


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
    make: Make, log: Events, work: Callable[[Callable[[], object]], object], *, thread: bool, context: bool
) -> None:
    names = {True: "app log", False: "app log dropped"}
    for kind, arrives in ((Kind.THREAD, thread), (Kind.CONTEXT, context)):
        assert log_lines(make, log, kind, work) == [names[arrives], "app log dropped"]


def test_a_line_after_the_end_of_its_invocation_is_dropped(make: Make, log: Events) -> None:
    kept: list[contextvars.Context] = []

    def call(value: str) -> None:
        assert value == "x"
        kept.append(contextvars.copy_context())

    one = make(call)
    frames = log_through(one, Kind.CONTEXT)
    assert one.invoke().success
    kept[0].run(APP_LOGGER.warning, "late")
    APP_LOGGER.removeHandler(frames)
    assert log.wait_for("app log dropped", message="late")


def test_what_the_hosts_own_libraries_log_is_told_apart_from_the_app(log: Events) -> None:
    handler, logger = LibraryLogs(log), logging.getLogger("app.library")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.info("asked")
    logger.warning("busy")
    logger.removeHandler(handler)
    assert log.entries == [{"event": "library log", "level": "warning", "logger": "app.library", "message": "busy"}]
