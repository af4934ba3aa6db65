"""Transports to put beneath the SDK clients: they count requests, lose and refuse them."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport

from tests.simulation.service.exchange import Reply
from tests.simulation.service.transport import OpenTransport, answer


class Passing(OpenTransport):
    """Pass requests on; never close what is beneath, which others share."""

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        self._inner = inner

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send."""
        return self._inner.send(request, **kwargs)


class CountingTransport(Passing):
    """Note every request that goes out, the SDK's own repetitions among them."""

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self._requests: list[str] = []

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Note and send."""
        parts = urlsplit(request.url)
        self._requests.append(f"{request.method} {parts.path}?{parts.query}")
        return super().send(request, **kwargs)

    @contextmanager
    def count(self) -> Iterator[list[str]]:
        """Yield a list that holds the requests of the block when it is over."""
        self._requests, seen = [], self._requests
        counted = self._requests
        try:
            yield counted
        finally:
            self._requests = seen + counted


class Forgetful(Passing):
    """Lose a share of the replies to writes, after the service has answered.

    Args:
        inner: What is beneath.
        share: Of the replies to lose, 0 to 1.
        seed: What chance begins with.

    Attributes:
        lost: Replies lost so far.
    """

    def __init__(self, inner: HttpTransport[Any, Any], share: float, seed: int) -> None:
        super().__init__(inner)
        self._share = share
        self._chance = random.Random(seed)
        self.lost = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, and perhaps forget what came back."""
        reply = super().send(request, **kwargs)
        if request.method == "POST" and self._chance.random() < self._share:
            self.lost += 1
            _ = reply.internal_response.content  # the connection is free for others
            raise ServiceResponseError("forgotten")
        return reply


class Fault(Enum):
    """What happens to a write."""

    REPLY_LOST = "applied, and the connection breaks before the reply"
    BUSY_AFTER = "applied, and answered 503"
    REQUEST_LOST = "not applied: the connection breaks before the service has it"
    BUSY_BEFORE = "not applied, and answered 503"

    @property
    def applies(self) -> bool:
        """Whether the service writes all the same."""
        return self in (Fault.REPLY_LOST, Fault.BUSY_AFTER)


class FaultyTransport(Passing):
    """Do as told to certain writes, and pass the rest.

    Attributes:
        writes: Write requests since the last ``arm``.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self._fault: Fault | None = None
        self._targets = range(0)
        self._reads_lost = 0
        self._meanwhile: Callable[[], object] = int
        self.writes = 0

    def arm(
        self,
        fault: Fault,
        *,
        nth: int = 1,
        times: int = 1,
        reads_lost: int = 0,
        meanwhile: Callable[[], object] = int,
    ) -> None:
        """Strike the n-th write request from now on.

        Args:
            fault: What happens to it.
            nth: From 1.
            times: How many writes in a row are struck.
            reads_lost: How many reads after the first fault find no service.
            meanwhile: What a rival does while the writer hears nothing; after the first struck write.
        """
        self._fault, self._targets, self.writes = fault, range(nth, nth + times), 0
        self._reads_lost, self._meanwhile = reads_lost, meanwhile

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, or not."""
        if request.method in ("GET", "HEAD"):
            if self.writes and self._reads_lost > 0:
                self._reads_lost -= 1
                raise ServiceRequestError("read lost")
            return super().send(request, **kwargs)
        self.writes += 1
        if self._fault is None or self.writes not in self._targets:
            return super().send(request, **kwargs)
        return self._strike(self._fault, request, **kwargs)

    def _strike(self, fault: Fault, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        if fault.applies:
            super().send(request, **kwargs).internal_response.close()
        meanwhile, self._meanwhile = self._meanwhile, int
        meanwhile()
        if fault is Fault.REPLY_LOST:
            raise ServiceResponseError("reply lost")
        if fault is Fault.REQUEST_LOST:
            raise ServiceRequestError("request lost")
        return answer(request, Reply(503, {"Content-Type": "text/plain"}))
