"""What the blob service's refusals mean."""

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, IncompleteReadError, ServiceResponseError

from shared.storage.sdk_errors import Meaning, meaning


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
        *((403, code, Meaning.DOOR) for code in ("AuthenticationFailed", "AuthorizationPermissionMismatch", None)),
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
