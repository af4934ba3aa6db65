"""Writes that are sent again until the service says yes: how long to go on, and how long one request may take."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient

from shared import clock, runtime
from shared.errors import StorageOut, Undecided
from shared.storage.sdk_errors import Missing, code_of, is_missing, is_refusal

T = TypeVar("T")

#: Returns the SDK's options of the next request of a call; none where the call has no time-out of its own.
Limits = Callable[[], Mapping[str, float]]
#: Creates a table, queue or container.
Create = Callable[[], object]


@dataclass(frozen=True)
class RetryPolicy:
    """How long to go on with a write that is not decided.

    Attributes:
        within: From the first send on.
        first_pause: Before the second send; doubled each time, up to a second.
        monotonic: Seconds that never go back.
        pause: Waits for a number of seconds.
    """

    within: timedelta = timedelta(seconds=30)
    first_pause: timedelta = timedelta(seconds=0.05)
    monotonic: Callable[[], float] = clock.monotonic
    pause: Callable[[float], object] = runtime.pause

    def sends(self, within: timedelta | None = None) -> Iterator[int]:
        """Count sends from 1, pausing between them, until the time is over."""
        stop = self.monotonic() + (within or self.within).total_seconds()
        wait = self.first_pause.total_seconds()
        number = 1
        while True:
            yield number
            if self.monotonic() + wait >= stop:
                return
            self.pause(wait)
            wait = min(2 * wait, 1.0)
            number += 1

    def limits(self, timeout: timedelta | None) -> Limits:
        """Return what divides the time of a call among its requests.

        Args:
            timeout: Of all of them together.

        Returns:
            What tells each request how long it may take; it raises ``Undecided`` when the time is over.
        """
        if timeout is None:
            return dict
        stop_at = self.monotonic() + timeout.total_seconds()

        def remaining() -> Mapping[str, float]:
            seconds = stop_at - self.monotonic()
            if seconds <= 0:
                raise Undecided("no answer in time")
            return _shares(seconds)

        return remaining


def read_limits(timeout: timedelta | None) -> dict[str, Any]:
    """Return the SDK's options of a read that may take so long and is not repeated; none without a time-out.

    Raises:
        StorageOut: There is no time left.
    """
    if timeout is None:
        return {}
    if timeout <= timedelta(0):
        raise StorageOut("no time left")
    return {"retry_total": 0, **_shares(timeout.total_seconds())}


def _shares(seconds: float) -> dict[str, float]:
    """Divide the time of a request: to connect and to wait for the reply may both hang, one after the other."""
    return {"connection_timeout": seconds / 4, "read_timeout": seconds * 3 / 4}


def _outage(error: AzureError) -> Exception:
    return StorageOut(code_of(error))


def repeat(
    write: Callable[[], object],
    what: str,
    retry: RetryPolicy,
    *,
    within: timedelta | None = None,
    stop: Callable[[], bool] = lambda: False,
    create: Create | None = None,
    meaning: Callable[[AzureError], Exception] = _outage,
) -> None:
    """Send a write that may be applied twice without harm, until the service has said yes.

    Args:
        write: The write, the SDK's own retries off.
        what: Names it in the error.
        retry: How long to go on.
        within: A shorter time than that.
        stop: Whether the writer may not write any more; asked before each send.
        create: Creates what the write goes to, where that is missing; nobody creates it without.
        meaning: Returns the error to raise for a definite refusal; an outage without it.

    Raises:
        Missing: What it is to be written to is not there.
        Undecided: The time is over, or the writer was to stop.
        StorageOut: Storage refuses it, or what ``meaning`` says.
    """
    for _ in retry.sends(within):
        if stop():
            break
        try:
            create_if_missing(create, write)
        except ResourceNotFoundError as error:
            raise Missing(code_of(error)) from error
        except AzureError as error:
            if is_refusal(error):
                raise meaning(error) from error
        else:
            return
    raise Undecided(f"{what}: no answer in time")


def create_if_missing(create: Create | None, write: Callable[[], T]) -> T:
    """Send a write once; where its table, queue or container is missing, create that and send it again.

    For each send of one call: an earlier one may still arrive once that is there, and the write then meets itself. Who
    sends it must know that it was sent before.

    Costs: 2 more where it is missing.
    """
    try:
        return write()
    except AzureError as error:
        if create is None or not is_missing(error):
            raise
    create()
    return write()


def create(make: Callable[[], object], *, exists: str, retry: RetryPolicy) -> None:
    """Create a table, queue or container; one that is there already is created.

    Args:
        make: Asks for it, the SDK's own retries off.
        exists: The service's code for one that is there; one that is being deleted has the same status.
        retry: How long to go on.

    Raises:
        StorageOut: Storage refuses it; ``Undecided`` as above.

    Costs: 1 request.
    """

    def unless_there() -> None:
        try:
            make()
        except ResourceExistsError as error:
            if code_of(error) != exists:
                raise

    repeat(unless_there, exists.removesuffix("AlreadyExists").lower(), retry)


def create_table(table: TableClient, retry: RetryPolicy) -> None:
    """Create a table where it is missing. Costs: 1 transaction."""
    create(lambda: table.create_table(retry_total=0), exists="TableAlreadyExists", retry=retry)
