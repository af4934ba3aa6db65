"""What the errors of the SDKs mean: an outage, or an answer about one blob, row or message.

An outage concerns everybody and passes: it raises, and the work comes back. All other refusals are answers about one
blob, row or message. If they counted as outages, the request would be repeated without end, and everything behind
it would wait.

Source:
    learn.microsoft.com, "Blob service error codes", "Table service error codes", "Queue service error codes", "Common
    REST API error codes", read 2026-11.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import RequestTooLargeError

from shared.errors import StorageOut

#: Statuses that don't say whether a write was applied, or say that it may be sent again.
_UNDECIDED = frozenset({408, 429})
_SERVER_ERROR = 500
_MISSING = frozenset({"TableNotFound", "QueueNotFound", "ContainerNotFound"})


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


def is_refusal(error: AzureError) -> bool:
    """Whether the service has answered that it did not write."""
    status = getattr(error, "status_code", None)
    return (
        isinstance(error, HttpResponseError)
        and status is not None
        and status not in _UNDECIDED
        and status < _SERVER_ERROR
    )


def is_missing(error: AzureError) -> bool:
    """Whether the table, queue or container of a request is not there: nothing was written."""
    return code_of(error) in _MISSING


class Meaning(Enum):
    """What a refusal says."""

    OUTAGE = "nothing about the blob: the service, the account or its keys are out of order"
    NAME = "no blob can have this name"
    BLOB = "the service does not deliver this blob, now or later"
    ACCESS = "the caller has no access, to this blob or to anything; the container's own answer tells which"


#: By status, where the code says nothing else. Any other that is a refusal is about the blob.
_BY_STATUS = {
    400: Meaning.BLOB,
    401: Meaning.OUTAGE,  # the token is not accepted: it would not be for another blob either
    403: Meaning.ACCESS,
}
_BY_CODE = {
    "InvalidUri": Meaning.NAME,
    "InvalidResourceName": Meaning.NAME,
    "OutOfRangeInput": Meaning.NAME,
    "InvalidHeaderValue": Meaning.OUTAGE,  # the service does not know our API version
    "MissingRequiredHeader": Meaning.OUTAGE,
    "UnsupportedHeader": Meaning.OUTAGE,
    "InvalidAuthenticationInfo": Meaning.OUTAGE,
    "FeatureVersionMismatch": Meaning.OUTAGE,
    "AccountBeingCreated": Meaning.OUTAGE,
    "AccountIsDisabled": Meaning.OUTAGE,
    "ContainerBeingDeleted": Meaning.OUTAGE,  # soon it is 404
    "ContainerDisabled": Meaning.OUTAGE,
    "PublicAccessNotPermitted": Meaning.OUTAGE,
    "KeyVaultAccessTokenCannotBeAcquired": Meaning.OUTAGE,  # the account's own key, which opens every blob
    "KeyVaultEncryptionKeyNotFound": Meaning.OUTAGE,
    "KeyVaultVaultNotFound": Meaning.OUTAGE,
}
_BAD_REQUEST = 400
_TOO_LARGE = 413
#: What tables and queues say of one row or message, with any status.
_CONTENT = frozenset(
    {
        "ContentLengthExceeded",
        "DuplicatePropertiesSpecified",
        "EntityTooLarge",
        "InvalidDuplicateRow",
        "InvalidInput",
        "InvalidValueType",
        "InvalidXmlDocument",
        "InvalidXmlNodeValue",
        "KeyValueTooLarge",
        "MessageTooLarge",
        "OutOfRangeInput",
        "OutOfRangeQueryParameterValue",  # of a message: its delay
        "PropertiesNeedValue",
        "PropertyNameInvalid",
        "PropertyNameTooLong",
        "PropertyValueTooLarge",
        "RequestBodyTooLarge",
        "TooManyProperties",
    }
)
#: Of status 400, and about our requests, or the way to the service: none of them has anything of a row or message.
_NOT_CONTENT = frozenset(
    {
        "AuthenticationFailed",
        "ConditionHeadersNotSupported",
        "InvalidMd5",
        "InvalidResourceName",
        "InvalidUri",
        "Md5Mismatch",
        "MultipleConditionHeadersNotSupported",
        "RequestUrlFailedToParse",
        "XMethodIncorrectCount",
        "XMethodIncorrectValue",
        "XMethodNotUsingPost",
        *(code for code, meant in _BY_CODE.items() if meant is Meaning.OUTAGE),
    }
)


def meaning(error: AzureError) -> Meaning:
    """Say what the answer to a request about one blob means; 404 and 412 are the caller's to know before."""
    if not is_refusal(error):
        return Meaning.OUTAGE
    status = error.status_code if isinstance(error, HttpResponseError) else None
    code = code_of(error)
    if status == _BAD_REQUEST and code == str(_BAD_REQUEST):  # no code: the URL came no further than the front door
        return Meaning.NAME
    return _BY_CODE.get(code) or _BY_STATUS.get(status or 0, Meaning.BLOB)


def refuses_content(error: AzureError) -> bool:
    """Say whether a table or queue refuses one row or message for what it holds; everything else is an outage.

    404, 409 and 412 are the caller's to know before. A bad request of a kind that is not known is about its content: so
    it is not sent again and again. One without a code comes from something on the way to the service.
    """
    if not is_refusal(error):
        return False
    status = error.status_code if isinstance(error, HttpResponseError) else None
    code = code_of(error)
    if code in _CONTENT or status == _TOO_LARGE:
        return True
    return status == _BAD_REQUEST and code not in _NOT_CONTENT and code != str(_BAD_REQUEST)


@contextmanager
def as_outages() -> Iterator[None]:
    """Turn the SDK's errors into ``StorageOut``, whose message is the service's code alone."""
    try:
        yield
    except AzureError as error:
        raise StorageOut(code_of(error)) from error
