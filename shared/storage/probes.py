"""``Place`` on Azure Storage: requests that tell what is allowed, and change nothing.

Each names a row, message or blob that does not exist, drawn at random, or sends no whole document. The services look at
permissions first: who gets another refusal than theirs may do it. A test sees this order on Azurite with SAS, but for
transactions, whose operations Azurite lets every SAS do; it was not tried on Azure.

This module calls the SDK's methods that write for such requests alone; ``cas`` and ``blob_writes`` write.

Source:
    learn.microsoft.com, "Common REST API error codes" and those of the three services; read 2026-11.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import BlobClient, ContainerClient

from shared.ports.places import Answer, ConnectionFacts, ServiceTime, Verdict
from shared.rules.access import Act
from shared.rules.names import Kind
from shared.storage.cas import MOVED_ON, if_match
from shared.storage.queue_client import Queue
from shared.storage.retries import read_limits
from shared.storage.sdk_errors import code_of, is_missing
from shared.storage.server_date import date_of

#: Of one request: to connect and to wait together.
_PATIENCE = timedelta(seconds=6)
_PARTITION = "doctor"
_KEYS_OFF = frozenset({"KeyBasedAuthenticationNotPermitted"})
_NETWORK = frozenset(
    {
        "AuthorizationFailure",
        "AuthorizationProtocolMismatch",
        "AuthorizationServiceMismatch",
        "AuthorizationSourceIPMismatch",
    }
)
_FORBIDDEN = frozenset(
    {"AuthorizationPermissionMismatch", "AuthorizationResourceTypeMismatch", "InsufficientAccountPermissions"}
)
#: What the services say of rows, messages, blobs and documents once they have looked at permissions.
_PROOFS = frozenset(
    {
        "BlobNotFound",
        "ConditionNotMet",
        "InvalidXmlDocument",
        "MessageNotFound",
        "PopReceiptMismatch",
        "ResourceNotFound",
        "UpdateConditionNotSatisfied",
    }
)
_BAD_REQUEST, _SERVER_ERROR = 400, 500
_CLOSED, _BUSY = frozenset({401, 403}), frozenset({408, 429})

_Options = dict[str, Any]


class _Probe(ABC):
    """What the three kinds have in common.

    Args:
        name: Of the container, queue or table.
        connection: How it is reached.
        acts: Which are to be tried.
        draw: Returns a name that nobody has used.
        monotonic: Seconds that never go back.
    """

    kind: Kind

    def __init__(
        self,
        name: str,
        connection: ConnectionFacts,
        acts: Sequence[Act],
        *,
        draw: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self.name = name
        self.connection = connection
        self.acts = acts
        self._draw = draw
        self._monotonic = monotonic

    def try_act(self, act: Act) -> Answer:
        """See ``Place.try_act``."""
        time: ServiceTime | None = None
        sent_at = self._monotonic()

        def note(reply: Any) -> None:  # noqa: ANN401 - a pipeline response, generic in two types
            nonlocal time
            date = date_of(reply.http_response.headers)
            if date is not None:
                time = ServiceTime(date=date, sent_at=sent_at, seen_at=self._monotonic())

        try:
            count = self._send(act, self._draw(), {**read_limits(_PATIENCE), "raw_response_hook": note})
        except AzureError as error:
            verdict = _verdict(error)
            code = _reason(error) if verdict is Verdict.UNREACHABLE else code_of(error)
            return Answer(verdict=verdict, code=code, time=time)
        return Answer(verdict=Verdict.ALLOWED, time=time, count=count)

    @abstractmethod
    def _send(self, act: Act, name: str, options: _Options) -> int | None:
        """Send the request of an act; return how many messages were counted."""


class TableProbe(_Probe):
    """A table; see ``_Probe``."""

    kind = Kind.TABLE

    def __init__(self, table: TableClient, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of the base
        super().__init__(*args, **kwargs)
        self._table = table

    def _send(self, act: Act, name: str, options: _Options) -> None:
        row = {"PartitionKey": _PARTITION, "RowKey": name}
        guard = if_match(MOVED_ON)
        if act is Act.READ_ROWS:
            self._table.get_entity(_PARTITION, name, **options)
        elif act is Act.ADD_ROWS:  # the second operation can't be applied, and so the first one is not either
            absent = {**row, "RowKey": f"{name}-absent"}
            update = ("update", absent, {"mode": UpdateMode.MERGE, **guard})
            self._table.submit_transaction([("create", row), update], retry_total=0, **_without_retries(options))
        elif act is Act.UPDATE_ROWS:
            options = {**_without_retries(options), "mode": UpdateMode.MERGE, **guard}
            self._table.update_entity(row, retry_total=0, **options)
        else:
            self._table.delete_entity(_PARTITION, name, retry_total=0, **_without_retries(options), **guard)


class QueueProbe(_Probe):
    """A queue; see ``_Probe``."""

    kind = Kind.QUEUE

    def __init__(self, queue: Queue, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of the base
        super().__init__(*args, **kwargs)
        self._queue = queue

    def _send(self, act: Act, name: str, options: _Options) -> int | None:
        message = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"
        options = _without_retries(options)
        if act is Act.COUNT_MESSAGES:
            return self._queue.get_queue_properties(retry_total=0, **options).approximate_message_count or 0
        if act is Act.SEND_MESSAGES:
            self._queue.send_fragment(retry_total=0, **options)
        elif act is Act.RECEIVE_MESSAGES:
            self._queue.delete_message(message, _RECEIPT, retry_total=0, **options)
        else:
            self._queue.update_message(message, _RECEIPT, visibility_timeout=0, retry_total=0, **options)
        return None


class ContainerProbe(_Probe):
    """A container; see ``_Probe``.

    Args:
        container: Its client.
        blob: Makes the client of one blob in it.
        args: Of the base.
        kwargs: Of the base.
    """

    kind = Kind.CONTAINER

    def __init__(
        self,
        container: ContainerClient,
        blob: Callable[[str], BlobClient],
        *args: Any,  # noqa: ANN401 - of the base
        **kwargs: Any,  # noqa: ANN401 - of the base
    ) -> None:
        super().__init__(*args, **kwargs)
        self._container, self._blob = container, blob

    def _send(self, act: Act, name: str, options: _Options) -> None:
        blob, options = self._blob(f"darkroom-doctor/{name}"), _without_retries(options)
        if act is Act.LIST_BLOBS:
            next(self._container.list_blobs(results_per_page=1, retry_total=0, **options).by_page())
        elif act is Act.READ_BLOBS:
            blob.get_blob_properties(retry_total=0, **options)
        elif act in (Act.WRITE_BLOBS, Act.KEEP_HOST_STATE):
            blob.set_blob_metadata({}, retry_total=0, **options)
        else:
            blob.delete_blob(retry_total=0, **options)


#: Of the form that the service gives them; the message of which it is to be does not exist.
_RECEIPT = "AgAAAAMAAAAAAAAAGTmNzj0Z3AE="


def _without_retries(options: _Options) -> _Options:
    """Return the options without what each write says itself, where everybody can see it."""
    return {name: value for name, value in options.items() if name != "retry_total"}


def _verdict(error: AzureError) -> Verdict:
    status, code = getattr(error, "status_code", None), code_of(error)
    if not isinstance(error, HttpResponseError) or status is None:
        return Verdict.NO_IDENTITY if isinstance(error, ClientAuthenticationError) else Verdict.UNREACHABLE
    if is_missing(error):
        return Verdict.MISSING
    if code in _KEYS_OFF:
        return Verdict.KEYS_OFF
    if status in _CLOSED:
        return _closed(code)
    if status >= _SERVER_ERROR or status in _BUSY:
        return Verdict.FAILING
    bare = status == _BAD_REQUEST and code == str(_BAD_REQUEST)  # Azurite's answer to what is no document
    return Verdict.ALLOWED if bare or code in _PROOFS else Verdict.REFUSED


def _closed(code: str) -> Verdict:
    if code in _FORBIDDEN:
        return Verdict.FORBIDDEN
    return Verdict.NETWORK if code in _NETWORK else Verdict.STRANGER


def _reason(error: BaseException) -> str:
    """Return what the system says of the first cause of an error, in a few words: no URL is in them."""
    while error.__cause__ is not None:
        error = error.__cause__
    said = getattr(error, "strerror", None)
    return said if isinstance(said, str) and said else type(error).__name__
