"""What the services' refusals mean."""

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, IncompleteReadError, ServiceResponseError
from azure.data.tables import RequestTooLargeError

from shared.storage.sdk_errors import Meaning, code_of, meaning, refuses_content


def refusal(status: int, code: str | None) -> HttpResponseError:
    error = HttpResponseError("refused")
    error.status_code = status
    error.error_code = code  # type: ignore[attr-defined] # the SDK sets it so
    return error


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        *((status, "Any", Meaning.OUTAGE) for status in (401, 408, 429, 500, 503)),
        (400, None, Meaning.NAME),
        (400, "InvalidUri", Meaning.NAME),
        (400, "InvalidResourceName", Meaning.NAME),
        (400, "OutOfRangeInput", Meaning.NAME),
        (400, "InvalidHeaderValue", Meaning.OUTAGE),
        (400, "InvalidInput", Meaning.BLOB),
        *((403, code, Meaning.ACCESS) for code in ("AuthenticationFailed", "AuthorizationPermissionMismatch", None)),
        (403, "AccountIsDisabled", Meaning.OUTAGE),
        *((409, code, Meaning.BLOB) for code in ("BlobArchived", "BlobUsesCustomerSpecifiedEncryption", None)),
        (409, "ContainerBeingDeleted", Meaning.OUTAGE),
        *((status, None, Meaning.BLOB) for status in (405, 410, 416, 451)),
    ],
)
def test_a_refusal_is_an_outage_or_an_answer_by_status_and_code(
    status: int, code: str | None, expected: Meaning
) -> None:
    assert meaning(refusal(status, code)) is expected


@pytest.mark.parametrize("error", [ServiceResponseError("lost"), IncompleteReadError("cut"), AzureError("other")])
def test_what_is_no_answer_is_an_outage(error: AzureError) -> None:
    assert meaning(error) is Meaning.OUTAGE
    assert not refuses_content(error)


CONTENT = [
    *("EntityTooLarge", "PropertyValueTooLarge", "InvalidInput", "OutOfRangeInput", "KeyValueTooLarge"),
    *("PropertyNameInvalid", "PropertyNameTooLong", "TooManyProperties", "InvalidValueType", "PropertiesNeedValue"),
    *("InvalidDuplicateRow", "MessageTooLarge", "RequestBodyTooLarge", "InvalidXmlDocument", "NotKnownToday"),
]
OTHERS = [
    *((401, None), (403, "AuthenticationFailed"), (403, "AccountIsDisabled"), (403, None), (404, "TableNotFound")),
    *((400, "InvalidAuthenticationInfo"), (400, "InvalidHeaderValue"), (400, "MissingRequiredHeader"), (400, None)),
    *((400, "Md5Mismatch"), (400, "InvalidResourceName"), (400, "InvalidUri"), (405, "MethodNotAllowed")),
    *((409, "TableBeingDeleted"), (409, "QueueBeingDeleted"), (409, "QueueDisabled"), (409, "AccountBeingCreated")),
    *((415, "JsonFormatNotSupported"), (409, None), (412, "UpdateConditionNotSatisfied"), (410, None)),
    *((408, "EntityTooLarge"), (429, "EntityTooLarge"), (500, "InvalidInput"), (503, "ServerBusy")),
]


def test_a_refusal_of_what_a_row_or_message_holds_is_an_answer() -> None:
    refusals = [*((400, code) for code in CONTENT), (413, None), (413, "MessageTooLarge")]
    assert [each for each in refusals if not refuses_content(refusal(*each))] == []


def test_a_refusal_of_a_row_or_message_for_another_reason_is_an_outage() -> None:
    assert [other for other in OTHERS if refuses_content(refusal(*other))] == []


def test_one_operation_that_is_too_large_has_a_code_though_the_transaction_was_accepted() -> None:
    error = RequestTooLargeError(message="The transaction request was too large")
    error.status_code = 202
    assert (refuses_content(error), code_of(error)) == (True, "RequestBodyTooLarge")
