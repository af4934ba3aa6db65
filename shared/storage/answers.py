"""What the service's answers mean, and writes that may be asked for again until one answer is yes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import RequestTooLargeError

from shared.errors import StorageOut, Undecided
from shared.storage.patience import Patience

T = TypeVar("T")

#: Statuses that don't say whether a write was applied, or say that it may be sent again.
_UNDECIDED = frozenset({408, 429})
_SERVER_ERROR = 500


class Missing(StorageOut):
    """The table, queue or container is not there yet."""


def code_of(error: AzureError) -> str:
    """Return the service's code for an error, or the status, or the error's kind."""
    if isinstance(error, RequestTooLargeError):  # of one operation it has the status of the whole: 202, and no code
        return "RequestBodyTooLarge"
    code = getattr(error, "error_code", None)
    if isinstance(code, Enum):
        code = code.value
    return str(code or getattr(error, "status_code", None) or type(error).__name__)


def refused(error: AzureError) -> bool:
    """Whether the service has answered that it did not write."""
    status = getattr(error, "status_code", None)
    return (
        isinstance(error, HttpResponseError)
        and status is not None
        and status not in _UNDECIDED
        and status < _SERVER_ERROR
    )


@contextmanager
def reading() -> Iterator[None]:
    """Turn the SDK's errors into ``StorageOut``, whose message is the service's code alone."""
    try:
        yield
    except AzureError as error:
        raise StorageOut(code_of(error)) from error


def _outage(error: AzureError) -> Exception:
    return StorageOut(code_of(error))


def repeat(
    write: Callable[[], object],
    what: str,
    patience: Patience,
    *,
    within: timedelta | None = None,
    stop: Callable[[], bool] = lambda: False,
    meaning: Callable[[AzureError], Exception] = _outage,
) -> None:
    """Send a write that may be applied twice without harm, until the service has said yes.

    Args:
        write: The write, the SDK's own retries off.
        what: For the error.
        patience: How long to go on.
        within: The same, where it is less.
        stop: Whether the writer may not write any more; asked before each send.
        meaning: Returns the error that a definite refusal stands for; an outage without it.

    Raises:
        Missing: What it is to be written to is not there.
        Undecided: The time is over, or the writer was to stop.
        StorageOut: Storage refuses it, or what ``meaning`` says.
    """
    for _ in patience.attempts(within):
        if stop():
            break
        try:
            write()
        except ResourceNotFoundError as error:
            raise Missing(code_of(error)) from error
        except AzureError as error:
            if refused(error):
                raise meaning(error) from error
        else:
            return
    raise Undecided(f"{what}: no answer in time")


def creating(create: Callable[[], object], write: Callable[[], T]) -> T:
    """Write; where the table, queue or container is missing, create it first and write again. Costs: 2 more, once."""
    try:
        return write()
    except Missing:
        create()
        return write()


def create(make: Callable[[], object], *, exists: str, patience: Patience) -> None:
    """Create a table, queue or container; one that is there already is created.

    Args:
        make: Asks for it, the SDK's own retries off.
        exists: The service's code for one that is there; one that is being deleted is told with the same status.
        patience: How long to go on.

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

    repeat(unless_there, exists.removesuffix("AlreadyExists").lower(), patience)
