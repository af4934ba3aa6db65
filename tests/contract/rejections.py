"""The rejected texts on the bench: on Azurite and in memory."""

from collections.abc import Callable, Mapping
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from tests.doubles.clock import FakeClock
from tests.doubles.rejections import MemoryRejections
from tests.doubles.transports import Passing


class AzureRejections:
    """The rows on Azurite."""

    def __init__(self, environ: Mapping[str, str], wire: HttpTransport[Any, Any]) -> None:
        self.store = wiring.build(environ, transport=wire, threaded=False).storage.rejections


class DoubledRejections:
    """The texts in memory."""

    def __init__(self) -> None:
        self.store = MemoryRejections(FakeClock())


class Interrupted(Passing):
    """Let others act before certain requests are sent.

    Attributes:
        before: Called before each request, with its number.
        sent: How many requests there were.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.before: Callable[[int], object] = lambda _: None
        self.sent = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Let others act, and send."""
        self.sent += 1
        self.before(self.sent)
        return super().send(request, **kwargs)
