"""The rejected texts on the bench: through the SDK and in memory."""

from collections.abc import Callable
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from tests.contract.places import Place
from tests.doubles.clock import FakeClock
from tests.doubles.rejections import MemoryRejections
from tests.doubles.transports import Passing


class AzureRejections:
    """The rows through the SDK."""

    def __init__(self, place: Place, transport: HttpTransport[Any, Any] | None = None) -> None:
        self.store = place.build(transport).storage.rejections


class DoubledRejections:
    """The texts in memory."""

    def __init__(self) -> None:
        self.store = MemoryRejections(FakeClock())


class Interrupted(Passing):
    """Let others act before certain requests are sent.

    Attributes:
        before: Called before each request, with its number.
        requests: How many requests there were.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.before: Callable[[int], object] = lambda _: None
        self.requests = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Let others act, and send."""
        self.requests += 1
        self.before(self.requests)
        return super().send(request, **kwargs)
