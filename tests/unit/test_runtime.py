"""What a process gives its code is all that the code takes."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

import shared
from shared import wiring
from shared.errors import StorageOut
from shared.ports.storage import Storage
from shared.rules.images import ImageRef
from shared.runtime import Runtime
from tests.doubles.clock import FakeClock
from tests.doubles.transports import Passing

SOURCES = Path(shared.__file__).parent
#: Modules that take locks and threads from the standard library: the process's own, and what is sent no request under.
THREADED = {
    *("clock.py", "http/gateway.py", "invocation.py", "runtime.py", "wiring/__init__.py"),
    *("analysis/admission.py", "analysis/sandbox/starter.py", "steps/work/fair_share.py"),
}


class Silent(Passing):
    """A service that never answers.

    Attributes:
        sent: Requests so far.
    """

    def __init__(self) -> None:
        self.requests = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - as the SDK calls it
        """Lose the reply."""
        self.requests += 1
        raise ServiceResponseError("no reply")


@pytest.mark.parametrize(
    ("read", "waits"),
    [
        (lambda storage: storage.locks.get("sweep"), [0.4, 0.8]),
        (lambda storage: storage.queue.backlog(), [0.2, 0.2, 0.2]),
        (lambda storage: storage.images.head(ImageRef("images", "a.png")), [0.2, 0.2, 0.2]),
    ],
    ids=["table", "queue", "blob"],
)
def test_a_read_is_tried_four_times_and_waits_as_the_runtime_does(
    read: Callable[[Storage], object], waits: list[float]
) -> None:
    service, waited = Silent(), list[float]()
    runtime = Runtime(monotonic=FakeClock(), pause=waited.append, chance=lambda: 0.5)
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    storage = wiring.build(environ, transport=service, runtime=runtime, threaded=False, works={}).storage
    with pytest.raises(StorageOut):
        read(storage)
    assert service.requests == 4
    assert waited == pytest.approx(waits)


def test_no_other_module_makes_locks_and_threads_of_its_own() -> None:
    def imports(path: Path) -> set[str]:
        found = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import)]
        return {alias.name for node in found for alias in node.names}

    assert {
        path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py") if "threading" in imports(path)
    } == THREADED


def test_chance_is_drawn_in_one_module_alone() -> None:
    texts = {path.relative_to(SOURCES).as_posix(): path.read_text("utf-8") for path in SOURCES.rglob("*.py")}
    drawing = {name for name, text in texts.items() if "import random" in text or "import secrets" in text}
    assert drawing == {"runtime.py"}


def test_by_default_nothing_that_is_drawn_comes_twice() -> None:
    runtime = Runtime()
    drawn = [runtime.draw() for _ in range(100)]
    assert len(set(drawn)) == 100
    assert {len(bytes.fromhex(each)) for each in drawn} == {16}
